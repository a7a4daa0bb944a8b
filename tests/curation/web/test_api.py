"""The programming interface: what it says, what it refuses, and that it is as it is described."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from cdkd_kg.graph.decisions.as_rdf import FILE, read_decisions, write_decisions
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.log import DecisionLog
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from tests.curation.conftest import make
from tests.curation.web.sensible import BEARER, Sensible
from tests.curation.web.server import served

EXAMPLES = int(os.environ.get("CDKD_EXAMPLES", "15"))
"""`CDKD_EXAMPLES=500 pytest tests/curation/web/test_api.py` for the full figure, for each operation."""

EACH = 4
"""Of requests that fit the description, each so many is left as it is; the others are made to make sense, too."""

PATHS = [
    "/api/items", "/api/items/{name}", "/api/again", "/api/agreement", "/api/entities", "/api/entity", "/api/decisions",
    "/api/undo", "/api/export", "/api/load", "/api/bought",
]  # fmt: skip
ALWAYS_RIGHT = {"/api/items/{name}", "/api/agreement", "/api/export", "/api/load", "/api/bought"}
"""Where nothing is asked, or whatever is asked is a name."""


def item(program: TestClient, title: str) -> str:
    return next(one["id"] for one in program.get("/api/items").json()["items"] if one["title"] == title)


def test_from_the_queue_to_a_decision_and_back(program: TestClient) -> None:
    queue = program.get("/api/items").json()
    assert (queue["seen"], queue["open"], queue["skipped"], len(queue["items"])) == (0, 6, 0, 6)
    shown = program.get(f"/api/items/{item(program, 'it')}").json()
    assert shown["contexts"] == [{"document": "a/3", "before": "cold, see Flu and   ", "anchor": "it", "after": "."}]
    headers = {"If-Match": '"0"', "X-CDKD-Curator": "Zo%C3%AB"}
    asked = {"verb": "link", "words": [item(program, "it"), "gout"], "why": "he limps"}
    done = program.post("/api/decisions", json=asked, headers=headers)
    assert done.status_code == 201
    assert (done.json()["who"], done.json()["why"], done.json()["label"]) == ("Zoë", "he limps", "'it' means 'gout'")
    assert program.get("/api/items").json()["seen"] == 1
    undone = program.post("/api/undo", json={"decision": done.json()["id"]}, headers={"If-Match": '"1"'})
    assert undone.json()["who"] == "ada"
    assert [one["undone"] for one in program.get("/api/decisions").json()] == [True, False]
    assert [one["number"] for one in program.get("/api/decisions?since=1").json()] == [2]


def test_names_are_found_as_they_are_now(program: TestClient) -> None:
    def found(typed: str) -> list[str]:
        return [one["name"] for one in program.get("/api/entities", params={"typed": typed}).json()]

    assert found("infl") == ["influenza"]
    program.post("/api/decisions", json={"verb": "relabel", "words": ["flu", "grippe"]}, headers={"If-Match": '"0"'})
    assert found("gri") == ["grippe"]
    program.post(
        "/api/decisions", json={"verb": "create", "words": [item(program, "it"), "a sore"]}, headers={"If-Match": '"1"'}
    )
    assert found("sor") == ["a sore"]
    program.post("/api/decisions", json={"verb": "deprecate", "words": ["cold"]}, headers={"If-Match": '"2"'})
    assert found("cold") == []
    assert program.get("/api/entity", params={"name": "grippe"}).json()["label"] == "grippe"


def test_who_decides_on_what_changed_is_shown_both(program: TestClient) -> None:
    asked = {"verb": "relabel", "words": ["flu", "grippe"]}
    assert program.post("/api/decisions", json=asked, headers={"If-Match": '"0"'}).status_code == 201
    mine = {"verb": "add-alias", "words": ["influenza", "the bug"]}
    late = program.post("/api/decisions", json=mine, headers={"If-Match": '"0"', "X-CDKD-Curator": "bob"})
    assert (late.status_code, late.headers["content-type"]) == (412, "application/problem+json")
    assert [one["label"] for one in late.json()["theirs"]] == ["'flu' is called 'grippe'"]
    assert late.json()["yours"] == mine
    assert program.post("/api/decisions", json=mine).status_code == 428
    assert program.post("/api/decisions", json=mine, headers={"If-Match": "*"}).status_code == 400
    assert program.post("/api/decisions", json=mine, headers={"If-Match": '"1"'}).status_code == 201


def test_second_opinions_and_how_far_they_agree(program: TestClient) -> None:
    relation = next(one["id"] for one in program.get("/api/items").json()["items"] if one["kind"] == "relation")
    for number, (who, verb, name) in enumerate(
        [("ada", "accept", item(program, "cold")), ("ada", "accept", relation), ("bob", "reject", relation)]
    ):
        headers = {"If-Match": f'"{number}"', "X-CDKD-Curator": who}
        asked = {"verb": verb, "words": [name]}
        assert program.post("/api/decisions", json=asked, headers=headers).status_code == 201
    again = program.get("/api/again", headers={"X-CDKD-Curator": "bob"}).json()
    assert (again["seen"], again["open"], [one["kind"] for one in again["items"]]) == (3, 2, ["relation", "mention"])
    assert [[one["who"] for one in it["disputed"]] for it in again["items"]] == [["ada", "bob"], []]
    agreement = program.get("/api/agreement").json()
    assert agreement["agreement"] == [{"one": "ada", "other": "bob", "judged": 1, "observed": 0.0, "kappa": 0.0}]
    assert list(agreement["disputed"].values()) == [{"ada": "accept", "bob": "not that"}]


@pytest.mark.parametrize("path", ["/api/export", "/export"])
def test_what_git_pull_brought_meanwhile_is_kept(program: TestClient, folder: Path, path: str) -> None:
    assert program.post("/api/export").status_code == 201  # nothing yet
    theirs = DecisionLog(folder.parent / "theirs").append(Draft("relabel", "of bob", ("urn:x",)), "bob").decision
    write_decisions([theirs], KnowledgeGraph("ills"), folder / FILE)
    assert program.post(path).status_code in (200, 201)
    assert [one.id for one in read_decisions(folder / FILE)] == [theirs.id]
    assert [one["label"] for one in program.get("/api/decisions").json()] == ["of bob"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"verb": "acept", "words": ["x"]}, 422),
        ({"verb": "merge", "words": ["flu"]}, 422),
        ({"verb": "merge", "words": ["flu", "nobody"]}, 404),
        ({"verb": "accept", "words": ["ffff"]}, 404),
        ({"verb": "accept"}, 422),
        ({"verb": "accept", "words": ["x"], "more": 1}, 422),
        ({"verb": "add-alias", "words": ["flu", "\x00"]}, 422),
        ({"verb": "add-relation", "words": ["flu", "javascript:alert(1)", "cold"]}, 422),
        ({"verb": "add-relation", "words": ["flu", "no iri: <>", "cold"]}, 422),
    ],
)
def test_what_cannot_be_done_is_a_problem_and_no_failure(
    program: TestClient, body: dict[str, object], status: int
) -> None:
    answer = program.post("/api/decisions", json=body, headers={"If-Match": '"0"'})
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status
    assert program.get("/api/decisions").json() == []


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(make(tmp_path_factory.mktemp("described") / "ills")) as found:
        yield found


@pytest.fixture(scope="module")
def described(address: str) -> schemathesis.schemas.BaseSchema:
    return schemathesis.openapi.from_url(f"{address}/api/openapi.json", headers=BEARER)


def try_out(operation: Any, mode: schemathesis.GenerationMode, sensible: Sensible) -> Counter[bool]:
    """Ask, and return how many answers were not, and were, that it is done."""
    answers, turn = Counter[bool](), count()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
    def check(case: schemathesis.Case) -> None:
        if mode.name == "POSITIVE" and next(turn) % EACH:
            sensible.make(case)
        # What fits the description may still make no sense, such as to merge what is not there.
        answer = case.call_and_validate(headers=BEARER, excluded_checks=[positive_data_acceptance])
        answers[answer.status_code < 300] += 1
        if (answer.status_code, case.method, case.path) == (201, "POST", "/api/decisions"):
            sensible.undo(answer.json())

    check()
    return answers


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
def test_it_is_as_it_is_described(
    described: schemathesis.schemas.BaseSchema,
    address: str,
    path: str,
    mode: schemathesis.GenerationMode,
    record_property: Callable[[str, object], None],
) -> None:
    """Whatever is asked, right or wrong: never a failure, and always one of the answers that the description has."""
    if path in ALWAYS_RIGHT and mode.name == "NEGATIVE":
        return
    for operation in described[path].values():
        answers = try_out(operation, mode, Sensible(address))
        if mode.name == "POSITIVE":
            assert answers[True] >= answers.total() / 2, f"of {operation.label} hardly any makes sense: {answers}"
    record_property("requests made from the description, at most", EXAMPLES * len(described[path]))


def test_decisions_were_recorded_by_it(address: str) -> None:
    decided = httpx.get(f"{address}/api/decisions", headers=BEARER).json()
    assert len({one["kind"] for one in decided}) >= min(EXAMPLES // 5, 10)


def test_every_operation_is_tried(described: schemathesis.schemas.BaseSchema) -> None:
    assert {operation.ok().path for operation in described.get_all_operations()} == set(PATHS)
