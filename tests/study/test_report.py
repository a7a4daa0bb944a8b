"""The page of a study says what the results say, and nothing in it is taken for markup."""

import copy

import pytest

from cdkd_kg.evaluation.table import as_markdown
from cdkd_kg.study.config import StudyConfig
from cdkd_kg.study.curves import budget_curves, dropped_curves
from cdkd_kg.study.questions import answer
from cdkd_kg.study.report import render_study
from cdkd_kg.study.results import score_of
from cdkd_kg.study.tables import markdown_tables, of_scores
from tests.evaluation.test_report import HOSTILE, Page
from tests.study.corpus import study
from tests.study.hand import place, scored, shares

PLACES = [(direction, budget) for direction in ("there", "back") for budget in ("2", "all")]
RIGHT = {"graph_teacher": 0.9, "no_distillation": 0.5, "text_teacher": 0.6, "dropped_50": 0.7}


@pytest.fixture(scope="module")
def results():
    config = StudyConfig.model_validate(study())
    entries = [scored(place(*at), shares(**RIGHT)) for at in PLACES]
    return {
        "name": "small",
        "seeds": [0, 1],
        "cases": [
            {"name": entry.place.case, "choices": dict(entry.place.choices), "report": "x/report.html"}
            for entry in entries
        ],
        "whole": True,
        "scores": [score_of(entry) for entry in entries],
        "questions": answer(config.questions, entries),
        "curves": {
            "budget": budget_curves(config, entries),
            "dropped": dropped_curves(config, entries),
            "coverage": [],
        },
        "warnings": [],
        "work": {"student": {"jobs": 8, "seconds": 61.0}},
        "git": "abc",
        "config": config.model_dump(mode="json"),
        "base": {},
        "created": "2026-11-26T05:00:00+00:00",
        "command": "cdkd study x",
        "versions": {"python": "3"},
        "machine": {"processor": "p", "cores": 2, "memory_gib": 4.0, "device": "cpu"},
    }


def test_the_verdict_comes_first_and_every_question_has_a_table(results):
    page = Page(render_study(results))
    assert page.stack == []
    assert page.texts("p")[0] == "2 of 2 questions are met."
    captions = page.texts("caption")
    assert captions[0] == "The questions"
    assert (
        sum(caption.startswith("Met: graph teacher against no distillation, +40.0 points") for caption in captions) == 2
    )
    assert page.count("svg") == 2
    assert any("were not counted" in text for text in page.texts("p"))
    assert any("fewer than 5 domain pairs" in text for text in page.texts("p"))


def test_one_seed_is_told(results):
    told = [text for text in Page(render_study(results | {"seeds": [0]})).texts("p") if "Only one seed was run" in text]
    assert len(told) == 1


def test_a_slice_says_that_it_is_one(results):
    assert "This is a part of the study" in Page(render_study(results | {"whole": False})).texts("p")[0]


def test_names_are_escaped(results):
    changed = copy.deepcopy(results)
    changed["name"] = HOSTILE
    changed["warnings"] = [HOSTILE]
    for found in changed["questions"]:
        found["name"] = HOSTILE
        for row in found["rows"]:
            row["domain"] = HOSTILE
            row["choices"] = {HOSTILE: HOSTILE}
    for curves in changed["curves"].values():
        for curve in curves:
            curve["name"] = HOSTILE
            for point in curve["points"]:
                point["at"] = HOSTILE + point["at"]
    html = render_study(changed)
    page = Page(html)
    assert page.count("img") == 0
    assert "<img" not in html
    assert any(HOSTILE in text for text in page.texts("h3"))
    assert "<img" not in markdown_tables(changed).replace("\\<", "")


def test_a_question_that_nothing_was_run_for_is_told(results):
    changed = copy.deepcopy(results)
    changed["questions"][1] |= {"rows": [], "mean": None, "verdict": "cannot be said"}
    page = Page(render_study(changed))
    assert page.texts("p")[0] == "1 of 2 questions is met."
    assert any(text.startswith("Cannot be said") for text in page.texts("p"))
    assert "Cannot be said" in markdown_tables(changed)


def test_markdown_has_the_overview_and_a_table_a_question(results):
    text = markdown_tables(results)
    assert text.startswith("| Question | Gain, points | p, corrected |")
    assert text.count("\n### ") == 2 + sum(map(bool, results["curves"].values()))
    assert "### Gain against label budget\n\nGain against label budget: the student of graph teacher over each" in text
    assert "| there | 2 | letters | 40 | 90.0 % | 50.0 % | +40.0 (" in text
    assert "| mean over 2 domain pairs |" in text


def test_a_table_has_the_score_of_every_student(results):
    table = of_scores(results)
    assert table.caption == "Students: accuracy, mean over 2 seeds"
    assert [row[:2] for row in table.rows] == [list(at) for at in PLACES]
    assert dict(zip(table.columns, table.rows[0], strict=True))["text teacher"] == "60.0 %"
    assert as_markdown(table) in markdown_tables(results)
