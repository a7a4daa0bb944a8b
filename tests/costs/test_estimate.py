"""Lines through what was measured, and what they say of other sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.cli.plan import duration, size
from cdkd_kg.costs.calibration import Calibration, Point, Used
from cdkd_kg.costs.estimate import estimate, fitted, lines
from cdkd_kg.errors import ConfigError

SIZES = (100, 200, 400, 800)
coefficient = st.floats(0, 100)


def calibration(seconds, sizes=SIZES, labels=(40, 40, 40, 40), cells=8, share=0.5):
    """Return measurements of three stages, each of which takes what a function of documents and labels says."""
    points = tuple(
        Point(
            documents,
            labelled,
            {
                stage: Used(seconds(documents, labelled) * weight, 1000 + documents, 10 * documents)
                for stage, weight in (("corpus", 1), ("text_teacher", 2), ("student", 3))
            },
        )
        for documents, labelled in zip(sizes, labels, strict=True)
    )
    return Calibration("settings", {}, cells, share, points)


@given(fixed=coefficient, document=coefficient)
def test_a_line_is_found_again(fixed, document):
    points = [Point(one, 10, {}) for one in SIZES]
    line = fitted(points, [fixed + document * one for one in SIZES], labels=False)
    assert line.at(10_000, 10) == pytest.approx(fixed + document * 10_000, rel=1e-6, abs=1e-4)


@given(fixed=coefficient, document=coefficient, label=coefficient)
def test_labels_are_told_from_documents_where_both_were_varied(fixed, document, label):
    points = [Point(one, known, {}) for one, known in [*((one, 50) for one in SIZES), (800, 300)]]
    values = [fixed + document * one.documents + label * one.labelled for one in points]
    line = fitted(points, values, labels=True)
    assert line.at(8000, 300) == pytest.approx(fixed + document * 8000 + label * 300, rel=1e-3, abs=1e-3)


@given(values=st.lists(st.floats(0, 1e6), min_size=4, max_size=4), labels=st.booleans())
def test_nothing_is_cheaper_for_more(values, labels):
    line = fitted([Point(one, one // 10, {}) for one in SIZES], values, labels=labels)
    assert min(line.fixed, line.document, line.label) >= 0
    assert line.r2 <= 1


def test_what_is_no_line_has_an_r2_that_says_so():
    points = [Point(one, 10, {}) for one in SIZES]
    straight, bent = (fitted(points, [one**power for one in SIZES], labels=False).r2 for power in (1, 4))
    assert straight == pytest.approx(1)
    assert bent < 0.95


def test_stages_that_train_or_read_are_shared_by_machines_and_the_others_are_not():
    known = calibration(lambda documents, _: float(documents))
    one, four = (estimate(known, 8000, None, machines) for machines in (1, 4))
    ratios = {a.stage: a.seconds / b.seconds for a, b in zip(one.stages, four.stages, strict=True)}
    assert ratios == pytest.approx({"corpus": 1, "text_teacher": 4, "student": 4})
    assert [cost.memory for cost in one.stages] == [cost.memory for cost in four.stages]
    assert four.disk == pytest.approx(3 * 80_000)
    assert one.money(2.0, 1) == pytest.approx(2 * one.seconds / 3600)
    assert four.money(2.0, 4) == pytest.approx(8 * four.seconds / 3600)


def test_labels_are_as_many_as_the_budget_or_the_documents_allow():
    known = calibration(lambda documents, labelled: documents + labelled)
    assert estimate(known, 1000, None).labelled == 500
    assert estimate(known, 1000, 16).labelled == 128
    assert estimate(known, 100, 16).labelled == 50


def test_the_error_is_that_of_the_largest_run_told_from_smaller_ones():
    straight = estimate(calibration(lambda documents, _: 5.0 * documents), 800, None).errors
    assert straight == pytest.approx({"seconds": 0, "memory": 0, "disk": 0}, abs=1e-6)
    read_whole = calibration(lambda documents, _: 5.0 * documents)
    for point in read_whole.points:
        point.stages["corpus"] = Used(900.0, 1000, 8000)
    assert estimate(read_whole, 800, None).errors == pytest.approx(straight, abs=1e-6)
    bent = calibration(lambda documents, _: 1000.0 if documents == 800 else float(documents))
    assert estimate(bent, 800, None).errors == pytest.approx({"seconds": 0.2, "memory": 0, "disk": 0}, abs=1e-6)


def test_two_sizes_are_no_line_that_can_be_held_against_anything():
    with pytest.raises(ConfigError, match="3 sizes"):
        estimate(calibration(lambda *_: 1.0, (100, 200, 200), (5, 5, 10)), 1000, None)


def test_a_corpus_costs_what_reading_all_of_the_source_costs():
    flat = calibration(lambda *_: 8.0)
    costs = {one.stage: one.seconds for one in estimate(flat, 8000, None).stages}
    assert costs == pytest.approx({"corpus": 80, "text_teacher": 16, "student": 24})


def test_every_stage_has_three_lines():
    found = lines(calibration(lambda documents, _: float(documents)).points)
    assert {stage: set(about) for stage, about in found.items()} == {
        stage: {"seconds", "memory", "disk"} for stage in ("corpus", "text_teacher", "student")
    }


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0 s"), (119, "119 s"), (120, "2.0 min"), (7200, "2.0 h"), (200_000, "2.3 days")]
)
def test_time_in_the_unit_that_suits_it(seconds, told):
    assert duration(seconds) == told


@pytest.mark.parametrize(("count", "told"), [(2048, "2 KiB"), (1 << 20, "1.0 MiB"), (3 << 30, "3.0 GiB")])
def test_bytes_in_the_unit_that_suits_them(count, told):
    assert size(count) == told
