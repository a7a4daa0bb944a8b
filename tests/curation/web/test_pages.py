"""The pages where something goes wrong: always an answer, and always what it is now."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, Quad, Triple
from starlette.testclient import TestClient

from cdkd_kg.curation.web.board import Board
from cdkd_kg.graph.breaches import BREACHES, Breach, keep_breaches
from cdkd_kg.graph.decisions.decision import Draft
from cdkd_kg.graph.decisions.log import DecisionLog
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.namespaces import SKOS
from tests.curation.web.server import TOKEN, served
from tests.graph.helpers import EX


@pytest.fixture
def real(folder: Path) -> Iterator[httpx.Client]:
    """A real server, since one without a socket answers before it hangs."""
    with served(folder) as address, httpx.Client(base_url=address, timeout=10) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client


def decide(client: httpx.Client, seen: int, *words: str, **more: str) -> httpx.Response:
    verb, *rest = words
    return client.post("/decide", data={"verb": verb, "words": rest} | more, headers={"If-Match": f'"{seen}"'})


def test_the_page_of_what_is_gone_is_answered_with_why(real: httpx.Client) -> None:
    item = next(one["id"] for one in real.get("/api/items").json()["items"] if one["title"] == "it")
    assert "a sore" in decide(real, 0, "create", item, "a sore").text
    made = real.get("/api/entities", params={"typed": "a sore"}).json()[0]["iri"]
    assert real.post("/api/undo", json={"decision": "1"}, headers={"If-Match": '"1"'}).status_code == 201
    answer = decide(real, 1, "add-alias", made, "ulcer", page="entity", shown=made)
    assert answer.status_code in (404, 412)
    assert 'role="alert"' in answer.text


def test_what_was_decided_is_said_though_the_page_cannot_be_shown(real: httpx.Client, folder: Path) -> None:
    answer = decide(real, 0, "add-alias", "flu", "the bug", page="entity", shown="nobody")
    assert answer.status_code == 200
    assert "&#39;flu&#39; is also called &#39;the bug&#39;" in answer.text
    assert DecisionLog(folder).last() == 1


def test_a_log_that_cannot_be_read_is_said_on_the_page(real: httpx.Client, folder: Path) -> None:
    DecisionLog(folder).file.write_bytes(b"no database")
    for answer in (real.get("/"), decide(real, 0, "add-alias", "flu", "the bug"), real.post("/export")):
        assert answer.status_code == 422
        assert "the log of decisions cannot be read" in answer.text


def test_what_is_chosen_from_a_list_claims_no_more_than_its_page_has_seen(browser: TestClient) -> None:
    def numbers(text: str) -> set[str]:
        return {*re.findall(r'If-Match": "\\"(\d+)', text), *re.findall(r"seen=(\d+)", text)}

    page = browser.get("/entity?name=flu").text
    assert numbers(page) == {"0"}
    address = html.unescape(re.findall(r'hx-get="(/hits\?verb=merge[^"]*)"', page)[0])
    browser.cookies["cdkd_who"] = "bob"
    assert decide(browser, 0, "relabel", "flu", "grippe").status_code == 200
    browser.cookies["cdkd_who"] = "ada"
    hits = browser.get(f"{address}&typed=cold").text
    assert "cold" in hits
    assert numbers(hits) == {"0"}
    iri = html.unescape(re.findall(r'name="words" value="([^"]*)"', hits)[-1])
    assert decide(browser, 0, "merge", "grippe", iri).status_code == 412


@pytest.mark.parametrize("path", ["/entity?name=flu", "/history"])
def test_a_page_claims_no_more_than_it_shows(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch, folder: Path, path: str
) -> None:
    decide(browser, 0, "add-alias", "cold", "a cold")
    read = {name: getattr(Board, name) for name in ("entity", "entries")}

    def then_bob_decides(name: str) -> Callable[..., Any]:
        def answer(board: Board, *words: str) -> Any:
            found = read[name](board, *words)
            DecisionLog(folder).append(Draft("relabel", "of bob", ("urn:x",)), "bob")
            return found

        return answer

    for name in read:
        monkeypatch.setattr(Board, name, then_bob_decides(name))
    page = browser.get(path).text
    assert "of bob" not in page
    assert set(re.findall(r'If-Match": "\\"(\d+)', page)) == {"1"}


def items(client: httpx.Client) -> dict[str, str]:
    return {one["title"]: one["id"] for one in client.get("/api/items").json()["items"]}


@pytest.mark.parametrize("page", ["work", "again"])
def test_who_is_late_sees_the_same_item_and_what_they_wanted_in_words(browser: TestClient, page: str) -> None:
    it = items(browser)["it"]
    browser.cookies["cdkd_who"] = "bob"
    assert decide(browser, 0, "link", it, "gout").status_code == 200
    browser.cookies["cdkd_who"] = "ada"
    late = decide(browser, 0, "unsure", it, why="<who knows>", page=page, shown=it)
    assert late.status_code == 412
    assert f'data-item="{it}_again"' in late.text
    wanted = html.unescape(re.findall("You wanted:</b> (.*?)</p>", late.text)[0])
    assert it not in wanted
    assert wanted == "unsure what 'it' means: <who knows>"


def test_an_item_that_is_gone_gives_way_to_the_next(browser: TestClient) -> None:
    found = items(browser)
    assert decide(browser, 0, "link", found["it"], "gout").status_code == 200
    gone = decide(browser, 1, "unsure", found["it"], shown=found["it"])
    assert gone.status_code == 404
    assert "data-item=" in gone.text


@pytest.mark.parametrize("page", ["/", "/again", "/entity?name=flu"])
def test_every_form_says_what_its_page_shows(browser: TestClient, page: str) -> None:
    it = items(browser)["it"]
    browser.cookies["cdkd_who"] = "bob"
    decide(browser, 0, "link", it, "gout")
    browser.cookies["cdkd_who"] = "ada"
    text = browser.get(page).text
    shown = re.findall('data-item="([^"]*)"', text) or [EX + "flu"]
    assert set(re.findall('name="shown" value="([^"]*)"', text)) == set(shown)


def test_what_is_in_dispute_comes_first_relations_too(browser: TestClient) -> None:
    found = items(browser)
    relation = next(name for title, name in found.items() if "→" in title)
    browser.cookies["cdkd_who"] = "bob"
    for number, name in enumerate((found["it"], found["cold"], relation)):
        verb = ["link", name, "gout"] if name == found["it"] else ["accept", name]
        assert decide(browser, number, *verb).status_code == 200
    browser.cookies["cdkd_who"] = "ada"
    assert decide(browser, 3, "reject", relation).status_code == 200
    page = html.unescape(browser.get("/again").text)
    assert re.findall(r'href="/again\?item=(\w+)"', page)[0] == f"{relation}_again"
    assert page.index("In dispute</h2>") < page.index(f"item={relation}_again") < page.index("Judged by others</h2>")
    assert f'data-item="{relation}_again"' in page
    assert re.search(r"settles it\. .*bob: .*; ada: ", page)


def test_what_was_undone_does_not_count_as_decided(browser: TestClient) -> None:
    decide(browser, 0, "add-alias", "flu", "the bug")
    assert "; 1 decided" in browser.get("/").text
    browser.post("/undo", data={"page": "work"}, headers={"If-Match": '"1"'})
    assert "; 0 decided" in browser.get("/").text


def get(client: TestClient, path: str, status: int = 200) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    return html.unescape(answer.text)


def listed(text: str) -> list[str]:
    return [" ".join(one.split()) for one in re.findall(r"<span>([^<]*)</span> <small>[^<]*</small></a></li>", text)]


def test_one_kind_alone_is_listed_and_stays_so_after_a_decision(browser: TestClient) -> None:
    text = get(browser, "/?kind=relation")
    assert set(listed(text)) == {"ANN — has → cold", "ANN — has → flu"}
    assert re.search(r'href="/\?kind=mention"[^>]*>names 4</a>', text)
    item = re.findall('data-item="([^"]*)"', text)[0]
    browser.headers["HX-Current-URL"] = f"{browser.base_url}/?kind=relation"
    after = html.unescape(decide(browser, 0, "accept", item, page="work", shown=item).text)
    assert len(listed(after)) == 1
    assert "→" in listed(after)[0]
    assert len(listed(get(browser, "/?kind=nonsense&rows=x"))) == 1  # the page that is changed says which


def test_where_one_kind_is_done_the_others_are_a_step_away(browser: TestClient) -> None:
    text = get(browser, "/?kind=breach")
    assert "Nothing of this kind is left" in text
    assert re.search(r'href="/"[^>]*>all</a>', text.split("Show only")[1])


def test_more_rows_can_be_shown(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdkd_kg.curation.web.lists.LISTED", 2)
    text = get(browser, "/")
    assert len(listed(text)) == 2
    further = html.unescape(re.findall('href="([^"]*)">2 are shown; show more', text)[0])
    assert further == "/?rows=4"
    assert len(listed(get(browser, further))) == 4
    assert "show more" not in get(browser, "/?rows=6")
    for rows in ("-1", "0", "1e9", "99999999999999999999", "٣"):
        assert len(listed(get(browser, f"/?rows={rows}"))) == 2


def test_after_one_document_of_an_item_its_rest_is_shown_and_then_the_next(browser: TestClient) -> None:
    cold = items(browser)["cold"]
    alone = get(browser, f"/?item={cold}@a/2")
    assert f'href="/?item={cold}">Look at all that are alike' in alone
    assert "1 mention in 1 document." in alone
    rest = decide(browser, 0, "reject", f"{cold}@a/2", page="work", shown=f"{cold}@a/2").text
    assert f'data-item="{cold}"' in rest
    last = decide(browser, 1, "reject", f"{cold}@a/3", page="work", shown=f"{cold}@a/3")
    assert last.status_code == 200
    assert f'data-item="{cold}"' not in last.text
    assert "'cold' was judged" in get(browser, f"/?item={cold}", 404)


def test_what_other_commands_changed_is_said_and_loaded_when_asked(browser: TestClient, folder: Path) -> None:
    assert "Another command" not in get(browser, "/")
    assert browser.get("/api/items").json()["changed"] is False
    with graph_folder(folder) as graph:
        keep_breaches(folder, [Breach("Violation", EX + "flu", "", "", "no such thing")], ())
        graph.add([Quad(NamedNode(EX + "ague"), SKOS.prefLabel, Literal("ague"), graph.vocabulary)])
    for path in ("/", "/history", "/entity?name=flu", "/find?typed=ague"):
        assert "Another command" in get(browser, path)
    assert browser.get("/api/items").json()["changed"] is True
    assert browser.get("/api/entities", params={"typed": "ague"}).json() == []
    loaded = html.unescape(browser.post("/load", headers={"HX-Current-URL": f"{browser.base_url}/?kind=breach"}).text)
    assert listed(loaded) == ["flu: no such thing"]
    assert "The graph was loaded again" in loaded
    assert "Another command" not in get(browser, "/")
    assert [one["preferred"] for one in browser.get("/api/entities", params={"typed": "ague"}).json()] == ["ague"]


def test_a_page_that_is_not_there_is_told_as_a_page_and_to_programs_as_a_problem(
    browser: TestClient, program: TestClient
) -> None:
    assert "There is no such page." in get(browser, "/nosuch", 404)
    assert "seen: Field required" in get(browser, "/hits?verb=merge&words=x", 422)
    for path in ("/nosuch", "/api/nosuch"):
        answer = program.get(path, headers={"Accept": "*/*"})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_where_nothing_can_be_undone_that_is_said(browser: TestClient) -> None:
    answer = browser.post("/undo", data={"page": "work"}, headers={"If-Match": '"0"'})
    assert "There is no decision of yours to undo." in answer.text


def test_what_is_nearly_called_so_is_offered(browser: TestClient) -> None:
    text = get(browser, "/find?typed=influensa")
    assert "Did you mean" in text
    assert "influenza" in text
    assert "Did you mean" in get(browser, "/hits?verb=merge&words=x&seen=0&typed=influensa")
    assert "Did you mean" not in get(browser, "/find?typed=influ")
    assert "Nothing is called so." in get(browser, "/find?typed=zzzz")


def test_an_entity_that_was_replaced_leads_on(browser: TestClient) -> None:
    decide(browser, 0, "deprecate", "cold", "flu")
    text = get(browser, f"/entity?name={EX}cold")
    assert "It is not used any more. What is used instead:" in text
    assert f'href="/entity?name={EX.replace(":", "%3A")}flu"' in text
    assert 'name="verb"' not in text
    assert "not used any more" not in get(browser, "/entity?name=flu")
    decide(browser, 1, "deprecate", "gout")
    assert "What is used instead" not in get(browser, f"/entity?name={EX}gout")


def test_relations_are_offered_and_taken_by_the_names_that_are_shown(browser: TestClient) -> None:
    page = get(browser, "/entity?name=flu")
    assert {"treats", "broader", "related", "has"} <= set(re.findall('<option value="([^"]*)">', page))
    assert decide(browser, 0, "add-relation", "gout", "Treats", "pain").status_code == 200
    said = browser.get("/api/decisions").json()[0]
    assert f"<{EX}treats>" in said["accepts"][0]
    item = next(one for title, one in items(browser).items() if "→ flu" in title)
    assert 'value="has"' in get(browser, f"/?item={item}")


def test_a_dispute_about_a_rule_is_listed(browser: TestClient, folder: Path) -> None:
    keep_breaches(folder, [Breach("Warning", EX + "flu", "", "", "it has no use")], ())
    browser.post("/load")
    item = items(browser)["flu: it has no use"]
    browser.cookies["cdkd_who"] = "bob"
    assert decide(browser, 0, "accept", item).status_code == 200
    browser.cookies["cdkd_who"] = "ada"
    assert listed(get(browser, "/again")) == ["flu: it has no use"]


def test_a_name_that_is_none_is_refused_on_pages_too(browser: TestClient) -> None:
    answer = browser.get("/", headers={"X-CDKD-Curator": "%07"})
    assert answer.status_code == 422
    assert "this is no name" in answer.text


def meaning(client: TestClient, anchor: str, document: str) -> str:
    """Return what the decisions so far say that a mention means."""
    accepted = [one for decided in client.get("/api/decisions").json() for one in decided["accepts"]]
    links = [one for one in accepted if "taIdentRef" in one and document in one]
    return links[-1].split("<")[-1].rstrip(">") if links else ""


def test_a_second_opinion_is_about_what_was_judged_and_not_about_the_open_rest(browser: TestClient) -> None:
    cold = items(browser)["cold"]
    assert decide(browser, 0, "accept", f"{cold}@a/2").status_code == 200
    browser.cookies["cdkd_who"] = "bob"
    page = get(browser, "/again")
    shown = re.findall('data-item="([^"]*)"', page)[0]
    assert "ANN has a" in page
    assert "see Flu" not in page
    answer = decide(browser, 1, "reject", shown, page="again", shown=shown)
    assert answer.status_code == 200
    judged = browser.get("/api/decisions").json()[-1]["about"]
    assert len(judged) == 1
    assert "a%2F2" in judged[0]
    assert browser.get(f"/api/items/{cold}").json()["mentions"] == 1  # that of a/3 is open as before


def test_one_document_of_a_second_opinion_can_be_judged_alone(browser: TestClient) -> None:
    decide(browser, 0, "accept", items(browser)["cold"])
    browser.cookies["cdkd_who"] = "bob"
    again = re.findall('data-item="([^"]*)"', get(browser, "/again"))[0]
    rest = decide(browser, 1, "reject", f"{again}@a/2", page="again", shown=f"{again}@a/2")
    assert rest.status_code == 200
    assert f'data-item="{again}"' in rest.text
    assert len(browser.get("/api/decisions").json()[-1]["about"]) == 1


def test_an_entity_whose_iri_is_no_address_has_a_page(browser: TestClient, folder: Path) -> None:
    odd = NamedNode("http://ex\u2100.com/a")
    with graph_folder(folder) as graph:
        graph.add([Quad(odd, SKOS.prefLabel, Literal("odd"), graph.vocabulary)])
    browser.post("/load")
    assert odd.value in get(browser, "/entity?name=odd")


def test_looking_at_a_graph_is_no_change_of_it(browser: TestClient, folder: Path) -> None:
    decide(browser, 0, "add-alias", "flu", "the bug")
    with graph_folder(folder) as graph:
        graph.add([Quad(NamedNode(EX + "flu"), SKOS.prefLabel, Literal("flu", language="en"), graph.vocabulary)])
    keep_breaches(folder, [], ["of a decision"])
    assert browser.get("/api/items").json()["changed"] is False
    (folder / BREACHES).write_text("{", "utf-8")
    assert "Another command" in get(browser, "/")
    assert "breaches.json" in html.unescape(browser.post("/load").text)


def test_loading_again_stays_on_the_page(browser: TestClient) -> None:
    flu = EX + "flu"
    assert '<h1 id="title" tabindex="-1">flu</h1>' in browser.post("/load", data={"page": "entity", "shown": flu}).text
    it = items(browser)["it"]
    assert f'data-item="{it}"' in browser.post("/load", data={"page": "work", "shown": it}).text
    assert browser.post("/load", data={"page": "find"}).headers["HX-Refresh"] == "true"


def test_what_was_wanted_is_told_where_its_field_is_gone(browser: TestClient) -> None:
    it = items(browser)["it"]
    decide(browser, 0, "link", it, "gout")
    late = html.unescape(decide(browser, 1, "create", it, "a sore", page="work", shown=it, why="it hurts").text)
    assert "'it' was judged" in late
    assert "You wanted:</b> a sore: it hurts" in late
    late = html.unescape(decide(browser, 1, "accept", it, page="work", shown=it, why="I am sure").text)
    assert "You wanted:</b> accept: I am sure" in late
    assert "You wanted" not in decide(browser, 1, "accept", it, page="work", shown=it).text


def test_a_relation_needs_a_name_before_it_needs_an_end(browser: TestClient) -> None:
    assert (
        get(browser, "/hits?verb=add-relation&words=x&seen=0&typed=pain&middle=+") == "Say first which relation it is."
    )
    assert "pain" in get(browser, "/hits?verb=add-relation&words=x&seen=0&typed=pain&middle=eases")
    assert get(browser, "/hits?verb=add-relation&words=x&seen=0&typed=+&middle=eases") == ""


def test_documents_and_relations_follow_what_is_decided(browser: TestClient, folder: Path) -> None:
    assert browser.get("/api/entity", params={"name": "flu"}).json()["documents"] == 2
    decide(browser, 0, "merge", "cold", "flu")
    assert browser.get("/api/entity", params={"name": "flu"}).json()["documents"] == 3
    decide(browser, 1, "add-relation", "gout", "comes with", "pain")
    assert '<option value="comes with">' in get(browser, "/entity?name=flu")
    treats = NamedNode(EX + "treats")
    name = Triple(treats, SKOS.prefLabel, Literal("helps against"))
    DecisionLog(folder).append(Draft("import", "a name", (), (name,)), "eve")
    assert '<option value="helps against">' in get(browser, "/entity?name=flu")
    browser.post("/undo", data={"decision": "2", "page": "history"}, headers={"If-Match": '"3"'})
    assert "comes with" not in get(browser, "/entity?name=flu")
    decide(browser, 4, "relabel", treats.value, "eases")
    page = get(browser, "/entity?name=flu")
    assert '<option value="eases">' in page
    assert "helps against" not in page
