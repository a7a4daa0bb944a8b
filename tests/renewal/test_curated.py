"""What a service saw goes to the curator, and what the curator decides to the next student."""

from pathlib import Path

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import load_config
from cdkd_kg.curation.begin import begin
from cdkd_kg.curation.kept_queue import kept_queue
from cdkd_kg.curation.verbs import Desk, drafted
from cdkd_kg.graph.decisions.working_copy import working_copy
from cdkd_kg.renewal.retrain import retrain
from cdkd_kg.renewal.versions import versions_of
from tests.renewal.conftest import serve


def test_names_that_the_graph_did_not_know_are_decided_on_and_the_next_student_knows(bundle, tmp_path):
    first = retrain(bundle, serve(tmp_path / "a.sqlite", name="Winterfell"), tolerance=100)
    graph = tmp_path / "tiny"
    begin(load_config(versions_of(bundle) / f"{first['version']}.yaml"), graph)
    with working_copy(graph) as copy:
        items = kept_queue(graph, copy.graph)[0].items(copy.graph, copy.decisions)
        asked = next(item for item in items if item.title == "Winterfell")
        copy.decide(drafted(Desk(copy.graph, items), "accept", [asked.id]), "ada", "a place")
    second = retrain(bundle, serve(tmp_path / "b.sqlite", 70), tolerance=100, decisions=graph)
    third = retrain(bundle, serve(tmp_path / "c.sqlite", 60), tolerance=100)
    for found, decided in ((first, 0), (second, 1), (third, 1)):
        said = read_json(Path(found["run"]) / "results.json")["graph"]["decisions"]
        assert (said["count"], said["documents"] > 0) == (decided, decided > 0), found["version"]
    known = [{one["name"] for one in found["unknown"]["most"]} for found in (first, second)]
    assert ["Winterfell" in names for names in known] == [True, False]
