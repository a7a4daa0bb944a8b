"""Words: which count, and the forms under which those that differ only by inflection are one."""

from __future__ import annotations

from collections.abc import Callable

from spacy.language import Language
from spacy.pipeline import Lemmatizer
from spacy.tokens import Span, Token

from cdkd_kg.entities.linking.names import fold


def is_content(token: Token) -> bool:
    """Say whether a token means something alone: a word of two letters, no stop word, number, URL or address."""
    text = token.text
    letters = len(text) if text.isalpha() else sum(map(str.isalpha, text))
    return (
        letters > 1
        and text[0].isalpha()
        and not (token.is_stop or token.like_num or token.like_url or token.like_email)
    )


def normal_form(span: Span) -> str:
    """Return the lemmas of a span, casefolded: the key that groups identical mentions."""
    return fold("".join(_lemma(token) + token.whitespace_ for token in span))


def lemma_form(text: str, last: int, lemma: str) -> str:
    """Return ``text`` casefolded, with ``lemma`` for its last word, which begins at ``last``, and no full stop behind.

    Mentions and labels are compared by it. Only the last word changes, because that is all a label tells
    without being read in a sentence; "Ltd." is "Ltd".
    """
    return without_stop(fold(text[:last] + lemma))


def without_stop(word: str) -> str:
    """Return a word without the full stop of its abbreviation."""
    return word.removesuffix(".").rstrip()


def span_lemma_form(span: Span) -> str:
    """Return the lemma form of a span that has been tagged."""
    last = span[-1]
    return lemma_form(span.text, last.idx - span.start_char, _lemma(last))


def noun_lemmatizer(nlp: Language) -> Callable[[Token], str]:
    """Return a function that gives the lemma of an untagged token as if it were a noun.

    It works by the rules or tables of the pipeline's lemmatizer; where there are none it gives the token.
    """
    lemmatizer = next((pipe for _, pipe in nlp.pipeline if isinstance(pipe, Lemmatizer)), None)
    known: dict[str, str] = {}

    def lemma(token: Token) -> str:
        if lemmatizer is None:
            return str(token.text)
        if token.text not in known:
            token.pos_ = "NOUN"
            known[token.text] = lemmatizer.lemmatize(token)[0]
        return known[token.text]

    return lemma


def _lemma(token: Token) -> str:
    return str(token.lemma_ or token.text)
