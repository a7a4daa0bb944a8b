"""The pages, made here and changed in place by htmx; every text on them is in ``strings.json``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from markupsafe import escape
from pydantic import StringConstraints
from pyoxigraph import NamedNode

from cdkd_kg.curation.agreement import agreements
from cdkd_kg.curation.item import Item, Kind, item_of
from cdkd_kg.curation.undo import undone
from cdkd_kg.curation.verbs import VERBS
from cdkd_kg.curation.web.board import Board
from cdkd_kg.curation.web.guard import Guard
from cdkd_kg.curation.web.lists import MOST_LISTED, around, view_of
from cdkd_kg.curation.web.requests import Person, Seen, ToBoard, board_of, person
from cdkd_kg.curation.web.texts import templates, text
from cdkd_kg.errors import CdkdError, ConflictError, MissingResourceError
from cdkd_kg.graph.decisions.decision import in_force
from cdkd_kg.graph.neighbourhood import as_picture

PLACES = 5
NAMED = ("graph_teacher", "text_teacher", "similar_text", "no_distillation")
"""The students that readers of the page have a name for."""
FEATURES = ("score", "similarity", "prior", "type_fit", "context", "coherence")
_CHANGED = ("work", "again", "entity", "history")
"""Pages that show something else after a decision."""
_SESSION = 30 * 24 * 3600
router = APIRouter(include_in_schema=False)
Word = Annotated[str, StringConstraints(max_length=2000)]


@router.get("/start")
def start() -> HTMLResponse:
    """Return the way in, which says nothing of the graph: it shows the token of its address, and goes on."""
    return HTMLResponse(templates().get_template("start.html.j2").render(board=None, who="", page="start"))


@router.post("/session")
def begin(request: Request, token: Annotated[str, Form(max_length=200)]) -> Response:
    """Let somebody in who has the token, by a cookie that no script can read and no other site can send."""
    guard: Guard = request.app.state.guard
    if not guard.lets_in(token):
        return PlainTextResponse("this is not the token", 403)
    name, value = guard.cookie()
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    response.set_cookie(name, value, max_age=_SESSION, httponly=True, samesite="strict")
    return response


@router.get("/")
def work(request: Request, who: Person, item: Annotated[str, Query(max_length=2000)] = "") -> HTMLResponse:
    """Return what there is to decide on, and one item of it."""
    return _page(request, "work.html.j2", who, **_work(request, who, item))


@router.get("/again")
def again(request: Request, who: Person, item: Annotated[str, Query(max_length=2000)] = "") -> HTMLResponse:
    """Return what others have judged and who asks has not, without what they said, and what is in dispute."""
    return _page(request, "again.html.j2", who, **_again(request, who, item))


@router.get("/find")
def find(
    request: Request, board: ToBoard, who: Person, typed: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """Return entities whose names have words that begin as the typed ones do."""
    return _page(request, "find.html.j2", who, typed=typed, **_found(board, typed, 30))


@router.get("/hits")
def hits(
    request: Request,
    board: ToBoard,
    who: Person,
    verb: Annotated[str, Query(max_length=40)],
    words: Annotated[list[Word], Query(max_length=8)],
    seen: Annotated[int, Query(ge=0, lt=10**15, description="What the page has seen from which this is asked.")],
    typed: Annotated[str, Query(max_length=200)] = "",
    middle: Annotated[str, Query(max_length=2000)] = "",
    page: Annotated[str, Query(max_length=20)] = "work",
    shown: Annotated[str, Query(max_length=2000)] = "",
) -> HTMLResponse:
    """Return a few entities to choose from, each the last word of a decision; ``middle`` is the word before it."""
    words = [*words, middle] if middle.strip() else words
    if verb in VERBS and len(words) + 1 < VERBS[verb].least:
        return HTMLResponse(escape(text("middle_first")))
    if not typed.strip():
        return HTMLResponse("")
    found = _found(board, typed, 10) | {"verb": verb, "words": words, "back": page, "shown": shown}
    return _page(request, "hits.html.j2", who, seen=seen, **found)


@router.get("/entity")
def entity(request: Request, who: Person, name: Annotated[str, Query(max_length=2000)]) -> HTMLResponse:
    """Return the page of an entity."""
    return _page(request, "entity.html.j2", who, **_entity(request, name))


@router.get("/picture")
def picture(request: Request, who: Person, name: Annotated[str, Query(max_length=2000)]) -> HTMLResponse:
    """Return the picture of an entity and what it is tied to; of one that is tied to much that takes a moment."""
    try:
        around = board_of(request).entity(name)
    except MissingResourceError:  # one of which nothing is said any more
        around = {}
    return _page(request, "picture.html.j2", who, picture=json.dumps(as_picture(around)) if around else "")


@router.get("/history")
def history(request: Request, who: Person) -> HTMLResponse:
    """Return what was decided, the newest first."""
    return _page(request, "history.html.j2", who, **_history(request))


@router.get("/bought")
def bought(request: Request, board: ToBoard, who: Person) -> HTMLResponse:
    """Return what changed from one run to another, and which decisions did it."""
    return _page(request, "bought.html.j2", who, bought=board.bought, named=NAMED)


@router.post("/decide")
def decide(
    request: Request,
    board: ToBoard,
    who: Person,
    number: Seen,
    verb: Annotated[str, Form(max_length=40)],
    words: Annotated[list[str], Form(max_length=8)],
    why: Annotated[str, Form(max_length=2000)] = "",
    page: Annotated[str, Form(max_length=20)] = "work",
    shown: Annotated[str, Form(max_length=2000)] = "",
) -> HTMLResponse:
    """Decide, and return what the page shows after it."""
    entry = board.decide(verb, words, who, why, number)
    return _part(request, who, page, shown, said=entry.decision.what.label)


@router.post("/undo")
def undo(
    request: Request,
    board: ToBoard,
    who: Person,
    number: Seen,
    decision: Annotated[str, Form(max_length=40)] = "",
    page: Annotated[str, Form(max_length=20)] = "work",
    shown: Annotated[str, Form(max_length=2000)] = "",
) -> HTMLResponse:
    """Undo a decision, or the last one of who asks, and return what the page shows after it."""
    name = decision or _last_of(request, who)
    said = board.undo(name, who, "", number).decision.what.label if name else text("undo_none")
    return _part(request, who, page, shown, said=said)


@router.post("/export")
def export(request: Request, board: ToBoard, who: Person) -> HTMLResponse:
    """Write the decisions into the folder of the graph, and return the history."""
    return _part(request, who, "history", "", said=text("history_exported", file=board.export()))


@router.post("/load")
def load(
    request: Request,
    board: ToBoard,
    who: Person,
    page: Annotated[str, Form(max_length=20)] = "work",
    shown: Annotated[str, Form(max_length=2000)] = "",
) -> HTMLResponse:
    """Take the graph as other commands have left it, and return what the page shows of it."""
    board.load()
    if page not in _CHANGED:
        return HTMLResponse(headers={"HX-Refresh": "true"})
    return _part(request, who, page, shown, done=False, said=text("loaded"))


def told(request: Request, status: int, detail: str) -> HTMLResponse:
    """Return the page of a request that is not understood."""
    return _page(request, "refused.html.j2", request.app.state.who, status, error=detail)


async def refused(request: Request, error: CdkdError, status: int) -> HTMLResponse:
    """Return what the page shows where something was not done: why, and what it is now."""
    who, told = person(request), dict[str, Any](error=str(error))
    if request.method == "GET":
        return _page(request, "refused.html.j2", who, status, **told)
    form = await request.form()
    page, shown = (str(form.get(name, default)) for name, default in (("page", "work"), ("shown", "")))
    if isinstance(error, ConflictError):
        theirs = [entry.decision for entry in error.theirs]
        told |= {"theirs": theirs, "yours": error.yours, "why": form.get("why", "")}
    else:  # there may be no fields for it any more
        written, why = [str(word) for word in form.getlist("words")[1:]], str(form.get("why", ""))
        told |= {"yours": ", ".join(written) or (str(form.get("verb", "")) if why else ""), "why": why}
    return await run_in_threadpool(_part, request, who, page, shown, status, done=False, **told)


def _part(
    request: Request, who: str, page: str, shown: str, status: int = 200, *, done: bool = True, **told: Any
) -> HTMLResponse:
    """Return the main part of a page again, without what it showed where that is no more."""
    for name in (shown, ""):
        try:
            template, values = _content(request, who, page, name, done=done)
        except CdkdError:
            continue
        return _page(request, template, who, status, **values, **told)
    return _page(request, "refused.html.j2", who, status, **told)


def _content(request: Request, who: str, page: str, shown: str, *, done: bool) -> tuple[str, dict[str, Any]]:
    """Return the template of a page and what it shows; once something is done, the rest of the item, or the next."""
    if page == "history":
        return "history.html.j2", _history(request)
    if page == "entity" and shown:
        return "entity.html.j2", _entity(request, shown)
    if done:
        shown = _rest(request, who, shown)
    if page == "again":
        return "again.html.j2", _again(request, who, shown)
    return "work.html.j2", _work(request, who, shown)


def _rest(request: Request, who: str, shown: str) -> str:
    """Return the id of the item of which one document was judged, where there is more of it; else nothing."""
    whole, part, _ = shown.partition("@")
    if not part:
        return ""
    board = board_of(request)
    return whole if whole in {one.id for one in [*board.items()[1], *board.again(who)]} else ""


def _page(request: Request, template: str, who: str, status: int = 200, **values: Any) -> HTMLResponse:
    defaults: dict[str, Any] = {"said": "", "error": "", "theirs": [], "yours": "", "why": ""}
    shown = {
        "board": board_of(request),
        "who": who,
        "whole": "hx-request" not in request.headers,
        "page": template.partition(".")[0],
    }
    return HTMLResponse(templates().get_template(template).render(defaults | shown | values), status)


def _work(request: Request, who: str, name: str) -> dict[str, Any]:
    board, view = board_of(request), view_of(request)
    number, items = board.items()
    wanted = [one for one in items if view.kind in ("", one.kind)]
    item = board.item(name, who) if name else next(iter(wanted), None)
    kinds = Counter(one.kind for one in items)
    return _bench(request, number, items, item) | {
        "groups": [("", around(wanted, item, view.rows))],
        "kinds": [(kind, kinds[kind]) for kind in get_args(Kind) if kinds[kind] or kind == view.kind],
        "view": view,
        "more": view.rows < min(len(wanted), MOST_LISTED),
    }


def _again(request: Request, who: str, name: str) -> dict[str, Any]:
    board, view = board_of(request), view_of(request)
    number, _ = board.items()
    items = board.again(who)
    item = item_of(items, name) if name else next(iter(items), None)
    disputes, listed = board.disputes(items), around(items, item, view.rows)
    groups = [
        ("again_list_disputed", [one for one in listed if one.id in disputes]),
        ("again_list_others", [one for one in listed if one.id not in disputes]),
    ]
    pairs = agreements(entry.decision for entry in board.entries())
    return _bench(request, number, items, item) | {
        "groups": groups,
        "pairs": pairs,
        "disputes": disputes,
        "kinds": [],
        "view": view,
        "more": view.rows < min(len(items), MOST_LISTED),
    }


def _bench(request: Request, number: int, items: Sequence[Item], item: Item | None) -> dict[str, Any]:
    """Return what there is to say of some items, and the one of them that is looked at."""
    board = board_of(request)
    still = sum(one.state == "open" for one in items)
    return {
        "seen": number,
        "open": still,
        "skipped": len(items) - still,
        "done": len(in_force(entry.decision for entry in board.entries())),
        "item": item,
        "contexts": [] if item is None else board.contexts(item)[:PLACES],
        "gap": _gap(item),
        "candidates": [{**one, "name": board.called(one["iri"])} for one in (item.candidates[:9] if item else ())],
        "features": FEATURES,
        "relations": board.relations(),
    } | _shown(request, item)


def _found(board: Board, typed: str, most: int) -> dict[str, Any]:
    """Return what is called as was typed, or else what is called nearly so."""
    hits = board.find(typed, most)
    return {"hits": hits or board.near(typed), "nearly": not hits}


def _gap(item: Item | None) -> float | None:
    """Return how far the likeliest candidate is ahead of the next; None where there are no two."""
    scores = sorted((one["score"] for one in item.candidates), reverse=True) if item else []
    return scores[0] - scores[1] if len(scores) > 1 else None


def _shown(request: Request, item: Item | None) -> dict[str, str]:
    """Return what an item was taken to mean, the IRI of what it is about, and the predicate of a relation."""
    iri = None if item is None else item.meaning or next((one["iri"] for one in item.candidates), None)
    predicate = ""
    if item is not None and item.relation is not None:
        iri = item.relation.subject.value if isinstance(item.relation.subject, NamedNode) else None
        predicate = item.relation.predicate.value
        predicate = board_of(request).relations().get(predicate, predicate)
    return {"means": board_of(request).called(iri) if iri else "", "pictured": iri or "", "predicate": predicate}


def _entity(request: Request, name: str) -> dict[str, Any]:
    board = board_of(request)
    number, items = board.items()  # before the rest is read, which may know of more and must not claim to
    around = board.entity(name)
    meant = [item for item in items if item.kind == "mention" and item.meaning == around["iri"]]
    return {
        "seen": number,
        "around": around,
        "picture": json.dumps(as_picture(around)),
        "meant": meant[:PLACES],
        "relations": board.relations(),
    }


def _history(request: Request) -> dict[str, Any]:
    board = board_of(request)
    number, _ = board.items()
    entries = board.entries()
    return {"seen": number, "entries": entries[::-1], "gone": undone(entries)}


def _last_of(request: Request, who: str) -> str:
    """Return the number of the last decision of somebody that counts and is no undoing; empty where there is none."""
    entries = board_of(request).entries()
    gone = undone(entries)
    mine = [
        one
        for one in entries
        if one.decision.who == who and not one.decision.what.undoes and one.decision.id not in gone
    ]
    return str(mine[-1].number) if mine else ""
