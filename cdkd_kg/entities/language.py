"""A warning where a pipeline is given texts in a script that it was not made for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

HALF = 0.5
LETTERS = 20_000


def language_warnings(texts: Mapping[str, Iterable[str]], pipeline: str) -> list[str]:
    """Return a warning for each domain whose letters are mostly not Latin, if the pipeline is an English one.

    Other pipelines are taken to fit: their names say which language they are for, and whoever chose them knows.

    Args:
        texts: documents by domain.
        pipeline: the name of the spaCy pipeline.

    Example:
        >>> language_warnings({"letters": ["мяч гол"], "news": ["ball goal"]}, "en_core_web_sm")[0].split(":")[0]
        'letters'
    """
    if not pipeline.removeprefix("blank:").startswith("en"):
        return []
    shares = {domain: _foreign(" ".join(mine)) for domain, mine in sorted(texts.items())}
    return [
        f"{domain}: {share:.0%} of its letters are in another script than that of the English pipeline {pipeline}; "
        "entities found there are not to be trusted, so name a pipeline for its language in entities.pipeline"
        for domain, share in shares.items()
        if share > HALF
    ]


def _foreign(text: str) -> float:
    letters = [character for character in text if character.isalpha()][:LETTERS]
    foreign = sum(not unicodedata.name(character, "").startswith("LATIN") for character in letters)
    return foreign / max(len(letters), 1)
