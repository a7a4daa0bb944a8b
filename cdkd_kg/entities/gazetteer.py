"""The labels of a vocabulary, found in texts whatever their case."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span

from cdkd_kg.entities.words import is_content, lemma_form, noun_lemmatizer

SHORTEST, LONGEST = 3, 200
_BATCH = 10_000


class Gazetteer:
    """A phrase matcher over lower-case tokens, and the lemma forms of its labels (``lemmas``).

    Labels longer than 200 characters are left out; those shorter than 3, and those without a word that is
    more than a stop word or a number, are not looked for in texts. Labels pass the tokenizer only, once:
    100,000 of them take seconds.
    """

    def __init__(self, nlp: Language, texts: Iterable[str]) -> None:
        self._matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        self.lemmas: dict[str, str] = {}
        lemma = noun_lemmatizer(nlp)
        labels = (text for text in texts if text.strip() and len(text) <= LONGEST)
        while batch := list(islice(labels, _BATCH)):
            docs = list(nlp.tokenizer.pipe(batch))
            pairs = list(zip(batch, docs, strict=True))
            self._matcher.add("TERM", [doc for text, doc in pairs if len(text) >= SHORTEST and _is_telling(doc)])
            self.lemmas.update({text: lemma_form(text, doc[-1].idx, lemma(doc[-1])) for text, doc in pairs})

    def spans(self, doc: Doc) -> list[Span]:
        """Return every place where a label stands, overlapping ones too."""
        return list(self._matcher(doc, as_spans=True))


def _is_telling(label: Doc) -> bool:
    return any(is_content(token) for token in label)
