"""A warning where a pipeline is given texts in a script or a language that it was not made for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from spacy.util import get_lang_class

from cdkd_kg.artifacts import read_json

HALF = 0.5
LETTERS = 20_000
WORDS = 20_000
FEW_WORDS = 30
"""A domain of fewer words is not judged by them."""
CLEAR = 0.15
"""A language is not read out of texts with a smaller share of its stop words: they may be mere keywords."""
PLENTY = 0.3
"""With a larger share of its own stop words a text is in that language, whatever the others share with it."""
LANGUAGES = ("ca", "da", "de", "en", "es", "fi", "fr", "hr", "it", "lt", "nb", "nl", "pl", "pt", "ro", "sl", "sv")
"""Languages in Latin letters for which spaCy has pipelines: those that are told apart by their stop words."""

_WORD = re.compile(r"[^\W\d_]{2,}")  # single letters are stop words of many languages, and initials of all


def language_warnings(texts: Mapping[str, Iterable[str]], pipeline: str) -> list[str]:
    """Return a warning for each domain that is not in the language of the pipeline.

    A domain, judged as a whole, is in another script when most of its letters are not Latin although the pipeline is
    an English one; it is in another language when the stop words of that language are more than twice as frequent
    in it as those of the pipeline's own. Pipelines of languages that are not listed here are taken to fit.

    Args:
        texts: documents by domain.
        pipeline: the name or folder of the spaCy pipeline.

    Example:
        >>> language_warnings({"letters": ["мяч гол"], "news": ["ball goal"]}, "en_core_web_sm")[0].split(":")[0]
        'letters'
    """
    own = _language_of(pipeline)
    found = (_warning(" ".join(mine), own, pipeline) for _, mine in sorted(texts.items()))
    return [f"{domain}: {told}" for domain, told in zip(sorted(texts), found, strict=True) if told]


def _warning(text: str, own: str, pipeline: str) -> str | None:
    advice = "entities found there are not to be trusted, so name a pipeline for its language in entities.pipeline"
    if own == "en" and (share := _foreign(text)) > HALF:
        return (
            f"{share:.0%} of its letters are in another script than that of the English pipeline {pipeline}; {advice}"
        )
    if own in LANGUAGES and (other := _other_language(text, own)):
        language, theirs, ours = other
        return (
            f"{theirs:.0%} of its words are stop words of the language {language!r}, {ours:.0%} of {own!r}, that of "
            f"the pipeline {pipeline}; {advice}"
        )
    return None


def _language_of(pipeline: str) -> str:
    """Return the code of a pipeline's language, which its name begins with, or which its folder tells."""
    about = Path(pipeline) / "meta.json"
    if about.is_file():
        return str(read_json(about).get("lang", ""))
    return pipeline.removeprefix("blank:").split("_")[0]


def label_language(pipeline: str) -> str:
    """Return the language of the labels that the texts of a pipeline are linked to: its own, or English if it has none.

    Example:
        >>> label_language("de_core_news_sm"), label_language("xx_ent_wiki_sm")
        ('de', 'en')
    """
    language = _language_of(pipeline)
    return language if language not in ("", "xx", "mul") else "en"


def _foreign(text: str) -> float:
    letters = list(islice(filter(str.isalpha, text), LETTERS))
    foreign = sum(not unicodedata.name(character, "").startswith("LATIN") for character in letters)
    return foreign / max(len(letters), 1)


def _other_language(text: str, own: str) -> tuple[str, float, float] | None:
    """Return the language that a text is in rather than in ``own``, and the shares of stop words of both."""
    words = [found[0].lower() for found in islice(_WORD.finditer(text), WORDS)]
    if len(words) < FEW_WORDS:
        return None
    ours = _stop_words(words, own)
    if ours > PLENTY:
        return None
    shares = {language: _stop_words(words, language) for language in LANGUAGES}
    best = max(LANGUAGES, key=lambda language: shares[language])
    return (best, shares[best], ours) if shares[best] > max(CLEAR, 2 * ours) else None


def _stop_words(words: Sequence[str], language: str) -> float:
    known = get_lang_class(language).Defaults.stop_words
    return sum(word in known for word in words) / len(words)
