"""Names that are spelled alike."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from cdkd_kg.entities.linking.trigrams import LEAST_SIMILAR, Trigrams

CHANCE = random.Random(0)
SYLLABLES = ("bo", "lan", "ger", "mu", "ri", "tan", "ost", "er", "sel", "gau")
NAMES = sorted({"".join(CHANCE.choices(SYLLABLES, k=CHANCE.randint(2, 5))) for _ in range(300)})
TRIGRAMS = Trigrams(NAMES)


@settings(max_examples=50)
@given(st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=5).map("".join))
def test_the_names_near_a_text_are_those_that_the_whole_matrix_gives(text: str) -> None:
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), lowercase=False, sublinear_tf=True)
    matrix = vectorizer.fit_transform(NAMES)
    if not set(vectorizer.build_analyzer()(text)) <= set(vectorizer.vocabulary_):
        return  # scikit-learn forgets 3-grams that no name has
    cosine = (matrix @ vectorizer.transform([text]).T).toarray().ravel()
    found = dict(TRIGRAMS.near(text))
    sure = np.flatnonzero(cosine > LEAST_SIMILAR + 1e-9)
    assert set(sure.tolist()) <= set(found) <= set(np.flatnonzero(cosine > LEAST_SIMILAR - 1e-9).tolist())
    assert list(found.values()) == pytest.approx([cosine[place] for place in found])


def test_three_grams_that_no_name_has_make_a_text_less_near() -> None:
    alone, longer = dict(TRIGRAMS.near(NAMES[0])), dict(TRIGRAMS.near(f"{NAMES[0]} qqq"))
    assert alone[0] == pytest.approx(1)
    assert 0.5 < longer[0] < 0.95


def test_linking_needs_no_library_that_is_heavy_to_import() -> None:
    code = "import sys; import cdkd_kg.entities.linking.linker; print('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_text_whose_known_three_grams_are_too_few_for_any_name_is_near_none() -> None:
    assert TRIGRAMS.near(f"{NAMES[0][:3]} wholly unknown words") == []
    assert TRIGRAMS.near("qqq") == []


@pytest.mark.parametrize("name", NAMES[:5])
def test_rounding_does_not_part_a_name_from_itself(name: str) -> None:
    assert (NAMES.index(name), pytest.approx(1)) in TRIGRAMS.near(name)
