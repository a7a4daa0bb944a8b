"""The labels of a vocabulary, found in texts whatever their case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from spacy.attrs import LEMMA
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from cdkd_kg.artifacts import is_sound, new_folder
from cdkd_kg.entities.words import is_content, lemma_form, noun_lemmatizer, span_lemma_form, without_stop
from cdkd_kg.errors import ArtifactError

SHORTEST, LONGEST = 3, 200
MANY = 5_000
"""So many labels are worth a file that spares cutting them into words again."""
_BATCH = 10_000
_REMEMBERED = 1 << 16
_TERMS = "terms.parquet"
_SCHEMA = pa.schema(
    [("text", pa.string()), ("words", pa.list_(pa.string())), ("lemma", pa.string()), ("sought", pa.bool_())]
)


class Gazetteer:
    """A phrase matcher over lower-case tokens, and the lemma forms of its labels (``lemmas``).

    Labels of several words are also found where their last word is inflected ("lung cancers" is "lung cancer"), or has
    the full stop of an abbreviation in one of the two only ("Foo Ltd." is "Foo Ltd").

    Args:
        vocab: of the pipeline whose texts are searched.
        terms: as :func:`terms` returns them.
    """

    def __init__(self, vocab: Vocab, terms: pa.Table) -> None:
        self.terms = terms
        self.lemmas: dict[str, str] = dict(zip(terms["text"].to_pylist(), terms["lemma"].to_pylist(), strict=True))
        self._matcher = PhraseMatcher(vocab, attr="LOWER")
        sought = terms.filter(terms["sought"])
        for start in range(0, sought.num_rows, _BATCH):
            words = sought["words"].slice(start, _BATCH).to_pylist()
            self._matcher.add("TERM", [Doc(vocab, words=label) for label in words])
        several = sought.filter(pc.greater(pc.list_value_length(sought["words"]), 1))
        self._strings, self._words_up_to = vocab.strings, lru_cache(_REMEMBERED)(self._count)
        self._forms = frozenset(several["lemma"].to_pylist())
        stopped = several.filter(pc.ends_with(several["text"], "."))
        self._abbreviated = {form.rpartition(" ")[2] for form in stopped["lemma"].to_pylist()}
        self._lengths: defaultdict[str, set[int]] = defaultdict(set)
        for form, count in zip(
            several["lemma"].to_pylist(), pc.list_value_length(several["words"]).to_pylist(), strict=True
        ):
            self._lengths[form.rpartition(" ")[2]].add(count)

    def save(self, folder: Path) -> None:
        """Write the terms into a folder."""
        pq.write_table(self.terms, folder / _TERMS, compression="zstd")

    @classmethod
    def load(cls, vocab: Vocab, folder: Path) -> Gazetteer:
        """Read what :meth:`save` wrote.

        Raises:
            ArtifactError: it is missing, broken, or has other columns.
        """
        file = folder / _TERMS
        try:
            return cls(vocab, pq.read_table(file, schema=_SCHEMA))
        except (OSError, pa.ArrowInvalid) as error:
            raise ArtifactError("the terms of a gazetteer cannot be read", where=str(file), why=str(error)) from error

    def spans(self, doc: Doc) -> list[Span]:
        """Return every place where a label stands, overlapping ones too."""
        return [*self._matcher(doc, as_spans=True), *self._inflected(doc)]

    def _inflected(self, doc: Doc) -> Iterator[Span]:
        for place, lemma in enumerate(doc.to_array(LEMMA).tolist()):
            if not (counts := self._words_up_to(lemma)):
                continue
            word, last = doc[place].lower_, self._last_word(lemma)
            if word != last or last in self._abbreviated:
                for count in counts:
                    span = doc[max(place + 1 - count, 0) : place + 1]
                    if len(span) == count and span_lemma_form(span) in self._forms:
                        yield span

    def _count(self, lemma: int) -> tuple[int, ...]:
        """Return of how many words the labels are that end in a lemma, given by its number in the vocabulary."""
        return tuple(sorted(self._lengths.get(self._last_word(lemma), ())))

    def _last_word(self, lemma: int) -> str:
        return without_stop(self._strings[lemma].casefold())


def terms(nlp: Language, texts: Sequence[str]) -> pa.Table:
    """Return labels with their words, their lemma form, and whether they are looked for in texts.

    Labels longer than 200 characters are left out; those shorter than 3, and those without a word that is
    more than a stop word or a number, are not looked for. Labels pass the tokenizer only.
    """
    kept = [text for text in texts if text.strip() and len(text) <= LONGEST]
    batches = [kept[start : start + _BATCH] for start in range(0, len(kept), _BATCH)]
    lemma = noun_lemmatizer(nlp)
    parts = []
    for batch in batches:
        docs = list(nlp.tokenizer.pipe(batch))
        columns = [
            batch,
            [[token.text for token in doc] for doc in docs],
            [lemma_form(text, doc[-1].idx, lemma(doc[-1])) for text, doc in zip(batch, docs, strict=True)],
            [len(text) >= SHORTEST and _is_telling(doc) for text, doc in zip(batch, docs, strict=True)],
        ]
        parts.append(pa.table(columns, schema=_SCHEMA))
    return pa.concat_tables([_SCHEMA.empty_table(), *parts])


def gazetteer(nlp: Language, texts: Sequence[str], cache: Path | None = None) -> Gazetteer:
    """Return the gazetteer of labels, from a folder where many of them were written before.

    Args:
        nlp: the pipeline whose texts are searched.
        texts: the labels.
        cache: a folder for these labels and this pipeline, and no others; it is made where there is none.
    """
    folder = cache if len(texts) >= MANY else None
    if folder is not None and is_sound(folder):
        return Gazetteer.load(nlp.vocab, folder)
    found = Gazetteer(nlp.vocab, terms(nlp, texts))
    if folder is not None:
        with new_folder(folder, {"labels": len(texts)}) as fresh:
            found.save(fresh)
    return found


def _is_telling(label: Doc) -> bool:
    return any(is_content(token) for token in label)
