"""``cdkd curate`` from the queue to a file for git and back, as scripts and people use it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cdkd_kg.cli import app
from cdkd_kg.curation.verbs import VERBS
from cdkd_kg.errors import ConfigError, ConflictError, DataRefusedError, GraphError
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.user_query import user_query
from tests.curation.conftest import make
from tests.graph.helpers import EX

RUNNER = CliRunner()


def curate(*words: str, who: str = "ada") -> str:
    done = RUNNER.invoke(app, ["curate", *words], env={"CDKD_CURATOR": who}, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def told(*words: str, who: str = "ada") -> Any:
    return json.loads(curate(*words, "--json", who=who))


def refused(*words: str) -> None:
    RUNNER.invoke(app, ["curate", *words], catch_exceptions=False, standalone_mode=False)


def item(folder: Path, title: str) -> str:
    [found] = [one["id"] for one in told("queue", str(folder))["items"] if one["title"] == title]
    return str(found)


def test_from_the_queue_to_history_and_back(folder: Path) -> None:
    graph = str(folder)
    queue = told("queue", graph)
    assert (queue["seen"], queue["open"], len(queue["items"])) == (0, 6, 6)
    assert "6 are open, 0 were skipped" in curate("queue", graph, "--rows", "1")
    shown = told("show", graph, item(folder, "it"))
    assert [(one["document"], one["anchor"]) for one in shown["contexts"]] == [("a/3", "it")]
    assert "gout" in curate("show", graph, item(folder, "it"))
    linked = told("decide", graph, "link", item(folder, "it"), "gout", "--why", "he limps")
    assert (linked["number"], linked["who"], linked["why"], linked["kind"]) == (1, "ada", "he limps", "link")
    assert "is 'flu'" in curate("decide", graph, "merge", "cold", "flu", who="bob")
    undone = told("undo", graph, linked["id"][:6], "--why", "he does not")
    assert undone["undoes"] == linked["id"]
    history = told("history", graph)["entries"]
    assert [entry["undone"] for entry in history] == [True, False, False]
    assert "undone" in curate("history", graph)
    told("undo", graph, str(undone["number"]))
    assert [entry["undone"] for entry in told("history", graph)["entries"]] == [False, False, True, False]
    assert "'it' means 'gout'" in curate("history", graph)


def test_a_decision_on_what_changed_meanwhile_is_refused(folder: Path) -> None:
    graph, seen = str(folder), told("queue", str(folder))["seen"]
    curate("decide", graph, "relabel", "flu", "grippe")
    with pytest.raises(ConflictError, match="ada: 'flu' is called 'grippe'"):
        refused("decide", graph, "add-alias", "influenza", "the bug", "--seen", str(seen))
    curate("decide", graph, "add-alias", "pain", "ache", "--seen", str(seen))


def test_queries_and_exports_say_what_was_decided(folder: Path, tmp_path: Path) -> None:
    curate("decide", str(folder), "add-alias", "flu", "the bug")
    query = 'SELECT ?c { ?c skos:altLabel "the bug" }'
    assert user_query(folder, query)["rows"] == [[f"<{EX}flu>"]]
    curate("undo", str(folder), "1")
    assert user_query(folder, query)["rows"] == []


def test_decisions_travel_by_git_and_show_as_lines_that_were_added(folder: Path, tmp_path: Path) -> None:
    curate("decide", str(folder), "add-alias", "flu", "the bug")
    file = Path(curate("export", str(folder)).strip())
    before = file.read_bytes()
    assert file == folder / "decisions.nq"
    curate("decide", str(folder), "merge", "cold", "flu")
    curate("export", str(folder))
    after = file.read_bytes()
    assert set(before.splitlines()) < set(after.splitlines())
    assert after.splitlines() == sorted(after.splitlines())
    clone = make(tmp_path / "clone" / "ills") if (tmp_path / "clone").mkdir() is None else folder
    (clone / "decisions.nq").write_bytes(after)
    with graph_folder(folder) as here, graph_folder(clone) as there:
        assert here.revision == there.revision
    curate("decide", str(clone), "relabel", "flu", "grippe", who="bob")
    curate("export", str(clone), "-o", str(tmp_path / "theirs.nq"))
    assert told("import", str(folder), str(tmp_path / "theirs.nq")) == {"added": 1}
    assert told("import", str(folder), str(tmp_path / "theirs.nq")) == {"added": 0}


def test_decisions_that_were_edited_by_hand_are_refused(folder: Path, tmp_path: Path) -> None:
    curate("decide", str(folder), "add-alias", "flu", "the bug")
    file = tmp_path / "d.nq"
    curate("export", str(folder), "-o", str(file))
    file.write_text(file.read_text("utf-8").replace("the bug", "a bug"), "utf-8")
    with pytest.raises(GraphError, match="something in it was changed"):
        refused("import", str(folder), str(file))
    (folder / "decisions.nq").write_bytes(file.read_bytes())
    with pytest.raises(GraphError, match=r"not as it was written \(.*decisions.nq"):
        refused("queue", str(folder))
    with pytest.raises(GraphError, match="not as it was written"), graph_folder(folder):
        pass


def test_mappings_come_in_as_one_decision_and_go_out(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "some.sssom.tsv"
    file.write_text(
        f"#curie_map:\n#  ex: {EX}\n#  skos: http://www.w3.org/2004/02/skos/core#\n"
        "#  semapv: https://w3id.org/semapv/vocab/\n"
        "subject_id\tpredicate_id\tobject_id\tmapping_justification\tpredicate_modifier\n"
        "ex:flu\tskos:exactMatch\tex:other\tsemapv:ManualMappingCuration\t\n"
        "ex:cold\tskos:exactMatch\tex:flu\tsemapv:ManualMappingCuration\tNot\n",
        "utf-8",
    )
    assert told("import", str(folder), str(file)) == {"added": 1}
    out = tmp_path / "out.sssom.tsv"
    curate("export", str(folder), "-o", str(out))
    rows = [line.split("\t")[:3] for line in out.read_text("utf-8").splitlines() if not line.startswith("#")][1:]
    assert len(rows) == 2
    curate("undo", str(folder), "1")
    curate("export", str(folder), "-o", str(out))
    assert [line for line in out.read_text("utf-8").splitlines() if not line.startswith("#")][1:] == []


def test_a_second_opinion_and_how_far_two_agree(folder: Path) -> None:
    graph = str(folder)
    cold = item(folder, "cold")
    curate("decide", graph, "accept", cold)
    assert [one["title"] for one in told("queue", graph, "--again", who="bob")["items"]] == ["cold"]
    assert told("queue", graph, "--again")["items"] == []
    curate("decide", graph, "link", cold, "flu", who="bob")
    said = told("agreement", graph)
    assert [(one["one"], one["other"], one["judged"], one["observed"]) for one in said["agreement"]] == [
        ("ada", "bob", 2, 0)
    ]
    assert list(said["disputed"].values()) == [{"ada": EX + "cold", "bob": EX + "flu"}] * 2
    assert "2 are in dispute" in curate("agreement", graph)
    curate("decide", graph, "link", cold, "gout", who="eve")
    assert told("agreement", graph)["disputed"] == {}


def test_what_is_wrong_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no graph in this folder"):
        refused("queue", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="no name"):
        refused("decide", str(folder), "deprecate", "cold", "--who", "a\x07b")
    with pytest.raises(ConfigError, match=r"as \.nq or \.sssom\.tsv"):
        refused("export", str(folder), "-o", str(tmp_path / "x.ttl"))
    with pytest.raises(ConfigError, match="no decision is called '7'"):
        refused("undo", str(folder), "7")
    curate("decide", str(folder), "deprecate", "cold")
    curate("undo", str(folder), "1")
    with pytest.raises(DataRefusedError, match="undone before"):
        refused("undo", str(folder), "1")


def test_the_help_names_every_verb() -> None:
    text = " ".join(re.sub(r"[│\s]+", " ", RUNNER.invoke(app, ["curate", "decide", "--help"]).output).split())
    for name, verb in VERBS.items():
        assert f"{name} {verb.words}" in text, name


def test_one_kind_alone_and_how_many_there_are(folder: Path) -> None:
    graph = str(folder)
    assert {one["kind"] for one in told("queue", graph, "--kind", "relation")["items"]} == {"relation"}
    text = curate("queue", graph, "--kind", "mention", "--rows", "2")
    assert "2 of 4 are shown; --rows shows more" in text
    assert "6 are open" in text
    assert "are shown" not in curate("queue", graph, "--kind", "mention")


def test_an_item_that_was_judged_says_by_whom_and_what_mentions_mean_then(folder: Path) -> None:
    graph, cold = str(folder), item(folder, "cold")
    curate("decide", graph, "link", cold, "gout")
    curate("decide", graph, "reject", item(folder, "flu"))
    assert "ada said: 'cold' (2 times) means 'gout'" in curate("show", graph, cold)
    assert told("show", graph, cold)["judged"] == {"who": "ada", "label": "'cold' (2 times) means 'gout'"}
    assert told("show", graph, item(folder, "it"))["judged"] is None
    with pytest.raises(ConfigError, match="'cold' was judged"):
        refused("decide", graph, "accept", cold, "--who", "ada")

    def mentioned(*words: str) -> str:
        done = RUNNER.invoke(app, ["graph", "mentions", graph, *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    rows = json.loads(mentioned("--json"))["mentions"]
    assert {(row["anchor"], row["iri"]) for row in rows if row["judged"]} == {
        ("cold", EX + "gout"), ("flu", None), ("Flu", None)
    }  # fmt: skip
    assert [row["iri"] for row in rows if not row["judged"]] == [None] * 3
    assert mentioned("--anchor", "cold").count("judged") == 2
    assert "not what was proposed" in mentioned("--anchor", "flu")
    assert "cold" not in mentioned("--nil", "new")


def test_what_went_with_a_replaced_entity_was_not_judged_and_what_lost_it_is_open(folder: Path) -> None:
    def mentioned(*words: str) -> list[dict[str, Any]]:
        done = RUNNER.invoke(app, ["graph", "mentions", str(folder), "--json", *words], catch_exceptions=False)
        return list(json.loads(done.output)["mentions"])

    curate("decide", str(folder), "deprecate", "cold", "flu")
    assert {(row["iri"], row["judged"]) for row in mentioned("--anchor", "cold")} == {(EX + "flu", False)}
    curate("undo", str(folder), "1")
    curate("decide", str(folder), "deprecate", "cold")
    assert {(row["iri"], row["judged"]) for row in mentioned("--anchor", "cold", "--nil", "ambiguous")} == {
        (None, False)
    }
    curate("undo", str(folder), "3")
    curate("decide", str(folder), "reject", item(folder, "cold"))
    for number, verb in ((6, ["merge", "cold", "flu"]), (8, ["deprecate", "cold"])):
        curate("decide", str(folder), *verb)
        assert {(row["iri"], row["judged"]) for row in mentioned("--anchor", "cold")} == {(None, True)}
        curate("undo", str(folder), str(number))


def test_the_same_mappings_are_imported_once(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "m.sssom.tsv"
    file.write_text(
        "# curie_map:\n#   ex: http://example.org/\n#   skos: http://www.w3.org/2004/02/skos/core#\n"
        "#   semapv: https://w3id.org/semapv/vocab/\n# license: https://creativecommons.org/licenses/by/4.0/\n"
        "# mapping_set_id: https://example.org/m\n"
        "subject_id\tpredicate_id\tobject_id\tmapping_justification\n"
        "ex:flu\tskos:exactMatch\tex:gout\tsemapv:ManualMappingCuration\n",
        "utf-8",
    )
    assert [told("import", str(folder), str(file))["added"] for _ in range(2)] == [1, 0]
    assert len(told("history", str(folder))["entries"]) == 1


def test_a_folder_that_was_renamed_says_what_it_was_called(folder: Path) -> None:
    other = folder.rename(folder.with_name("others"))
    for words in (["queue", str(other)], ["history", str(other)]):
        with pytest.raises(GraphError, match=r"this is the graph 'ills'.*rename the folder to ills"):
            refused(*words)
