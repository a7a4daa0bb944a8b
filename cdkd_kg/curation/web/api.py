"""The programming interface: all that the page can do, as JSON, described by OpenAPI."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from cdkd_kg.curation.agreement import agreements, disputed
from cdkd_kg.curation.item import Kind
from cdkd_kg.curation.undo import undone
from cdkd_kg.curation.web.models import (
    Agreed,
    Agreements,
    Asked,
    Decided,
    Exported,
    Found,
    Items,
    Problem,
    Undoing,
)  # fmt: skip
from cdkd_kg.curation.web.requests import TAG, Person, Seen, ToBoard
from cdkd_kg.graph.decisions.log import Entry


def _problem(why: str) -> dict[str, Any]:
    """Describe an answer that tells why something was not done."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    del schema["$defs"]  # they are among the components, as what decisions are answered with
    return {"description": why, "content": {"application/problem+json": {"schema": schema}}}


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: _problem(why)
    for status, why in {
        400: "A header or the body is not as it should be.",
        401: "The token is missing.",
        403: "It came from elsewhere.",
        404: "There is no such item, entity or decision.",
        409: "It cannot be undone.",
        413: "It is too large.",
        422: "It makes no sense.",
    }.items()
}
_IF_MATCH: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": "The number `seen` of what was looked at, in quotes.",
            "schema": {"type": "string", "pattern": TAG, "examples": ['"12"']},
        }
    ]
}
_STALE: dict[int | str, dict[str, Any]] = {
    412: _problem("Somebody decided about the same since; `theirs` and `yours` have both."),
    428: _problem("If-Match is missing."),
}
router = APIRouter(prefix="/api", responses=_PROBLEMS)


@router.get("/items")
def read_items(board: ToBoard, most: Annotated[int, Query(ge=1, le=1000)] = 50, kind: Kind | None = None) -> Items:
    """Return what there is to decide on, the worthiest first."""
    number, items = board.items()
    still = sum(item.state == "open" for item in items)
    told = [item.told() for item in items if kind in (None, item.kind)][:most]
    return Items(seen=number, changed=board.changed, open=still, skipped=len(items) - still, items=told)


@router.get("/items/{name}")
def read_item(board: ToBoard, name: str) -> dict[str, Any]:
    """Return an item with the words around its mentions."""
    number, _ = board.items()
    item = board.item(name)
    return item.told() | {"seen": number, "contexts": [place._asdict() for place in board.contexts(item)]}


@router.get("/again")
def read_again(board: ToBoard, who: Person, most: Annotated[int, Query(ge=1, le=1000)] = 50) -> Items:
    """Return what is in dispute, with what people said, and after it what others judged and who asks has not."""
    number, _ = board.items()
    items = board.again(who)
    disputes = board.disputes(items)
    told = [
        item.told()
        | {
            "disputed": [
                {"who": one.decision.who, "label": one.decision.what.label} for one in disputes.get(item.id, ())
            ]
        }
        for item in items[:most]
    ]
    return Items(seen=number, changed=board.changed, open=len(items), skipped=0, items=told)


@router.get("/agreement")
def read_agreement(board: ToBoard) -> Agreements:
    """Return how far each two people agree on what both have judged, and what is in dispute."""
    decisions = [entry.decision for entry in board.entries()]
    return Agreements(
        agreement=[Agreed(**pair._asdict()) for pair in agreements(decisions)],
        disputed={iri: {one.decision.who: one.says for one in said} for iri, said in disputed(decisions).items()},
    )


@router.get("/entities")
def find_entities(
    board: ToBoard, typed: Annotated[str, Query(max_length=200)], most: Annotated[int, Query(ge=1, le=100)] = 10
) -> list[Found]:
    """Return entities whose names have words that begin as the typed ones do."""
    return [Found(**hit._asdict()) for hit in board.find(typed, most)]


@router.get("/entity")
def read_entity(
    board: ToBoard, name: Annotated[str, Query(max_length=2000, description="An IRI or a name.")]
) -> dict[str, Any]:
    """Return what there is to say of an entity: names, definition, ties."""
    return board.entity(name)


@router.get("/decisions")
def read_decisions(board: ToBoard, since: Annotated[int, Query(ge=0, le=10**15)] = 0) -> list[Decided]:
    """Return what was decided after a number, the oldest first."""
    entries = board.entries()
    gone = undone(entries)
    return [told(entry, entry.decision.id in gone) for entry in entries if entry.number > since]


@router.post("/decisions", status_code=201, responses=_STALE, openapi_extra=_IF_MATCH)
def decide(board: ToBoard, who: Person, number: Seen, asked: Asked) -> Decided:
    """Decide; it is on the disk when this answers."""
    return told(board.decide(asked.verb, asked.words, who, asked.why, number))


@router.post("/undo", status_code=201, responses=_STALE, openapi_extra=_IF_MATCH)
def undo(board: ToBoard, who: Person, number: Seen, asked: Undoing) -> Decided:
    """Undo a decision, whenever it was taken; undo the undoing to have it back."""
    return told(board.undo(asked.decision, who, asked.why, number))


@router.post("/export", status_code=201)
def export(board: ToBoard) -> Exported:
    """Write all decisions into the folder of the graph as sorted N-Quads, for git."""
    return Exported(file=str(board.export()))


@router.post("/load", status_code=201)
def load(board: ToBoard) -> Items:
    """Take the graph as other commands have left it since the server began."""
    board.load()
    return read_items(board)


@router.get("/bought")
def read_bought(board: ToBoard) -> dict[str, Any]:
    """Return what changed between the two runs that the server was started with; nothing where it was not."""
    return board.bought or {}


def told(entry: Entry, gone: bool = False) -> Decided:
    """Return an entry of the log as JSON has it."""
    return Decided(number=entry.number, id=entry.decision.id, undone=gone, **entry.decision.record())
