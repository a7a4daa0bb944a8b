"""The labels of a vocabulary, found in texts whatever their case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span

from cdkd_kg.entities.words import is_content

SHORTEST, LONGEST = 3, 200
_BATCH = 10_000


class Gazetteer:
    """A phrase matcher over lower-case tokens.

    Labels shorter than 3 or longer than 200 characters are left out, and those without a word that is
    more than a stop word or a number. Labels pass the tokenizer only: 100,000 of them take seconds.
    """

    def __init__(self, nlp: Language, texts: Iterable[str]) -> None:
        self._matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        phrases = _phrases(nlp, texts)
        while batch := list(islice(phrases, _BATCH)):
            self._matcher.add("TERM", batch)

    def spans(self, doc: Doc) -> list[Span]:
        """Return every place where a label stands, overlapping ones too."""
        return list(self._matcher(doc, as_spans=True))


def _phrases(nlp: Language, texts: Iterable[str]) -> Iterator[Doc]:
    docs = nlp.tokenizer.pipe(text for text in texts if SHORTEST <= len(text) <= LONGEST)
    return (doc for doc in docs if any(is_content(token) for token in doc))
