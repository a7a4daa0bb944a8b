from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.config import GraphConfig
from cdkd_kg.graph.edges import Edges
from cdkd_kg.graph.selection import linking, neighbourhood, tf_idf

MENTIONS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7), st.floats(0, 1)), max_size=40)
SKOS = "http://www.w3.org/2004/02/skos/core#"


@given(MENTIONS, st.randoms())
def test_weights_are_at_most_confidence_and_do_not_depend_on_the_order(
    mentions: list[tuple[int, int, float]], random: object
) -> None:
    def weigh(rows: list[tuple[int, int, float]]) -> dict[tuple[int, int], float]:
        columns = [np.array([row[place] for row in rows], dtype=kind) for place, kind in enumerate("qqd")]
        document, entity, weight = tf_idf(*columns, documents=6)
        assert list(zip(document, entity, strict=True)) == sorted({row[:2] for row in rows})
        return dict(zip(zip(document, entity, strict=True), weight, strict=True))

    weights = weigh(mentions)
    for (document, entity), weight in weights.items():
        sure = max(row[2] for row in mentions if row[:2] == (document, entity))
        assert 0 <= weight <= sure + 1e-9
    shuffled = list(mentions)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = weigh(shuffled)
    assert other.keys() == weights.keys()
    assert all(abs(other[pair] - weights[pair]) < 1e-12 for pair in weights)


def test_a_rarer_and_a_more_frequent_entity_weigh_more() -> None:
    document, entity = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 2])
    weights = tf_idf(document, entity, np.ones(5), 10)[2]
    assert weights[0] > weights[1], "mentioned twice, and in fewer documents"
    assert weights[3] > weights[2], "in fewer documents"


def test_bounds_are_inclusive() -> None:
    config = GraphConfig(min_documents=2, max_document_share=0.5)
    assert linking(np.array([0, 1, 2, 5, 6]), 10, config).tolist() == [False, False, True, True, False]


def test_hierarchies_are_climbed_and_symmetric_relations_crossed() -> None:
    kinds = (*(SKOS + name for name in ("broader", "exactMatch", "note")), "http://purl.org/dc/terms/subject")
    #          0 -> 1 up, 1 belongs to the field 2, 3 = 0, 4 below 0, 5 in a note of 0
    knowledge = Edges(
        np.array([0, 1, 0, 4, 0]), np.array([1, 2, 3, 0, 5]), np.array([0, 3, 1, 0, 2]), kinds, np.ones(5)
    )
    start = np.arange(6) == 0
    assert np.flatnonzero(neighbourhood(start, knowledge, 0)).tolist() == [0]
    assert np.flatnonzero(neighbourhood(start, knowledge, 1)).tolist() == [0, 1, 3]
    assert np.flatnonzero(neighbourhood(start, knowledge, 2)).tolist() == [0, 1, 2, 3]
    assert np.flatnonzero(neighbourhood(np.arange(6) == 3, knowledge, 1)).tolist() == [0, 3], "the other way too"
