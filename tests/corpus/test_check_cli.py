from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner, Result

from cdkd_kg.cli.check import check, check_cli
from cdkd_kg.config import load_config
from cdkd_kg.errors import ConfigError, MissingResourceError
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from tests.corpus.helpers import labelled_rows, write_jsonl

ROWS = [f"{domain}{i},text {i} of {domain},{domain},{'pos' if i % 2 else 'neg'}" for domain in "ab" for i in range(20)]


@pytest.fixture(autouse=True)
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def table(*lines: str, header: str = "id,text,domain,label") -> Path:
    path = Path("rows.csv")
    path.write_bytes("\n".join([header, *lines]).encode("utf-8", "surrogateescape"))
    return path


def cdkd_check(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(check_cli)
    return CliRunner().invoke(app, arguments)


def refusals(path: Path) -> list[str]:
    return [problem.rule for problem in check(path, [])[0].problems if problem.severity == "refused"]


def test_a_good_table_ends_with_zero_and_writes_nothing() -> None:
    table(*ROWS)
    result = cdkd_check("rows.csv")
    assert result.exit_code == 0
    assert "40 rows in = 40 used + 0 set aside." in result.stdout
    assert not Path("runs").exists()


def test_every_bad_row_is_shown_with_its_line_and_written_down() -> None:
    table(*ROWS, "x,[red]a\udcff,a,pos", "y,,b,pos", "z,stray,,pos", "w,three,a", "a1,again,a,pos", 'o,"open,a,pos')
    result = cdkd_check("rows.csv")
    assert result.exit_code == 0
    for told in (
        "byte 8 of line 42 is 0xff",
        "there is no text",
        "names no domain",
        "3 cells",
        "rows.csv:3 has",
        "not closed",
    ):
        assert told in result.stdout
    assert "46 rows in = 40 used + 6 set aside." in result.stdout
    lines = [json.loads(line) for line in Path("runs/check/rows/set_aside.jsonl").read_text("utf-8").splitlines()]
    assert sorted(line["line"] for line in lines) == [42, 43, 44, 45, 46, 47]


def test_a_list_of_rows_set_aside_does_not_outlive_them() -> None:
    check(table(*ROWS, "y,,b,pos"), [])
    assert Path("runs/check/rows/set_aside.jsonl").exists()
    assert check(table(*ROWS), [])[1] is None
    assert not Path("runs/check/rows/set_aside.jsonl").exists()


@pytest.mark.parametrize("rows", [[*labelled_rows(40)], [*labelled_rows(40), {"text": ""}]], ids=["good", "set aside"])
def test_a_check_leaves_the_folder_of_a_run_alone(rows: list[dict[str, Any]]) -> None:
    kept = [Path("runs", name, "set_aside.jsonl") for name in ("rows", "tried")]
    for file in kept:
        file.parent.mkdir(parents=True)
        file.write_text("of a finished run")
    check(table(*ROWS, *("y,,b,pos" for row in rows if not row["text"])), [])
    check(config(rows), [])
    assert [file.read_text() for file in kept] == ["of a finished run"] * 2


@pytest.mark.parametrize("name", ["BBC News", "Zeitung/über", "a" * 100])
def test_a_domain_of_a_table_may_have_any_name(name: str) -> None:
    report, _ = check(table(*(row.replace(",a,", f",{name},") for row in ROWS)), [])
    assert not report.refused
    assert sorted(report.per_domain) == sorted([name, "b"])
    assert cdkd_check("rows.csv").exit_code == 0


def test_json_is_the_whole_report() -> None:
    table(*ROWS, *(f"e{i},,a,pos" for i in range(150)))
    told = json.loads(cdkd_check("rows.csv", "--json").stdout)
    assert len(told["problems"]) == 150
    assert told["set_aside_file"] == "runs/check/rows/set_aside.jsonl"
    assert told["rows_in"] == told["rows_used"] + told["rows_set_aside"] == 190
    assert "and 147 more (set aside, empty-text in a); --all shows them" in cdkd_check("rows.csv").stdout
    assert cdkd_check("rows.csv").stdout.count("there is no text") == 3
    assert cdkd_check("rows.csv", "--all").stdout.count("there is no text") == 150


@pytest.mark.parametrize(
    ("lines", "header", "rule"),
    [
        ([], "id,text,domain,label", "unreadable-source"),
        (["1,a"], "id,text", "unreadable-source"),
        (["1,a"], "id,id", "unreadable-source"),
        (["1,a,,x"], "id,text,domain,label", "unreadable-source"),
        (["1,a,d,x"], "id,text,domain,label", "one-document"),
        (["1,a,d,x", "2,b,d,x", "3,c,d,x"], "id,text,domain,label", "one-class"),
        (["1,a,d,", "2,b,d,", "3,c,d,"], "id,text,domain,label", "one-class"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_three(lines: list[str], header: str, rule: str) -> None:
    path = table(*lines, header=header)
    assert rule in refusals(path)
    result = cdkd_check("rows.csv")
    assert result.exit_code == 3
    assert "Refused" in result.stdout


def test_labels_called_nan_and_null_are_labels_of_a_table() -> None:
    report, _ = check(table(*(f"{i},text {i},d,{('NaN', 'null')[i % 2]}" for i in range(20)), "u,none,d,"), [])
    (warning,) = report.problems
    assert (warning.severity, warning.rule) == ("warning", "label-looks-missing")
    assert "'NaN', 'null'" in warning.reason
    assert (report.per_domain["d"].labelled, report.per_domain["d"].unlabelled) == (14, 1)


def test_labels_that_look_like_slips_or_like_several_are_told() -> None:
    report, _ = check(table(*ROWS, "x,one,a,poss", "y,two,a,pos|neg", "z,three,b,pos|neg"), [])
    told = {problem.rule: problem.reason for problem in report.problems if problem.severity == "warning"}
    assert "'poss'" in told["label-on-one-row"]
    assert "'pos|neg'" in told["label-looks-like-several"]
    assert "multi_label" in told["label-looks-like-several"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("id;text;domain;label\n" + "\n".join(row.replace(",", ";") for row in ROWS), "separator seems to be ';'"),
        ("id\ttext\tdomain\tlabel\n1\ta, b\td\tx", "separator seems to be a tab"),
        ("", "the file is empty"),
        ("id,text,domain,label\n", "the file has no rows"),
    ],
)
def test_a_table_that_is_wrong_as_a_whole_has_one_cause(content: str, told: str) -> None:
    Path("rows.csv").write_text(content)
    report, _ = check(Path("rows.csv"), [])
    (problem,) = report.problems
    assert told in problem.reason
    assert cdkd_check("rows.csv").exit_code == 3


def test_a_table_may_be_json_lines_or_parquet() -> None:
    rows = [dict(zip(("id", "text", "domain", "label"), row.split(","), strict=True)) for row in ROWS]
    write_jsonl(Path("rows.jsonl"), [*rows, {"id": "u", "text": "bare", "domain": "a", "label": None}])
    pq.write_table(pa.Table.from_pylist(rows), "rows.parquet")
    assert check(Path("rows.jsonl"), [])[0].rows_used == 41
    assert check(Path("rows.parquet"), [])[0].rows_used == 40
    with pytest.raises(ConfigError, match="only a configuration or a table"):
        check(Path("rows.xlsx"), [])


def test_a_list_that_cannot_be_written_is_told() -> None:
    Path("runs").write_text("a file")
    with pytest.raises(ConfigError, match="output folder cannot be written"):
        check(table(*ROWS, "y,,b,pos"), [])


def test_a_split_column_of_a_table_is_used() -> None:
    lines = [f"{i},text {i},d,{('p', 'n')[i % 2]},{'test' if i < 6 else 'train'}" for i in range(20)]
    report, _ = check(table(*lines, header="id,text,domain,label,split"), [])
    assert report.per_domain["d"].test == 6


def config(rows: list[dict[str, Any]]) -> Path:
    write_jsonl(Path("rows.jsonl"), rows)
    path = Path("run.yaml")
    path.write_text(
        "name: tried\ncorpus:\n  tasks: {topic: {labels: [sport, business]}}\n"
        "  domains: {news: {task: topic, source: {path: rows.jsonl}}}\n"
    )
    return path


def test_a_configuration_is_checked_with_overrides() -> None:
    path = config([*labelled_rows(40), {"text": ""}])
    report, file = check(path, ["corpus.split.test=0.5"])
    assert report.per_domain["news"].test == 20
    assert file == Path("runs/check/tried/set_aside.jsonl")
    assert cdkd_check("run.yaml", "corpus.split.test=0.5").exit_code == 0


def test_a_refused_configuration_ends_with_three() -> None:
    config([{"text": "a", "label": "sport"}])
    assert cdkd_check("run.yaml").exit_code == 3


def test_wrong_usage_says_so() -> None:
    with pytest.raises(ConfigError, match="no keys to override"):
        check(table(*ROWS), ["a=1"])
    with pytest.raises(MissingResourceError):
        check(Path("none.csv"), [])


def test_the_pattern_for_own_data_is_good_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    result = cdkd_check("configs/own_data.yaml", f"output={tmp_path}")
    assert result.exit_code == 0
    assert "40 rows in = 40 used + 0 set aside." in result.stdout
    config = load_config("configs/own_data.yaml")
    vocabulary = KnowledgeGraph("own")
    vocabulary.load_background(config.graph.background)
    assert {label.text for label in vocabulary.labels()} >= {"knife", "lawn mower", "water"}
