"""The report: structure, honesty, safety, and the same bytes every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cdkd_kg.evaluation.report import render_report
from cdkd_kg.evaluation.sections import run, scores
from cdkd_kg.evaluation.view import Paragraph

VOID = {"meta", "br", "img", "link", "input", "hr"}
HOSTILE = "<img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Every element with its attributes, the text inside it, and whether tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[tuple[str, list[str]]] = []
        self.closed: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append((tag, []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        opened, text = self.stack.pop()
        assert opened == tag
        self.closed.append((tag, "".join(text)))

    def handle_data(self, data: str) -> None:
        for _, text in self.stack:
            text.append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)

    def texts(self, tag: str) -> list[str]:
        return [" ".join(text.split()) for name, text in self.closed if name == tag]


@pytest.fixture(scope="module")
def html(_results: dict[str, Any]) -> str:
    return render_report(_results)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_page_is_whole_and_has_one_title(page: Page) -> None:
    assert page.stack == []
    assert page.count("h1") == page.count("title") - page.count("svg") == 1
    assert ("html", {"lang": "en"}) in page.elements


def test_the_first_paragraph_is_the_verdict(page: Page, results: dict[str, Any]) -> None:
    verdicts = [results["verdict"][task]["text"] for task in sorted(results["verdict"])]
    assert page.texts("p")[: len(verdicts)] == verdicts


def test_a_picture_of_the_scores_comes_before_the_first_table(html: str) -> None:
    assert 0 < html.index("<svg") < html.index("<table")


def test_every_figure_is_named_and_explained(page: Page) -> None:
    assert page.count("svg") == page.count("figure") == page.count("figcaption") >= 9
    assert all(attributes.get("role") == "img" for tag, attributes in page.elements if tag == "svg")
    titles = page.texts("title")
    assert all(titles)
    assert len(titles) == len(set(titles))


def test_every_table_has_a_caption_and_heads_with_scope(page: Page) -> None:
    assert page.count("table") == page.count("caption") > 12
    assert all(page.texts("caption"))
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.elements if tag == "th")


def test_nothing_is_fetched_and_nothing_is_run(page: Page, html: str) -> None:
    assert page.count("script") == page.count("link") == page.count("img") == page.count("iframe") == 0
    for _, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href"):
            assert str(attributes.get(name, "#")).startswith("#")
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_links_and_ids_agree(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {
        str(attributes["href"])[1:] for tag, attributes in page.elements if tag in ("a", "use") and "href" in attributes
    }
    assert links <= set(ids)


def test_the_page_is_small(html: str) -> None:
    assert len(html.encode()) < 500_000


def test_scores_have_one_decimal_a_unit_and_an_interval(page: Page, results: dict[str, Any]) -> None:
    score = results["students"]["topics"]["graph_teacher"]["bbc"]["scores"]["macro_f1"]
    cell = f"{100 * score['mean']:.1f} % {100 * score['low']:.1f} to {100 * score['high']:.1f}"
    assert cell in page.texts("td")


def test_a_domain_without_test_rows_says_so(page: Page) -> None:
    said = [text for text in page.texts("p") if text.startswith("newsgroups (target domain) has no labelled test rows")]
    assert said


def test_conditions_and_measures_are_explained(page: Page) -> None:
    terms = page.texts("dt")
    for term in ("no distillation", "text teacher", "graph teacher", "shuffled graph", "similar text"):
        assert terms.count(term) == 1
    assert {"Calibration error (ECE)", "Macro-F1", "Holm correction", "Interval", "Seed"} <= set(terms)
    assert {"Weight", "Expert", "RGCN", "Propagation", "Fused", "Triples", "Edge family", "Revision"} <= set(terms)
    assert any("predicted but absent counts through the precision of the others" in text for text in page.texts("p"))


def test_what_was_run_can_be_read(page: Page, results: dict[str, Any]) -> None:
    cells = page.texts("td")
    for value in (results["command"], results["git"], "0, 1, 2", "31.2 GiB", "2.10.0", "17.4 million"):
        assert value in cells
    assert results["graph"]["revision"] in " ".join(page.texts("p"))
    assert json.loads(page.texts("pre")[0]) == results["config"]


def test_teachers_say_how_much_of_them_is_graph(page: Page, results: dict[str, Any]) -> None:
    assert "Weight of each edge family in propagation" in page.texts("caption")
    assert {"similar", "mentions", "knowledge"} <= set(page.texts("th"))
    for experts in results["teachers"]["topics"]["experts"].values():
        experts["graph_teacher"]["propagation"] |= {
            "temperature": 20.0,
            "edge_families": {"knowledge": 0.0, "mentions": 0.0, "similar": 1.0},
        }
    changed = Page(render_report(results))
    assert any("no edge of the knowledge graph was used" in text for text in changed.texts("p"))
    assert not any("no edge of the knowledge graph was used" in text for text in page.texts("p"))
    assert any("at its bound" in text for text in changed.texts("td"))
    assert not any("at its bound" in text for text in page.texts("td"))


def test_the_graph_is_named_as_a_file(results: dict[str, Any]) -> None:
    results["graph"] |= {"file": "runs/cache/graph-1/graph.nq", "format": "N-Quads"}
    paragraphs = Page(render_report(results)).texts("p")
    assert any("runs/cache/graph-1/graph.nq, in N-Quads" in text for text in paragraphs)


def test_rows_left_out_on_purpose_are_shown_apart(page: Page) -> None:
    heads = page.texts("th")
    assert {"Set aside", "of these left out", "of these over the row limit"} <= set(heads)


def test_one_seed_is_owned_up_to(page: Page, results: dict[str, Any]) -> None:
    assert scores.ONE_SEED not in page.texts("p")
    results["seeds"] = [7]
    assert Paragraph(scores.ONE_SEED) in scores.at_a_glance(results).blocks


def test_warnings_are_linked_from_the_top_and_absent_without_any(page: Page, results: dict[str, Any]) -> None:
    assert ("a", {"href": "#warnings"}) in page.elements
    assert results["warnings"][0] in page.texts("li")
    results["warnings"] = []
    assert run.warnings(results) is None


def test_hostile_text_is_escaped_everywhere(results: dict[str, Any]) -> None:
    results["warnings"] = ["a\x00b\u202ec"]
    text = json.dumps(results)
    for word in ("bbc", "business", "cdkd run configs", "London", "news-topics", "newsgroups", "minilm-l6", "Some CPU"):
        text = text.replace(word, HOSTILE)
    html = render_report(json.loads(text))
    page = Page(html)
    assert page.count("img") == page.count("script") == 0
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror") > 20
    assert any("<img src=x" in text for text in page.texts("text"))
    assert "a\ufffdb\ufffdc" in page.texts("li")


def test_the_page_depends_on_no_hash_seed_and_on_no_order_in_the_file(
    html: str, results: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "results.json").write_text(json.dumps(results, sort_keys=True), encoding="utf-8")
    code = (
        "import json, pathlib, sys; from cdkd_kg.evaluation.report import render_report; "
        "folder = pathlib.Path(sys.argv[1]); "
        "(folder / 'report.html').write_text(render_report(json.loads((folder / 'results.json').read_text())), 'utf-8')"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html


def test_a_run_without_teachers_graph_picture_or_speeds_still_reports(results: dict[str, Any]) -> None:
    del results["students"]["disease groups"]
    results["students"]["topics"] = {"no_distillation": results["students"]["topics"]["no_distillation"]}
    results["comparisons"] = {"topics": {"bbc": []}}
    results["curves"], results["sizes"], results["teachers"] = {"topics": {}}, {"topics": {}}, {"topics": {}}
    results["graph"] = {"revision": "0" * 64, "triples": 0, "edges": {}, "picture": {"nodes": [], "edges": []}}
    paragraphs = Page(render_report(results)).texts("p")
    assert "There was no teacher in this run." in paragraphs
    assert "Sizes and speeds were not measured." in paragraphs


def test_no_test_rows_anywhere_still_reports(results: dict[str, Any]) -> None:
    for task, students in results["students"].items():
        results["students"][task] = {name: {domain: {"n": 0} for domain in found} for name, found in students.items()}
        results["comparisons"][task] = {domain: [] for domain in results["comparisons"][task]}
    paragraphs = Page(render_report(results)).texts("p")
    assert sum("has no labelled test rows" in text for text in paragraphs) >= 5
