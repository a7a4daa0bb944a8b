"""Figures: valid, escaped, small, named, the same every time, and in the page's colours."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from cdkd_kg.evaluation.network import graph_picture
from cdkd_kg.evaluation.plots import confusion_matrix, learning_curves, reliability_diagrams, score_intervals
from cdkd_kg.evaluation.svg import clean, short

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "$\\frac{",
    "a & b",
    "\x00\u202egnirts",
    "]]></svg><script>alert(1)</script>",
]


def parse(svg: str) -> Element:
    return fromstring(svg)  # noqa: S314


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in parse(svg).iter("text")]


def draw(results: dict[str, Any]) -> dict[str, str]:
    students = results["students"]["topics"]
    tables = {name: found["bbc"]["reliability"] for name, found in students.items()}
    return {
        "scores": score_intervals(students, {"bbc": "bbc", "ag_news": "AG News"}, "accuracy", "scores"),
        "confusion": confusion_matrix(students["graph_teacher"]["bbc"]["confusion"], "abcde", "confusion"),
        "reliability": reliability_diagrams(tables, "reliability"),
        "curves": learning_curves(results["curves"]["topics"], "curves"),
        "graph": graph_picture(results["graph"]["picture"], "graph"),
    }


@pytest.fixture(scope="module")
def figures(_results: dict[str, Any]) -> dict[str, str]:
    return draw(_results)


def test_every_figure_is_a_small_titled_image_in_the_colours_of_the_page(figures: dict[str, str]) -> None:
    for name, svg in figures.items():
        root = parse(svg)
        assert root.tag == "svg"
        assert (root.get("role"), root[0].tag, root[0].text) == ("img", "title", name)
        assert "var(--" in svg
        assert "#1b1f24" not in svg
        assert not {element.tag for element in root.iter()} & {"style", "script", "image", "metadata", "foreignObject"}
        assert len(svg) < 40_000


def test_figures_are_the_same_every_time(figures: dict[str, str], results: dict[str, Any]) -> None:
    assert draw(results) == figures


def test_ids_differ_between_figures_of_different_titles(figures: dict[str, str]) -> None:
    ids = [element.get("id") for svg in figures.values() for element in parse(svg).iter()]
    named = [name for name in ids if name]
    assert named
    assert len(named) == len(set(named))


def test_scores_are_written_beside_their_intervals(figures: dict[str, str], results: dict[str, Any]) -> None:
    score = results["students"]["topics"]["graph_teacher"]["bbc"]["scores"]["accuracy"]
    found = texts(figures["scores"])
    assert f"{100 * score['mean']:.1f} % ({100 * score['low']:.1f} to {100 * score['high']:.1f})" in " ".join(
        " ".join(text.split()) for text in found
    )
    assert "AG News" in found


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_stay_text(results: dict[str, Any], label: str) -> None:
    node = {"id": "urn:a", "label": label, "kind": label, "documents": 3}
    other = {"id": "urn:b", "label": "b", "kind": "k", "documents": 1}
    picture = {"nodes": [node, other], "edges": [{"source": "urn:a", "target": "urn:b", "label": label}]}
    students = results["students"]["topics"]
    for svg in (
        graph_picture(picture, label),
        confusion_matrix([[1, 1], [0, 2]], [label, "b"], label),
        score_intervals(students, {"bbc": label}, "accuracy", label),
    ):
        root = parse(svg)
        assert not {element.tag for element in root.iter()} & {"img", "script"}
        assert all(not name.startswith("on") for element in root.iter() for name in element.attrib)
        assert any(short(label, 12).rstrip("\N{HORIZONTAL ELLIPSIS}") in text for text in texts(svg))


def test_a_rare_script_draws_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    assert "\u4e16\u754c" in texts(confusion_matrix([[1, 0], [0, 1]], ["\u4e16\u754c", "b"], "t"))
    assert not [warning for warning in recwarn if issubclass(warning.category, UserWarning)]


def test_the_graph_picture_copes_with_little() -> None:
    alone = {"id": "urn:a", "label": "alone", "kind": "place", "documents": 0}
    assert "alone (0)" in texts(graph_picture({"nodes": [alone], "edges": []}, "one"))
    loops = [
        {"source": "urn:a", "target": "urn:a", "label": "x"},
        {"source": "urn:a", "target": "urn:gone", "label": "y"},
    ]
    assert "alone (0)" in texts(graph_picture({"nodes": [alone], "edges": loops}, "loop"))


def test_curves_of_one_logged_step_and_of_different_lengths_draw() -> None:
    short_run, long_run = [{"step": 10, "loss": 1.0}], [{"step": 10, "loss": 1.0}, {"step": 20, "loss": 0.5}]
    assert "students" in texts(learning_curves({"graph_teacher": {"0": short_run, "1": long_run}}, "t"))


def test_teachers_of_single_domains_are_drawn_beside_the_students_not_among_them() -> None:
    runs = {"0": [{"step": 10, "loss": 1.0}, {"step": 20, "loss": 0.5}]}
    svg = learning_curves({"graph_teacher": runs, "teacher news": runs, "teacher letters": runs}, "t")
    found = texts(svg)
    assert {"students", "text teachers", "graph teacher", "news", "letters"} <= set(found)
    assert "text teacher" in texts(learning_curves({"graph_teacher": runs, "teacher": runs}, "t"))


def test_cleaning_takes_what_xml_forbids_or_what_turns_the_reading_direction() -> None:
    assert clean("a\x00b\u202ec\ud800d\ufffee") == "a\ufffdb\ufffdc\ufffdd\ufffde"
    assert clean("two\nlines\tand a tab") == "two\nlines\tand a tab"
    assert short("one  two\nthree", 9) == "one two\N{HORIZONTAL ELLIPSIS}"
