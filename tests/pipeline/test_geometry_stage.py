"""Vectors that are no numbers are refused before any expert learns from them."""

from __future__ import annotations

import numpy as np
import pytest

from cdkd_kg.errors import TrainingError
from cdkd_kg.pipeline.geometry_stage import need_finite


def test_the_first_text_without_a_vector_is_told() -> None:
    vectors = np.ones((3, 2), np.float32)
    need_finite(vectors, ["one", "two", "three"], "m")
    vectors[1, 0] = np.nan
    with pytest.raises(TrainingError, match=r"m gives no finite vector for 1 of 3 texts \(the first is 'two'\)"):
        need_finite(vectors, ["one", "two", "three"], "m")
