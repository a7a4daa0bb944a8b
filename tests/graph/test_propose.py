"""Texts to proposals in a graph folder, and the candidates that are kept beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities.linking.model import DEFAULT, LinkModel
from cdkd_kg.errors import DataRefusedError, MissingResourceError
from cdkd_kg.graph import propose as propose_module
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.iris import document_iri, mention_iri
from cdkd_kg.graph.kept_mentions import kept_mentions, mention_rows
from cdkd_kg.graph.namespaces import ITSRDF
from cdkd_kg.graph.propose import Text, propose

TURTLE = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<urn:x:paris> a skos:Concept ; skos:prefLabel "Paris" .
<urn:x:texas> a skos:Concept ; skos:prefLabel "Paris" .
<urn:x:flu> a skos:Concept ; skos:prefLabel "influenza" .
"""
BLANK = EntitiesConfig(pipeline="blank:en", types=(), noun_concepts=False, relations=False)
TEXTS = [Text("a", "news", "Paris has influenza."), Text("b", "news", "Influenza in Paris.")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "v.ttl").write_text(TURTLE)
    with graph_folder(tmp_path / "g", create=True) as graph:
        graph.include(tmp_path / "v.ttl")
    return tmp_path / "g"


def rows(folder: Path, **wanted: Any) -> list[dict[str, Any]]:
    with graph_folder(folder) as graph:
        return list(mention_rows(kept_mentions(folder, graph), **wanted))


def test_every_candidate_is_kept_with_its_features(folder: Path) -> None:
    said = propose(folder, TEXTS, BLANK)
    assert (said["mentions"], said["linked"], said["ambiguous"]) == (4, 2, 2)
    (paris, _) = rows(folder, nil="ambiguous")
    assert [one["iri"] for one in paris["candidates"]] == ["urn:x:paris", "urn:x:texas"]
    assert {"prior", "type_fit", "context", "coherence", "score"} <= set(paris["candidates"][0])
    assert [row["anchor"] for row in rows(folder, anchor="INFLUENZA")] == ["influenza", "Influenza"]


def test_what_is_kept_and_what_the_graph_says_are_of_one_run(folder: Path) -> None:
    propose(folder, TEXTS, BLANK)
    propose(folder, TEXTS[:1], BLANK)
    assert len(list((folder / "mentions").iterdir())) == 1
    with graph_folder(folder) as graph:
        kept = list(mention_rows(kept_mentions(folder, graph)))
        for row in kept:
            node = mention_iri(document_iri(row["document"]), row["begin"], row["end"])
            linked = [quad.object.value for quad in graph.holding(node, ITSRDF.taIdentRef)]
            assert linked == ([row["iri"]] if row["iri"] else [])
    assert {row["document"] for row in kept} == {"a"}


def test_a_reading_that_breaks_leaves_graph_and_candidates_as_they_were(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(folder, TEXTS, BLANK)
    before = rows(folder)

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(propose_module, "replace_proposals", broken)
    with pytest.raises(RuntimeError, match="full"):
        propose(folder, TEXTS[:1], BLANK)
    assert rows(folder) == before
    monkeypatch.undo()
    propose(folder, TEXTS[:1], BLANK)
    assert len(list((folder / "mentions").iterdir())) == 1


def test_no_text_forgets_nothing_and_a_second_reading_says_what_it_replaces(folder: Path) -> None:
    assert propose(folder, TEXTS, BLANK)["replaced"] == 0
    with pytest.raises(DataRefusedError, match="no text"):
        propose(folder, [], BLANK)
    assert len(rows(folder)) == 4
    assert propose(folder, TEXTS[:1], BLANK)["replaced"] == 2


def test_a_file_beside_the_kept_tables_is_left_alone(folder: Path) -> None:
    propose(folder, TEXTS, BLANK)
    (folder / "mentions" / ".DS_Store").write_bytes(b"x")
    propose(folder, TEXTS[:1], BLANK)
    assert sum(path.is_dir() for path in (folder / "mentions").iterdir()) == 1
    assert (folder / "mentions" / ".DS_Store").is_file()


def test_a_damaged_table_is_written_again(folder: Path) -> None:
    propose(folder, TEXTS, BLANK)
    (file,) = folder.glob("mentions/*/mentions.parquet")
    file.write_bytes(bytes(len(file.read_bytes())))
    propose(folder, TEXTS, BLANK)
    assert len(rows(folder)) == 4


def test_a_graph_that_has_read_nothing_says_so(folder: Path) -> None:
    with pytest.raises(MissingResourceError, match="graph build"):
        rows(folder)


def test_a_fitted_model_decides(folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    first = propose(folder, TEXTS, BLANK)["run"]
    LinkModel(DEFAULT, meant={"paris": {"urn:x:texas": 50}}).save(model)
    said = propose(folder, TEXTS, BLANK.model_copy(update={"link_model": model}))
    assert (said["linked"], said["ambiguous"]) == (4, 0)
    assert {row["iri"] for row in rows(folder, anchor="paris")} == {"urn:x:texas"}
    assert said["run"] != first
    with pytest.raises(MissingResourceError, match="link_model"):
        propose(folder, TEXTS, BLANK.model_copy(update={"link_model": tmp_path / "none.json"}))


def test_labels_are_those_of_the_pipelines_language(tmp_path: Path) -> None:
    turtle = '<urn:x:flu> a skos:Concept ; skos:prefLabel "Grippe"@de ; skos:definition "eine Krankheit"@de .'
    (tmp_path / "v.ttl").write_text(TURTLE.splitlines()[0] + turtle)
    with graph_folder(tmp_path / "g", create=True) as graph:
        graph.include(tmp_path / "v.ttl")
    texts = [Text("a", "news", "Sie hat Grippe.")]
    german = propose(tmp_path / "g", texts, BLANK.model_copy(update={"pipeline": "blank:de"}))
    assert (german["linked"], german["warnings"]) == (1, [])
    assert rows(tmp_path / "g")[0]["candidates"][0]["label"] == "Grippe"
    english = propose(tmp_path / "g", texts, BLANK)
    assert english["linked"] == 0
    (warning,) = english["warnings"]
    assert "no label in the language 'en'" in warning


def test_a_graph_without_a_vocabulary_is_no_cause_for_a_warning(tmp_path: Path) -> None:
    assert propose(tmp_path / "g", TEXTS, BLANK)["warnings"] == []
