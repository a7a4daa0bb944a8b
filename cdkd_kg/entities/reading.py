"""Documents to rows of mentions and relations: one spaCy pipeline with our two components at its end."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from spacy.language import Language
from spacy.tokens import Doc

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.config import EntitiesConfig
from cdkd_kg.corpus.pairs import PAIR
from cdkd_kg.data.fetch import cache_folder
from cdkd_kg.entities import relations as _registers_cdkd_relations  # noqa: F401
from cdkd_kg.entities.installed import pipeline_identity
from cdkd_kg.entities.linking.aliases import AliasTable
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.linking.model import LinkModel
from cdkd_kg.entities.mentions import SPANS
from cdkd_kg.entities.pipeline import load_pipeline
from cdkd_kg.entities.tables import MENTIONS, RELATIONS, Extraction
from cdkd_kg.stages import code_digest

LONGEST_WORD = 50

Row = tuple[Any, ...]
"""The values of a row in the order of its schema: plain tuples of values that Python's collector need not visit."""


class Document(NamedTuple):
    """A text and the id that its mentions are kept under."""

    id: str
    text: str


def read(nlp: Language, documents: Iterable[Document], config: EntitiesConfig) -> Extraction:
    """Return what a pipeline of :func:`mention_pipeline` finds in documents, in their order."""
    texts = ((readable(document.text, config.max_words), document) for document in documents)
    mentions: list[Row] = []
    relations: list[Row] = []
    with _vocabulary_at_rest():
        for doc, document in nlp.pipe(texts, as_tuples=True, batch_size=config.batch_size):
            sentences = _sentences(doc)
            mentions += _mention_rows(document, doc, sentences)
            relations += _relation_rows(document, doc, sentences)
    return Extraction(_table(mentions, MENTIONS), _table(relations, RELATIONS))


@contextmanager
def _vocabulary_at_rest() -> Iterator[None]:
    """Keep what is there already out of the collector's rounds, which a large vocabulary would make slow."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    return pa.table(list(zip(*rows, strict=True)), schema=schema) if rows else schema.empty_table()


def mention_pipeline(config: EntitiesConfig, aliases: AliasTable, facts: Facts | None = None) -> Language:
    """Return the pipeline of ``config`` with ``cdkd_mentions`` and, if relations are wanted, ``cdkd_relations``."""
    nlp = load_pipeline(config)
    options = {"types": list(config.types), "noun_concepts": config.noun_concepts}
    finder = nlp.add_pipe("cdkd_mentions", config=options)
    key = sha256_text(f"{code_digest('entities')} {pipeline_identity(config.pipeline)} {aliases.digest}")
    model = None if config.link_model is None else LinkModel.load(config.link_model)
    finder.use(nlp, aliases, facts, model, cache_folder() / "gazetteers" / key[:16])
    if config.relations:
        nlp.add_pipe("cdkd_relations")
    return nlp


def readable(text: str, max_words: int) -> str:
    """Return the beginning of ``text`` that is read, character for character at its place.

    A line break within a paragraph becomes a space, so that names may run over it; the two texts of a pair stay
    lines of their own.

    Example:
        >>> readable("New\\nYork is  a city", 4)
        'New York is  a'
    """
    text = text[: max_words * LONGEST_WORD]
    end = max((word.end() for word in islice(re.finditer(r"\S+", text), max_words)), default=0)
    lines = (re.sub(r"(?<=\S)\s(?=\S)", " ", part) for part in text[:end].split(PAIR))
    return "\n".join(lines)


def _mention_rows(document: Document, doc: Doc, sentences: Sequence[int]) -> Iterator[Row]:
    for span in doc.spans[SPANS]:
        concept, candidates, iri, nil, confidence = span._.cdkd_record
        begin, end = span.start_char, span.end_char
        yield (
            document.id, begin, end, document.text[begin:end], concept, span.label_, sentences[span.start],
            tuple(map(tuple, candidates)), iri, nil, confidence,
        )  # fmt: skip


def _relation_rows(document: Document, doc: Doc, sentences: Sequence[int]) -> Iterator[Row]:
    spans = list(doc.spans[SPANS])
    for subject, object_, predicate, pattern, confidence in doc._.cdkd_relations or ():
        first, second = spans[subject], spans[object_]
        yield (
            document.id, first.start_char, second.start_char, predicate, pattern, sentences[first.start],
            confidence,
        )  # fmt: skip


def _sentences(doc: Doc) -> list[int]:
    """Return the number of the sentence of every token."""
    starts = doc.to_array("SENT_START") == 1
    starts[:1] = False
    numbers: list[int] = np.cumsum(starts).tolist()
    return numbers
