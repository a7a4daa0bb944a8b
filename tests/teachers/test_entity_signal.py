"""Linked mentions and the vectors of their entities, as a student finds them."""

from __future__ import annotations

import numpy as np
import pytest

from cdkd_kg.errors import ArtifactError
from cdkd_kg.teachers.entity_signal import TENSORS, EntitySignal, shown

IDS = ["d/1", "d/2", "d/3"]
VECTORS = {"urn:b": np.array([0.0, 1.0]), "urn:a": np.array([1.0, 0.0]), "urn:unused": np.array([5.0, 5.0])}
MENTIONS = [
    ("d/3", 4, 9, "urn:a"),
    ("d/1", 6, 8, "urn:b"),
    ("d/1", 0, 5, "urn:a"),
    ("d/9", 0, 1, "urn:a"),
    ("d/2", 0, 1, "urn:no"),
]


def test_mentions_of_known_documents_and_entities_are_kept_whatever_their_order():
    signal, other = EntitySignal.of(IDS, MENTIONS, VECTORS), EntitySignal.of(IDS, MENTIONS[::-1], VECTORS)
    assert [signal.of_document(row) for row in range(3)] == [[(0, 5, 0), (6, 8, 1)], [], [(4, 9, 0)]]
    assert signal.vectors.tolist() == [[1, 0], [0, 1]]
    assert all(np.array_equal(one, two) for one, two in zip(vars(signal).values(), vars(other).values(), strict=True))


def test_it_survives_a_file_and_tells_a_broken_one(tmp_path):
    signal = EntitySignal.of(IDS, MENTIONS, VECTORS)
    signal.save(tmp_path)
    loaded = EntitySignal.load(tmp_path)
    assert all(np.array_equal(one, two) for one, two in zip(vars(signal).values(), vars(loaded).values(), strict=True))
    (tmp_path / TENSORS).write_bytes(b"broken")
    with pytest.raises(ArtifactError, match="cannot be read"):
        EntitySignal.load(tmp_path)


def test_without_a_mention_it_is_empty():
    signal = EntitySignal.of(IDS, [], VECTORS)
    assert signal.of_document(0) == []
    assert signal.vectors.shape == (0, 2)


def test_a_control_keeps_what_it_has_loses_what_it_dropped_and_is_told_wrong_what_it_shuffled():
    true = {("d", "a"), ("d", "b"), ("e", "a")}
    assert shown(true, true) == {tie: tie[1] for tie in true}
    assert shown(true, {("d", "a")}) == {("d", "a"): "a"}
    assert shown(true, {("d", "a"), ("d", "x"), ("e", "y")}) == {("d", "a"): "a", ("d", "b"): "x", ("e", "a"): "y"}
    assert shown(true, set()) == {}


def test_vectors_beyond_half_precision_stay_finite():
    signal = EntitySignal.of(IDS, MENTIONS, VECTORS | {"urn:a": np.array([1e9, 0.0])})
    assert np.isfinite(signal.vectors).all()
