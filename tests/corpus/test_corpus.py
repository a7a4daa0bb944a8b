from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cdkd_kg.artifacts import sha256_file, sha256_text
from cdkd_kg.corpus.build import check_corpus, rows_of
from cdkd_kg.corpus.corpus import SPLITS, Corpus
from cdkd_kg.errors import ArtifactError
from tests.corpus.helpers import corpus_config, raw

SOURCE = {"source": {"path": "in memory"}}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """A source and a target with given splits; every text says where it is."""
    config = corpus_config({"b": SOURCE, "a": SOURCE | {"role": "target"}}, multi_label=True)
    rows = {
        name: [
            raw(f"{name} {split} {i}", label, id=str(i), split=split, domain=name, line=i)
            for split in SPLITS
            for i, label in enumerate([["sport"], ["sport", "business"], [], None], start=10 * SPLITS.index(split))
        ]
        for name in ("a", "b")
    }
    return check_corpus(config, rows_of(rows))[0]


def test_columns_and_order(corpus: Corpus) -> None:
    train = corpus.dataset["train"]
    assert train.column_names == ["id", "text", "text_hash", "domain", "task", "label"]
    assert train["id"][:] == ["a/0", "a/1", "a/2", "a/3", "b/0", "b/1", "b/2", "b/3"]
    assert train[4] == {
        "id": "b/0",
        "text": "b train 0",
        "text_hash": sha256_text("b train 0"),
        "domain": "b",
        "task": "topic",
        "label": ["sport"],
    }


def test_rows_and_labelled_rows_of_a_task(corpus: Corpus) -> None:
    assert len(corpus.rows("topic")) == 8
    assert len(corpus.rows("other")) == 0
    assert corpus.labelled("topic")["id"][:] == ["b/0", "b/1", "b/2"]
    assert corpus.labelled("topic", "test")["domain"][:] == ["a"] * 3 + ["b"] * 3


def test_graph_documents_hold_no_test_and_no_validation_of_targets(corpus: Corpus) -> None:
    documents = corpus.graph_documents()
    assert documents["id"][:] == sorted(documents["id"][:])
    assert {" ".join(text.split()[:2]) for text in documents["text"][:]} == {"a train", "b train", "b validation"}


def test_targets_are_in_the_order_of_the_task_and_minus_one_where_unlabelled(corpus: Corpus) -> None:
    targets = corpus.targets(corpus.rows("topic"), "topic")
    assert targets.dtype == np.float32
    hidden = [[-1, -1]] * 4
    assert targets.tolist() == [*hidden, [1, 0], [1, 1], [0, 0], [-1, -1]]
    assert corpus.targets(corpus.rows("topic").select([5]), "topic").tolist() == [[1, 1]]


def test_hidden_labels_are_among_targets_only_where_asked(corpus: Corpus) -> None:
    rows = corpus.rows("topic")
    shown, all_of_them = corpus.targets(rows, "topic"), corpus.targets(rows, "topic", hidden=True)
    for name, before, after in zip(rows["id"][:], shown.tolist(), all_of_them.tolist(), strict=True):
        if name not in corpus.hidden:
            assert after == before
        else:
            assert (before, after) == (
                [-1, -1],
                [float(label in corpus.hidden[name]) for label in ("sport", "business")],
            )


def test_hidden_labels_are_those_of_targets_outside_test(corpus: Corpus) -> None:
    both = ["business", "sport"]
    assert corpus.hidden == {
        "a/0": ["sport"], "a/1": both, "a/2": [], "a/10": ["sport"], "a/11": both, "a/12": [],
    }  # fmt: skip


def test_a_saved_corpus_is_loaded_as_it_was_and_saves_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    corpus.save(tmp_path / "one")
    loaded = Corpus.load(tmp_path / "one")
    assert (loaded.tasks, loaded.domains, loaded.hidden) == (corpus.tasks, corpus.domains, corpus.hidden)
    assert list(loaded.domains) == ["b", "a"]
    for split in SPLITS:
        assert loaded.dataset[split][:] == corpus.dataset[split][:]
        assert loaded.dataset[split].features == corpus.dataset[split].features
    loaded.save(tmp_path / "two")
    for file in sorted((tmp_path / "one").iterdir()):
        assert sha256_file(file) == sha256_file(tmp_path / "two" / file.name)


def test_an_empty_split_is_saved_and_loaded(tmp_path: Path) -> None:
    config = corpus_config({"a": SOURCE})
    corpus, _ = check_corpus(config, rows_of({"a": [raw("x", None, domain="a")]}))
    corpus.save(tmp_path)
    loaded = Corpus.load(tmp_path)
    assert [len(loaded.dataset[split]) for split in SPLITS] == [1, 0, 0]
    assert loaded.targets(loaded.rows("topic", "test"), "topic").shape == (0, 2)
    assert len(loaded.labelled("topic")) == 0


def test_a_broken_corpus_is_an_error_of_ours(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError):
        Corpus.load(tmp_path)
    corpus.save(tmp_path)
    (tmp_path / "test.parquet").write_bytes(b"PAR1")
    with pytest.raises(ArtifactError):
        Corpus.load(tmp_path)
