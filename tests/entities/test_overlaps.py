"""Of overlapping spans the strongest stays."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.entities.overlaps import Found, without_overlaps

SPANS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 15), st.integers(0, 6), st.sampled_from(["A", "B"])).map(
        lambda value: Found(value[0], value[1], value[1] + value[2], value[3])
    ),
    max_size=25,
)


@given(SPANS, st.randoms(use_true_random=False))
def test_no_two_overlap_and_order_does_not_matter(spans: list[Found], random: object) -> None:
    kept = without_overlaps(spans)
    assert all(left.end <= right.start for left, right in pairwise(kept))
    assert set(kept) <= set(spans)
    random.shuffle(spans)  # type: ignore[attr-defined]
    assert without_overlaps(spans) == kept


@given(SPANS)
def test_what_is_left_out_overlaps_something_at_least_as_strong(spans: list[Found]) -> None:
    kept = without_overlaps(spans)
    for span in spans:
        if span.end > span.start and span not in kept:
            rivals = [other for other in kept if other.start < span.end and span.start < other.end]
            assert any((other.rank, other.start - other.end) <= (span.rank, span.start - span.end) for other in rivals)


def test_rank_then_length_then_place() -> None:
    term, entity, concept = Found(0, 2, 3, "T"), Found(1, 1, 4, "E"), Found(2, 4, 5, "C")
    assert without_overlaps([entity, concept, term]) == [term, concept]
    assert without_overlaps([Found(0, 0, 2, "T"), Found(0, 1, 4, "T")]) == [Found(0, 1, 4, "T")]
    assert without_overlaps([Found(0, 1, 3, "T"), Found(0, 0, 2, "T")]) == [Found(0, 0, 2, "T")]
    assert without_overlaps([]) == []
