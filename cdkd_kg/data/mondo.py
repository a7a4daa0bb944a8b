"""Mondo: diseases, their synonyms and what they are kinds of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pyarrow as pa

from cdkd_kg.data.archive import named
from cdkd_kg.data.skos import Concept


def concepts(files: Mapping[str, bytes]) -> Iterator[Concept]:
    """Yield every disease that is not obsolete; broader are its ancestors at distance 1."""
    packed = named(files, ".json.zst")
    terms = json.loads(pa.CompressedInputStream(pa.BufferReader(packed), "zstd").read())
    for key, term in terms.items():
        if term.get("deprecated"):
            continue
        yield Concept(
            _iri(key),
            term["label"],
            alternative=tuple(term.get("synonyms", ())),
            definition=term.get("description", ""),
            broader=tuple(_iri(ancestor) for ancestor, distance in term["ancestors"].items() if distance == 1),
        )


def _iri(key: str) -> str:
    return "http://purl.obolibrary.org/obo/" + key.replace(":", "_")
