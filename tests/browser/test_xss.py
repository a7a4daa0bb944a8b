"""Nothing that a graph, a text or a curator says is ever run by the page: 50 payloads in every field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.config import GraphConfig
from cdkd_kg.curation import entities
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.graph.breaches import Breach, keep_breaches
from cdkd_kg.graph.build import build_graph
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.log import DecisionLog
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.iris import document_iri, mention_iri
from cdkd_kg.graph.kept_mentions import keep_mentions
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import DCTERMS, OWL, RDF, SKOS
from tests.curation.web.server import TOKEN, served
from tests.graph.helpers import documents, extraction, mention, relation

RUN = "window.run=1"
ELEMENTS = ("script", "iframe", "object", "embed", "img", "svg", "math", "style", "template")
STATES = ("new", "gone")
HANDLERS = [
    "onerror",
    "onload",
    "onclick",
    "onfocus autofocus",
    "onmouseover",
    "ontoggle open",
    "onanimationstart",
    "onpointerenter",
]
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<SCRIPT SRC=data:,{RUN}></SCRIPT>",
    f"<scr<script>ipt>{RUN}</script>",
    *(f"<img src=x {name}={RUN}>" for name in HANDLERS),
    *(f'"><svg {name}="{RUN}">' for name in HANDLERS),
    *(f"' {name}='{RUN}' x='" for name in HANDLERS[:4]),
    *(f'" {name}="{RUN}" x="' for name in HANDLERS[:4]),
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<iframe src=javascript:parent.{RUN}>",
    f"<a href=javascript:{RUN}>x</a>",
    f"<form action=javascript:{RUN}><button>x</button></form>",
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
    f"<base href=javascript:{RUN}//>",
    f"<meta http-equiv=refresh content='0;javascript:{RUN}'>",
    "<style>@import 'http://evil.example'</style>",
    f"<math><mtext><img src=x onerror={RUN}>",
    f"<template><script>{RUN}</script></template>",
    f"<details open ontoggle={RUN}>",
    f"<b hx-get=/ hx-trigger=load hx-on:load={RUN}>",
    f"<b data-hx-on::load='{RUN}'>",
    f"<b data-picture='{{}}' data-key=a onclick={RUN}>",
    "{{ 7*7 }}{% raw %}",
    "${7*7}",
    f"`${{{RUN}}}`",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"\u2028{RUN}//",
    f"]]><script>{RUN}</script>",
]


def test_there_are_as_many_as_promised() -> None:
    assert len(set(PAYLOADS)) == 50


def concept(number: int) -> str:
    return f"http://example.org/{number}"


def broken(number: int) -> str:
    """Return an entity on which nobody decides, so that the rule that it breaks is shown."""
    return f"http://example.org/broken/{number}"


def gone(number: int) -> str:
    """Return an entity that is not used any more, but another one is."""
    return f"http://example.org/gone/{number}"


def vocabulary() -> KnowledgeGraph:
    background = KnowledgeGraph("ills")
    for number, payload in enumerate(PAYLOADS):
        for node in map(NamedNode, (concept(number), broken(number))):
            kinds = (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel, SKOS.definition)
            said = (Quad(node, kind, Literal(payload)) for kind in kinds)
            background.add([Quad(node, RDF.type, SKOS.Concept), *said])
        tie, other = NamedNode(f"http://example.org/tie/{number}"), NamedNode(concept((number + 2) % len(PAYLOADS)))
        background.add([Quad(tie, SKOS.prefLabel, Literal(payload)), Quad(NamedNode(concept(number)), tie, other)])
        node = NamedNode(gone(number))
        replaced = Quad(node, DCTERMS.isReplacedBy, NamedNode(concept(number)))
        background.add([Quad(node, RDF.type, SKOS.Concept), Quad(node, OWL.deprecated, Literal(True)), replaced])
    return background


def candidates(number: int) -> list[dict[str, Any]]:
    same = {"kind": "preferred", "form": "exact", "similarity": 1.0, "score": 0.4}
    return [{"iri": concept(n), "label": PAYLOADS[n], **same} for n in (number, number - 1 if number else 1)]


def reading(texts: Iterable[str]) -> Extraction:
    rows, stated = [], []
    for number, (name, payload) in enumerate(zip(texts, PAYLOADS, strict=True)):
        told: dict[str, Any] = {"candidates": candidates(number), "confidence": 0.4}
        rows.append(mention(name, 0, payload, concept(number), type=f"T{number}", **told))
        rows.append(mention(name, len(payload) + 5, payload, nil="ambiguous", **told))
        other = concept((number + 1) % len(PAYLOADS))
        rows.append(mention(name, 2 * len(payload) + 10, payload, other, type=f"U{number}", **told))
        stated.append(relation(name, 0, "have", 2 * len(payload) + 10))
    return extraction(rows, stated)


def decide(log: DecisionLog, graph: KnowledgeGraph, texts: Iterable[str]) -> None:
    """Let people of the worst names decide on each entity, and two of them differ on each first mention."""
    for number, (name, payload) in enumerate(zip(texts, PAYLOADS, strict=True)):
        draft = entities.add_alias(graph, NamedNode(concept(number)), f"other {number}")
        log.append(Draft(draft.kind, payload, draft.about, draft.accepts), payload, payload)
        first = mention_iri(document_iri(name), 0, len(payload)).value
        log.append(Draft("accept", payload, (first,)), payload, payload)
        log.append(Draft("reject", payload, (first,)), f"{payload} too", payload)


def bought() -> dict[str, Any]:
    """Return what two runs differ in, as :func:`cdkd_kg.evaluation.between_runs.compare_runs` does."""
    moved = {"documents": 1, "moved": 0.5, "relabelled": 1}
    scored = dict.fromkeys(("before", "after", "difference", "low", "high", "p"), 0.5) | {"documents": 1}
    return {
        "runs": {name: {"name": PAYLOADS[0], "decisions": 1} for name in ("before", "after")},
        "settings": PAYLOADS,
        "scores": [scored | {"domain": payload, "condition": payload} for payload in PAYLOADS],
        "decisions": [
            moved | {"label": one, "who": one, "state": state} for one, state in zip(PAYLOADS, cycle(STATES))
        ],
        "signals": [moved | {"task": one, "domain": one} for one in PAYLOADS],
        "reached": moved,
        "elsewhere": moved,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("xss") / "ills"
    texts = {f"d/{payload}": f"{payload} and {payload} and {payload}" for payload in PAYLOADS}
    found = reading(texts)
    with graph_folder(folder, create=True) as graph:
        keep_mentions(folder, "r1", found, texts)
        keep_breaches(folder, (Breach(one, broken(n), one, one, one) for n, one in enumerate(PAYLOADS)), ())
        graph.add(build_graph(found, documents(*texts), vocabulary(), GraphConfig(name="ills"), {"id": "r1"}))
        decide(DecisionLog(folder), graph, texts)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder, bought()) as found_at:
        yield found_at


class Looking:
    """A browser that looks at pages, and hears of all that goes wrong there."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page, self.address = context.new_page(), address
        self.alarms, self._seen = list[str](), defaultdict[str, set[str]](set)
        self.page.on("dialog", lambda dialog: self.alarms.append(dialog.message) or dialog.dismiss())
        self.page.on("console", lambda said: self.alarms.append(said.text) if "Policy" in said.text else None)
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.goto(f"{address}/start#token={TOKEN}")
        self.page.wait_for_url(f"{address}/")
        context.add_cookies([{"name": "cdkd_who", "value": quote(PAYLOADS[0]), "url": address}])

    def at(self, kind: str, place: str, within: str = "main") -> None:
        """Look at a page of a kind."""
        self.page.goto(self.address + place)
        self.look(kind, place, within)

    def look(self, kind: str, place: str, within: str = "main") -> None:
        """Look at what is shown: nothing of it runs, and nothing of it became an element."""
        page = self.page
        page.evaluate(
            "for (const one of document.querySelectorAll('body *')) one.dispatchEvent(new MouseEvent('mouseover'))"
        )
        text = page.locator("body").inner_text()
        self._seen[kind] |= {one for one in PAYLOADS if one in text or repr(one)[1:-1] in text}
        assert page.evaluate("window.run") is None, place
        made = ", ".join(f"{within} {name}" for name in ELEMENTS)
        assert page.locator(made).count() == 0, place
        assert page.locator("[onerror], [onload], [onclick], [onfocus], [ontoggle]").count() == 0, place

    def missing(self, kind: str) -> set[str]:
        """Return the payloads that no page of a kind has shown as the text that they are."""
        return {one for one in PAYLOADS if "\u2028" not in one} - self._seen[kind]

    def ids(self, path: str) -> list[str]:
        """Return the ids of what the programming interface has at a path."""
        asked = f"async () => (await (await fetch('{path}?most=1000')).json()).items.map(one => one.id)"
        return list(self.page.evaluate(asked))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:,")):
            self.alarms.append(url)


@pytest.fixture(scope="module")
def looking(chromium: Browser, address: str) -> Iterator[Looking]:
    context = chromium.new_context()
    yield Looking(context, address)
    context.close()


def places(looking: Looking) -> dict[str, list[str]]:
    """Return the addresses of all pages, by their kind."""
    return {
        "work": [f"/?item={name}" for name in looking.ids("/api/items")],
        "again": [f"/again?item={name}" for name in looking.ids("/api/again")[: len(PAYLOADS)]],
        "entity": [f"/entity?name={quote(concept(n), safe='')}" for n in range(len(PAYLOADS))],
        "gone": [f"/entity?name={quote(gone(n), safe='')}" for n in range(len(PAYLOADS))],
        "history": ["/history"],
        "bought": ["/bought"],
        "find": [f"/find?typed={quote(payload)}" for payload in PAYLOADS],
        "refused": [f"/entity?name={quote(f'no {payload}')}" for payload in PAYLOADS],
    }


def test_nothing_is_run(looking: Looking, record_property: Callable[[str, object], None]) -> None:
    everywhere = places(looking)
    assert len(everywhere["work"]) == 200  # mentions, ambiguous ones, relations and broken rules
    for kind, found in everywhere.items():
        for place in found:
            looking.at(kind, place)
        assert looking.missing(kind) == set(), kind
    assert looking.alarms == []
    record_property("payloads in every field of the page, in Chromium", len(PAYLOADS))


def test_nothing_is_run_of_the_relations_that_are_offered(looking: Looking) -> None:
    looking.at("offered", f"/entity?name={quote(concept(0), safe='')}")
    offered = looking.page.evaluate("[...document.querySelectorAll('#relations option')].map(one => one.value)")
    assert {one for one in PAYLOADS if one.isprintable()} <= {" ".join(one.split()) for one in offered} | {*offered}
    assert looking.alarms == []


def test_nothing_is_run_of_what_is_chosen_from(looking: Looking) -> None:
    for payload in map(quote, PAYLOADS):
        looking.at("hits", f"/hits?verb=add-relation&words={payload}&seen=0&typed={payload}&middle={payload}", "body")
    assert looking.missing("hits") == set()
    assert looking.alarms == []


def test_nothing_is_run_of_what_was_wanted_and_what_others_did(looking: Looking, folder: Path) -> None:
    for number, payload in enumerate(PAYLOADS):
        looking.page.goto(f"{looking.address}/entity?name={quote(concept(number), safe='')}")
        DecisionLog(folder).append(Draft("relabel", payload, (concept(number),)), payload, payload)
        looking.page.fill("#why", payload)
        looking.page.fill("#alias", payload + " 2")
        looking.page.locator("#alias").press("Enter")
        alert = looking.page.get_by_role("alert")
        alert.wait_for()
        assert "Somebody was faster" in alert.inner_text()
        looking.look("conflict", payload)
    assert looking.missing("conflict") == set()
    assert looking.alarms == []
