"""An expert's first ten minutes, with the keyboard alone: judge, merge, undo, look back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.graph.decisions.decision import in_force
from cdkd_kg.graph.decisions.log import DecisionLog
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.namespaces import SKOS
from tests.curation.web.server import TOKEN
from tests.graph.helpers import EX


def title(page: Page) -> str:
    return page.locator("#title").inner_text()


def go_to(page: Page, name: str) -> None:
    with page.expect_response(lambda answer: "?item=" in answer.url):
        page.locator(".items a", has=page.get_by_text(name, exact=True)).click()
    expect(page.locator("#title")).to_be_focused()
    expect(page.locator("#title")).to_have_text(name)


def labels(folder: Path) -> list[str]:
    return [one.what.label for one in in_force(DecisionLog(folder).decisions())]


def test_judging_with_single_keys(page: Page, folder: Path) -> None:
    go_to(page, "flu")
    page.keyboard.press("a")
    expect(page.locator("#title")).not_to_have_text("flu")
    assert len(labels(folder)) == 1
    go_to(page, "it")
    expect(page.locator(".candidates .act button").first).to_contain_text("gout")
    expect(page.locator(".picture canvas").first).to_be_visible()
    page.keyboard.press("2")
    expect(page.locator("#said")).to_have_text("'it' means 'pain'")
    page.keyboard.press("u")
    expect(page.locator("#said")).to_have_text("undo: 'it' means 'pain'")
    assert len(labels(folder)) == 1
    go_to(page, "cold")
    page.keyboard.press("r")
    expect(page.locator("#said")).to_contain_text("'cold' (2 times) does not mean 'cold'")
    skipped = title(page)
    page.keyboard.press("s")
    expect(page.locator("#title")).not_to_have_text(skipped)
    expect(page.locator(".items li").last).to_contain_text(skipped)
    assert page.evaluate("document.activeElement.id") == "title"  # so that a screen reader reads on from there


def test_one_mention_of_several_can_be_judged_alone(page: Page, folder: Path) -> None:
    go_to(page, "cold")
    expect(page.locator("article")).to_contain_text("2 mentions in 2 documents")
    page.locator(".contexts li", has_text="a/3").get_by_role("link").click()
    expect(page.locator("article")).to_contain_text("1 mention in 1 document.")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("r")
    expect(page.locator("#said")).to_have_text("'cold' does not mean 'cold'")
    expect(page.locator("#title")).to_have_text("cold")
    expect(page.locator(".contexts")).not_to_contain_text("a/3")
    assert len(labels(folder)) == 1


def test_naming_something_new_and_finding_what_is_there(page: Page, folder: Path) -> None:
    go_to(page, "it")
    page.keyboard.press("n")
    page.keyboard.type("a sore")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_have_text("'it' means something new, 'a sore'")
    go_to(page, "flu")
    page.keyboard.press("/")
    page.keyboard.type("vir")
    page.locator("#link-hits button").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("means 'viral disease'")
    assert len(labels(folder)) == 2


def test_merging_undoing_one_of_some_time_ago_and_looking_back(page: Page, folder: Path, address: str) -> None:
    page.goto(f"{address}/entity?name=cold")
    page.fill("#merge", "influ")
    page.locator("#merge-hits button").first.click()
    expect(page.locator("#said")).to_have_text("'cold' is 'flu'")
    expect(page.locator("#title")).to_have_text("flu")
    expect(page.locator(".names").first).to_contain_text("cold")
    for number in range(5):
        page.fill("#alias", f"name {number}")
        page.locator("#alias").press("Enter")
        expect(page.locator("#said")).to_have_text(f"'flu' is also called 'name {number}'")
    page.goto(f"{address}/history")
    expect(page.locator("tbody tr")).to_have_count(6)
    page.get_by_role("button", name="Undo: 'cold' is 'flu'").click()
    expect(page.locator("tbody tr.undone")).to_have_count(1)
    assert labels(folder) == [f"'flu' is also called 'name {number}'" for number in range(5)]
    page.goto(f"{address}/entity?name={EX}cold")
    expect(page.locator(".names").first).to_have_text("cold preferred")


def test_who_is_late_sees_what_was_decided_and_what_they_wanted(page: Page, folder: Path, address: str) -> None:
    page.goto(f"{address}/entity?name=flu")
    other = page.context.new_page()
    other.goto(f"{address}/entity?name=flu")
    other.fill("#relabel", "grippe")
    other.locator("#relabel").press("Enter")
    expect(other.locator("#title")).to_have_text("grippe")
    page.fill("#alias", "the bug")
    page.locator("#alias").press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Somebody was faster")
    expect(alert).to_contain_text("'flu' is called 'grippe' (ada)")
    expect(alert).to_contain_text("the bug")
    assert len(labels(folder)) == 1


def test_what_was_typed_stays_when_something_is_refused_or_something_else_done(page: Page, address: str) -> None:
    page.goto(f"{address}/entity?name=flu", wait_until="networkidle")
    page.fill("#why", "as in the book")
    page.fill("#relabel", "Grippe")
    page.fill("#alias", "influenza")
    page.locator("#alias").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("it is called 'influenza' already")
    expect(page.locator("#alias")).to_have_value("influenza")
    expect(page.locator("#why")).to_have_value("as in the book")
    page.fill("#alias", "the bug")
    page.locator("#alias").press("Enter")
    expect(page.locator("#said")).to_have_text("'flu' is also called 'the bug'")
    expect(page.locator("#alias")).to_have_value("")
    expect(page.locator("#why")).to_have_value("")
    expect(page.locator("#relabel")).to_have_value("Grippe")
    page.fill("#relation-middle", "treats")
    page.fill("#relation", "pai")
    page.locator("#relation-hits button").first.click()
    expect(page.locator("#said")).to_have_text("'flu' 'treats' 'pain'")
    expect(page.locator("#relation-middle")).to_have_value("")
    expect(page.locator("#relabel")).to_have_value("Grippe")


def test_an_entity_is_found_from_the_header_while_typed(page: Page, address: str) -> None:
    page.wait_for_load_state("networkidle")
    hit = page.locator("#search-hits a").first
    page.locator("#search").press_sequentially("vir")
    expect(hit).to_have_text("viral disease")
    page.keyboard.press("Escape")
    expect(page.locator("#search-hits li")).to_have_count(0)
    page.locator("#search").press_sequentially("viral")
    expect(hit).to_have_text("viral disease")
    page.locator("#who").focus()
    expect(page.locator("#search-hits li")).to_have_count(0)
    page.locator("#search").press_sequentially("x")
    page.keyboard.press("Tab")  # before there is an answer
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    expect(page.locator("#search-hits li")).to_have_count(0)
    page.fill("#search", "")
    page.locator("#search").press_sequentially("viral")
    expect(hit).to_have_text("viral disease")
    page.keyboard.press("Tab")
    expect(hit).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text("viral disease")


@pytest.mark.parametrize("path", ["/find?typed=flu", "/entity?name=flu", "/"])
def test_the_graph_is_loaded_again_where_one_is(page: Page, address: str, folder: Path, path: str) -> None:
    page.goto(address + path, wait_until="networkidle")
    heading = page.locator("h1").inner_text()
    with graph_folder(folder) as graph:
        graph.add([Quad(NamedNode(EX + "ague"), SKOS.prefLabel, Literal("ague"), graph.vocabulary)])
    page.goto(address + path, wait_until="networkidle")
    expect(page.locator(".changed")).to_contain_text("Another command has written this graph")
    if path.startswith("/entity"):
        page.fill("#alias", "the bug")
    page.get_by_role("button", name="Load it again").click()
    expect(page.locator(".changed")).to_have_count(0)
    expect(page.locator("h1")).to_have_text(heading)
    if path.startswith("/entity"):
        expect(page.locator("#alias")).to_have_value("the bug")


def test_one_kind_alone_stays_while_items_are_judged(page: Page) -> None:
    page.get_by_role("link", name="relations 2").click()
    expect(page.locator(".items li")).to_have_count(2)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("s")
    expect(page.locator("#said")).to_contain_text("unsure whether")
    expect(page.locator(".items li")).to_have_count(2)
    first = title(page)
    page.keyboard.press("j")
    expect(page.locator("#title")).not_to_have_text(first)
    expect(page.locator(".items li")).to_have_count(2)
    page.keyboard.press("k")
    expect(page.locator("#title")).to_have_text(first)


def test_a_second_opinion_is_blind_and_a_dispute_shows_both(page: Page, folder: Path, address: str) -> None:
    go_to(page, "cold")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("means 'cold'")
    page.context.add_cookies([{"name": "cdkd_who", "value": "bob", "url": address}])
    page.get_by_role("link", name="Second opinion").click()
    page.wait_for_url(f"{address}/again")
    expect(page.locator("#title")).to_have_text("cold")
    assert "ada" not in page.locator("main").inner_text()
    page.keyboard.press("r")
    expect(page.locator("#said")).to_contain_text("does not mean 'cold'")
    both = "ada and bob: 2 mentions, relations and rules judged by both, 0 % the same"
    expect(page.locator(".agreement")).to_contain_text(both)
    expect(page.locator(".agreement")).to_contain_text("In dispute")
    page.keyboard.press("a")
    expect(page.locator("#title")).to_have_count(0)


def test_a_name_is_asked_for_and_kept(page: Page, folder: Path) -> None:
    page.on("dialog", lambda dialog: dialog.accept("Zoë"))
    with page.expect_event("load"):
        page.locator("#who").click()
    expect(page.locator("#who")).to_have_text("You are Zoë")
    first = title(page)
    page.keyboard.press("a")
    expect(page.locator("#title")).not_to_have_text(first)
    page.reload()
    expect(page.locator("#who")).to_have_text("You are Zoë")
    assert [one.who for one in DecisionLog(folder).decisions()] == ["Zoë"]


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (820, 1180)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over_the_edge(page: Page, address: str, width: int, height: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": height})
    for path in ("/", "/find?typed=f", "/entity?name=flu", "/history", "/bought"):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("main").count() == page.locator("header").count() == 1
        assert page.locator("header nav a[aria-current=page]").count() == (not path.startswith("/entity"))


def test_every_control_has_a_name_and_the_keys_are_told(page: Page, address: str) -> None:
    for path in ("/", "/find", "/entity?name=flu", "/history", "/bought"):
        page.goto(address + path)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, input:not([type=hidden]), a")]
                .filter(one => !(one.labels?.length || one.textContent.trim() || one.getAttribute("aria-label")))
                .map(one => one.outerHTML)"""
        )
        assert nameless == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()


def test_without_the_token_there_is_only_the_way_in(page: Page, address: str) -> None:
    other = page.context.browser
    assert other is not None
    stranger = other.new_context().new_page()
    stranger.goto(f"{address}/start#token=wrong")
    expect(stranger.locator("#wait")).to_contain_text("cdkd curate serve")
    answer = stranger.goto(f"{address}/")
    assert answer is not None
    assert answer.status == 401
    stranger.context.close()


@pytest.mark.parametrize(
    "answer",
    [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=401, body="open the address", content_type="text/plain"),
        lambda route: route.fulfill(status=500, body="Internal Server Error", content_type="text/plain"),
        lambda route: route.fulfill(status=422, body="{}", content_type="application/problem+json"),
    ],
    ids=["no answer", "another token", "a failure", "a problem"],
)
def test_a_request_that_no_page_answers_is_said(
    chromium: Browser, address: str, answer: Callable[[Route], None]
) -> None:
    page = chromium.new_page()
    page.goto(f"{address}/start#token={TOKEN}")
    page.wait_for_url(f"{address}/")
    before = title(page)
    page.route("**/decide", answer)
    page.keyboard.press("s")
    expect(page.locator("#said")).to_contain_text("Is cdkd curate serve still running?")
    assert title(page) == before
    page.unroute("**/decide")
    page.keyboard.press("s")
    expect(page.locator("#title")).not_to_have_text(before)
    expect(page.locator("#said")).not_to_contain_text("still running")
    page.context.close()


def test_keys_are_told_with_the_pages_where_they_work(page: Page, address: str) -> None:
    page.goto(f"{address}/find")
    page.keyboard.press("?")
    told = page.get_by_role("dialog").inner_text()
    assert told.index("On Work and Second opinion") < told.index("undo your last decision")
    assert told.index("undo your last decision") < told.index("On every page") < told.index("find an entity")
