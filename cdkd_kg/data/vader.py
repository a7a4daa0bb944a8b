"""Four domains of short texts with a human sentiment score (Hutto and Gilbert, ICWSM 2014)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from cdkd_kg.data.archive import named, read_members
from cdkd_kg.data.text_lines import tab_rows, text_or_bytes
from cdkd_kg.errors import ArtifactError

_INNER = "hutto_ICWSM_2014.tar.gz"
_MEMBERS = {
    "amazon": "hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt",
    "movies": "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt",
    "nyt": "hutto_ICWSM_2014/nytEditorialSnippets_GroundTruth.txt",
    "tweets": "hutto_ICWSM_2014/tweets_GroundTruth.txt",
}
_MARGIN = 0.5  # mean scores up to this far from 0 are neutral


def rows(files: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    """Yield every text with ``domain``, ``score`` in [-4, 4] and ``group``.

    ``group`` is the review or article that a sentence is from: split by it, or sentences of one document
    lie on both sides.
    """
    inner = read_members(named(files, _INNER), _MEMBERS.values(), _INNER)
    for domain, member in _MEMBERS.items():
        for number, (key, score, text) in tab_rows(inner[member], member, columns=3):
            place = f"{member}:{number}"
            value = _score(score, place)
            own = key.decode("ascii", "replace")
            yield {
                "id": f"{domain}/{own}",
                "text": text_or_bytes(text),
                "label": polarity(value),
                "split": None,
                "domain": domain,
                "score": value,
                "group": f"{domain}/{own.split('_')[0]}",
                "_line": place,
            }


def polarity(score: float) -> str:
    """Return ``positive`` above 0.5, ``negative`` below -0.5, ``neutral`` between."""
    if score > _MARGIN:
        return "positive"
    return "negative" if score < -_MARGIN else "neutral"


def _score(cell: bytes, place: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ArtifactError("a line of the set cannot be read", where=place, why=f"its score is {cell!r}")
    return value
