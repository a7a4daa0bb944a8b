"""Nothing that a graph, a text or a curator says is ever run by the page: 50 payloads in every field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.config import GraphConfig
from cdkd_kg.curation import entities
from cdkd_kg.graph.build import build_graph
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.log import DecisionLog
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.kept_mentions import keep_mentions
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import RDF, SKOS
from tests.curation.web.server import TOKEN, served
from tests.graph.helpers import documents, extraction, mention, relation

RUN = "window.run=1"
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


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("xss") / "ills"
    background = KnowledgeGraph("ills")
    for number, payload in enumerate(PAYLOADS):
        node, kinds = NamedNode(concept(number)), (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel, SKOS.definition)
        background.add([Quad(node, RDF.type, SKOS.Concept), *(Quad(node, kind, Literal(payload)) for kind in kinds)])
    texts = {f"d/{payload}": f"{payload} and {payload}" for payload in PAYLOADS}
    rows, stated = [], []
    for number, (name, payload) in enumerate(zip(texts, PAYLOADS, strict=True)):
        candidates = [
            {
                "iri": concept(n),
                "label": PAYLOADS[n],
                "kind": "preferred",
                "form": "exact",
                "similarity": 1.0,
                "score": 0.4,
            }
            for n in (number, number - 1 if number else 1)
        ]
        rows.append(
            mention(name, 0, payload, concept(number), candidates=candidates, confidence=0.4, type=f"T{number}")
        )
        rows.append(mention(name, len(payload) + 5, payload, nil="ambiguous", candidates=candidates, confidence=0.4))
        stated.append(relation(name, 0, "have", len(payload) + 5))
    found = extraction(rows, stated)
    with graph_folder(folder, create=True) as graph:
        keep_mentions(folder, "r1", found, texts)
        graph.add(build_graph(found, documents(*texts), background, GraphConfig(name="ills"), {"id": "r1"}))
        log = DecisionLog(folder)
        for number, payload in enumerate(PAYLOADS):
            draft = entities.add_alias(graph, NamedNode(concept(number)), f"other {number}")
            log.append(Draft(draft.kind, payload, draft.about, draft.accepts), payload, payload)
    with served(folder) as found_at:
        yield found_at


def test_nothing_is_run(chromium: Browser, address: str, record_property: Callable[[str, object], None]) -> None:
    context = chromium.new_context()
    page, alarms = context.new_page(), list[str]()
    page.on("dialog", lambda dialog: alarms.append(dialog.message) or dialog.dismiss())
    page.on("console", lambda message: alarms.append(message.text) if "Security Policy" in message.text else None)
    page.on(
        "request", lambda request: None if request.url.startswith((address, "data:,")) else alarms.append(request.url)
    )
    page.goto(f"{address}/start#token={TOKEN}")
    page.wait_for_url(f"{address}/")
    context.add_cookies([{"name": "cdkd_who", "value": quote(PAYLOADS[0]), "url": address}])
    items = page.evaluate("async () => (await (await fetch('/api/items?most=1000')).json()).items.map(one => one.id)")
    assert len(items) >= 100
    places = [f"/?item={name}" for name in items] + [f"/entity?name={quote(concept(n), safe='')}" for n in range(50)]
    seen = set[str]()
    for place in [*places, "/history", *(f"/find?typed={quote(payload)}" for payload in PAYLOADS)]:
        page.goto(address + place)
        page.evaluate(
            "document.querySelectorAll('main *').forEach(one => one.dispatchEvent(new MouseEvent('mouseover')))"
        )
        seen |= {payload for payload in PAYLOADS if payload in page.locator("body").inner_text()}
        assert page.evaluate("window.run") is None, place
        assert page.locator("main script, main iframe, main object, main embed, main img, main svg").count() == 0, place
        assert page.locator("[onerror], [onload], [onclick], [onfocus], [ontoggle]").count() == 0, place
    shown = {" ".join(payload.split()) for payload in PAYLOADS if "\u2028" not in payload}
    assert shown <= seen  # as the text that it is
    assert alarms == []
    record_property("payloads in every field of the page, in Chromium", len(PAYLOADS))
    context.close()
