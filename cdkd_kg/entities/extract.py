"""Documents to tables of mentions and relations, a thousand at a time, here or on a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from uuid import uuid4

from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities.known import Known
from cdkd_kg.entities.linking.aliases import AliasTable
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.reading import Document, mention_pipeline, read
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.progress import track

PART = 1000
"""So many documents are read before what they say is turned into columns."""


def extract(
    documents: Sequence[Document], config: EntitiesConfig, aliases: AliasTable, facts: Facts | None = None
) -> Extraction:
    """Find, link and relate the mentions of ``documents``.

    Of each text the first ``config.max_words`` words are read, and no more than 50 characters a word on
    average. The tables do not depend on the order of the documents, nor on ``config.engine``.

    Raises:
        MissingResourceError: ``config.pipeline``, or the engine, is not installed.
        ArtifactError: ``config.link_model`` is no linking model.
    """
    once = config.shards and f"{config.shards}/once-{uuid4().hex}"
    return Extraction.joined(list(read_in_parts(documents, config, aliases, facts, shards=once)))


def read_in_parts(
    documents: Sequence[Document],
    config: EntitiesConfig,
    aliases: AliasTable,
    facts: Facts | None = None,
    known: Known | None = None,
    shards: Path | str | None = None,
) -> Iterator[Extraction]:
    """Yield what :func:`extract` returns, a thousand documents at a time: nothing of a part stays in memory.

    Documents that are ``known`` are not read; the parts are the same. A cluster keeps in ``shards`` what lets it go on
    after it was stopped; that place is for one method of reading.
    """
    ordered = sorted(documents)
    parts = [ordered[begin : begin + PART] for begin in range(0, len(ordered), PART)]
    skipped = known.documents if known else frozenset()
    unread = [[document for document in part if document.id not in skipped] for part in parts]
    if config.engine == "ray":
        from cdkd_kg.entities.on_ray import read_on_ray

        found = read_on_ray(unread, config, aliases, facts, shards)
    else:
        found = read_here(unread, config, aliases, facts)
    for part, extraction in zip(parts, found, strict=True):
        yield known.beside(extraction, [document.id for document in part]) if known else extraction


def read_here(
    parts: Sequence[Sequence[Document]], config: EntitiesConfig, aliases: AliasTable, facts: Facts | None
) -> Iterator[Extraction]:
    """Yield what is found in each part, read in this process."""
    nlp = mention_pipeline(config, aliases, facts)
    waiting = track(chain.from_iterable(parts), "Finding entities", sum(map(len, parts)))
    for part in parts:
        with nlp.memory_zone():  # words that only these documents have are forgotten with them
            found = read(nlp, islice(waiting, len(part)), config)
        yield found
