from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.corpus.build import build_corpus, check_corpus, rows_of
from cdkd_kg.corpus.check import CheckReport
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.corpus.rows import Fault, RawRow
from tests.corpus.helpers import TOPICS, corpus_config, from_path, labelled_rows, raw, write_jsonl

SOURCE = {"source": {"path": "in memory"}}
MESSY = st.builds(
    raw,
    text=st.sampled_from(["", " ", None, "a", "a ", "b", "c", b"\xff", b"d", "\0", "e", "f", "g", 3]),
    label=st.sampled_from([None, "sport", "business", "skip", "what", float("nan"), ["sport", "business"], [], {}]),
    split=st.sampled_from([None, "train", "dev", "test", "never"]),
    id=st.sampled_from([None, "1", "2", "3", "4", "5"]),
    extra=st.sampled_from([{}, {"group": "g"}, {"group": "h"}]),
    fault=st.sampled_from([None, None, None, Fault("broken-row", "broken")]),
)


def built(
    domains: dict[str, list[RawRow]], fields: dict[str, dict[str, Any]] | None = None
) -> tuple[Corpus, CheckReport]:
    named = {name: SOURCE | {"labels": {"skip": None}} | (fields or {}).get(name, {}) for name in domains}
    grouped = {
        name: [replace(row, line=line, domain=name) for line, row in enumerate(rows)] for name, rows in domains.items()
    }
    return check_corpus(corpus_config(named), rows_of(grouped))


@given(st.lists(MESSY, max_size=15), st.lists(MESSY, max_size=15), st.integers(0, 5))
def test_no_row_vanishes_and_splits_share_no_text(a: list[RawRow], b: list[RawRow], limit: int) -> None:
    corpus, report = built({"a": a, "b": b}, {"b": {"role": "target", "rows": {"train": limit}}})
    assert report.rows_in == len(a) + len(b) == report.rows_used + report.rows_set_aside
    for name, rows in (("a", a), ("b", b)):
        summary = report.per_domain[name]
        used = summary.labelled + summary.unlabelled + summary.validation + summary.test
        assert len(rows) == summary.rows_in == used + summary.set_aside
    assert sum(map(len, corpus.dataset.values())) == report.rows_used
    assert report.per_domain["b"].unlabelled <= limit
    texts = [{" ".join(text.split()) for text in rows["text"][:]} for rows in corpus.dataset.values()]
    assert len(set.union(*texts)) == sum(map(len, texts))
    ids = [name for rows in corpus.dataset.values() for name in rows["id"][:]]
    assert len(set(ids)) == len(ids)


@given(st.lists(MESSY, max_size=15), st.booleans(), st.randoms())
def test_the_corpus_does_not_depend_on_the_order_of_rows(messy: list[RawRow], with_ids: bool, random: Any) -> None:
    rows = [replace(row, id=f"i{place}" if with_ids else None) for place, row in enumerate(messy)]
    before, _ = built({"a": rows})
    shuffled = rows.copy()
    random.shuffle(shuffled)
    after, _ = built({"a": shuffled})
    for split in before.dataset:
        assert before.dataset[split][:] == after.dataset[split][:]


def test_target_labels_are_hidden_in_train_and_validation_and_seen_in_test(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", labelled_rows(40))
    other = write_jsonl(tmp_path / "b.jsonl", [row | {"text": row["text"] + "!"} for row in labelled_rows(40)])
    corpus, report = build_corpus(corpus_config({"a": from_path(path), "b": from_path(other, role="target")}))
    for split, count in (("train", 28), ("validation", 4)):
        rows = corpus.dataset[split].to_list()
        assert {row["label"] is None for row in rows if row["domain"] == "b"} == {True}
        assert {row["label"] is None for row in rows if row["domain"] == "a"} == {False}
        assert sum(row["id"] in corpus.hidden for row in rows) == count
    assert all(name.startswith("b/") and label[0] in TOPICS for name, label in corpus.hidden.items())
    assert all(row["label"] is not None for row in corpus.dataset["test"].to_list())
    assert report.per_domain["b"].labelled == 0


def test_labels_left_out_and_rows_over_a_limit_are_written_down_but_no_problem(tmp_path: Path) -> None:
    rows = labelled_rows(60, ("sport", "business", "weather"))
    path = write_jsonl(tmp_path / "a.jsonl", rows)
    config = corpus_config({"a": from_path(path, labels={"weather": None}, rows={"train": 10})})
    _, report = build_corpus(config)
    summary = report.per_domain["a"]
    assert report.problems == ()
    assert (summary.left_out, summary.over_row_limit, summary.set_aside, summary.labelled) == (20, 18, 38, 10)
    lines = [json.loads(line) for line in report.set_aside_jsonl().splitlines()]
    assert len(lines) == 38
    assert set(lines[0]) == {"domain", "file", "line", "id", "rule", "reason", "text"}
    assert {"over the row limit" in line["reason"] for line in lines if line["rule"] == "over-row-limit"} == {True}


def test_the_report_is_plain_json(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [*labelled_rows(40), {"id": "x", "text": "\ud800", "label": "sport"}])
    _, report = build_corpus(corpus_config({"a": from_path(path)}))
    told = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert told["rules"] == {"bad-utf8": 1}
    assert told["problems"][0]["line"] == 41
    assert told["per_domain"]["a"]["role"] == "source"
    report.set_aside_jsonl().encode("utf-8")


@pytest.mark.parametrize("kind", ["folder", "csv", "parquet"])
def test_every_kind_of_source_builds_the_same_documents(tmp_path: Path, kind: str) -> None:
    rows = labelled_rows(40)
    if kind == "folder":
        for row in rows:
            file = tmp_path / "set" / row["label"] / row["id"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(row["text"])
        source = {"path": str(tmp_path / "set")}
    elif kind == "csv":
        lines = ["id,text,label", *(",".join(row.values()) for row in rows)]
        (tmp_path / "rows.csv").write_bytes("\r\n".join(lines).encode())
        source = {"path": str(tmp_path / "rows.csv")}
    else:
        from datasets import Dataset

        Dataset.from_list(rows).to_parquet(tmp_path / "rows.parquet")
        source = {"path": str(tmp_path / "rows.parquet")}
    corpus, report = build_corpus(corpus_config({"a": {"source": source}}))
    assert report.problems == ()
    documents = {(row["text"], row["label"][0]) for rows in corpus.dataset.values() for row in rows.to_list()}
    assert documents == {(row["text"], row["label"]) for row in rows}
