"""Words: which count, and the forms under which those that differ only by inflection are one."""

from __future__ import annotations

from collections.abc import Iterable

from spacy.language import Language
from spacy.pipeline import Lemmatizer
from spacy.tokens import Span, Token

from cdkd_kg.entities.aliases import fold


def is_content(token: Token) -> bool:
    """Say whether a token means something alone: two letters, and no stop word, number, URL or address."""
    letters = sum(letter.isalpha() for letter in token.text)
    return letters > 1 and not (token.is_stop or token.like_num or token.like_url or token.like_email)


def normal_form(span: Span) -> str:
    """Return the lemmas of a span, casefolded: the key that groups identical mentions."""
    return fold("".join(_lemma(token) + token.whitespace_ for token in span))


def lemma_form(span: Span) -> str:
    """Return a span casefolded with its last word as a lemma: what a mention is looked up by.

    Only the last word, because that is all a label tells without reading it in a sentence.
    """
    return fold(_before_last(span) + _lemma(span[-1]))


def label_lemmas(nlp: Language, texts: Iterable[str]) -> dict[str, str]:
    """Return label text -> lemma form, by tokenizer and rules alone: the last word is taken for a noun.

    Empty where the pipeline has no lemmatizer that works by rules or tables.
    """
    lemmatizer = next((pipe for _, pipe in nlp.pipeline if isinstance(pipe, Lemmatizer)), None)
    forms: dict[str, str] = {}
    if lemmatizer is None:
        return forms
    for doc in nlp.tokenizer.pipe(text for text in texts if text.strip()):
        last = doc[-1]
        last.pos_ = "NOUN"
        forms[doc.text] = fold(_before_last(doc[:]) + lemmatizer.lemmatize(last)[0])
    return forms


def _before_last(span: Span) -> str:
    return "".join(token.text_with_ws for token in span[:-1])


def _lemma(token: Token) -> str:
    return str(token.lemma_ or token.text)
