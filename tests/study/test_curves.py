"""Gains against label budget, edges dropped and entity coverage, and the figure that shows them."""

import pytest

from cdkd_kg.study.config import StudyConfig
from cdkd_kg.study.curves import budget_curves, coverage_curves, dropped_curves, places_of
from cdkd_kg.study.plots import gains
from tests.study.corpus import study
from tests.study.hand import place, scored, shares

PLACES = [(direction, budget) for direction in ("there", "back") for budget in ("2", "all")]


@pytest.fixture(scope="module")
def config():
    return StudyConfig.model_validate(study())


@pytest.fixture(scope="module")
def entries():
    return [
        scored(
            place(*at),
            shares(
                graph_teacher=0.9 if at[1] == "2" else 0.7,
                no_distillation=0.5,
                text_teacher=0.5,
                dropped_25=0.8,
                dropped_50=0.6,
            ),
        )
        for at in PLACES
    ]


def test_a_curve_has_the_mean_over_pairs_at_each_budget(config, entries):
    (curve,) = budget_curves(config, entries)
    assert (curve["a"], curve["b"], curve["name"]) == ("graph_teacher", "no_distillation", "no_distillation")
    assert [(point["at"], point["pairs"]) for point in curve["points"]] == [("2", 2), ("all", 2)]
    assert [point["difference"] for point in curve["points"]] == pytest.approx([0.4, 0.2])


def test_budgets_stand_by_size_whichever_curve_comes_first():
    curves = [{"points": [{"at": "16"}]}, {"points": [{"at": "4"}, {"at": "all"}]}]
    assert places_of(curves) == ["4", "16", "all"]
    assert places_of([{"points": [{"at": "without"}, {"at": "with"}]}]) == ["without", "with"]


def test_a_study_without_budgets_has_no_such_curve(entries):
    values = study(vary={"direction": study()["vary"]["direction"]}, questions=study()["questions"][:1])
    assert budget_curves(StudyConfig.model_validate(values), entries) == []


def test_dropped_edges_stand_in_order_beside_the_whole_graph(config, entries):
    few, many = dropped_curves(config, entries)
    assert (few["name"], many["name"]) == ("2", "all")
    assert [point["at"] for point in few["points"]] == ["0", "25", "50"]
    assert [point["difference"] for point in few["points"]] == pytest.approx([0.4, 0.3, 0.1])
    assert [point["difference"] for point in many["points"]] == pytest.approx([0.2, 0.3, 0.1])


def test_without_dropped_edges_there_is_no_such_curve(config):
    entries = [scored(place(*at), shares(graph_teacher=0.9, text_teacher=0.5)) for at in PLACES]
    assert dropped_curves(config, entries) == []


def test_gains_are_split_by_linked_entities(config):
    parts = [
        ("without", [scored(place(), shares(graph_teacher=0.6, no_distillation=0.5))]),
        ("with", [scored(place(), shares(graph_teacher=0.9, no_distillation=0.5))]),
    ]
    (curve,) = coverage_curves(config, parts)
    assert [point["difference"] for point in curve["points"]] == pytest.approx([0.1, 0.4])
    assert coverage_curves(config, []) == []


def test_the_figure_names_its_lines_and_places_and_escapes_its_title(config, entries):
    svg = gains(dropped_curves(config, entries), "edges dropped, %", "<b>&")
    assert svg.startswith("<svg")
    for text in ("25", "50", "edges dropped, %", "gain, points", "&lt;b&gt;&amp;", ">2<", ">all<"):
        assert text in svg
