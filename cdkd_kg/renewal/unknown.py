"""Entities that texts of some domains name and the graph did not know: for the queue of who curates it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

from cdkd_kg.entities.tables import Extraction

SHOWN = 20
NO_ENTITY = frozenset({"TERM", "CONCEPT"})
"""Types of mentions that are words for things rather than names of them."""


def unknown_entities(found: Extraction, domains: Collection[str]) -> dict[str, Any]:
    """Return what is named in documents of some domains, is in no vocabulary, and is named in no other document.

    Returns:
        ``entities`` and ``documents`` (how many there are), and ``most``: the name, type and number of documents of
        those that most documents name.
    """
    table = found.mentions.select(["document", "anchor", "concept", "type", "nil"])
    documents: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    names: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    elsewhere: set[tuple[str, str]] = set()
    for document, anchor, concept, kind, nil in zip(*(column.to_pylist() for column in table.columns), strict=True):
        key = concept, kind
        if document.partition("/")[0] not in domains:
            elsewhere.add(key)
        elif nil == "new" and kind not in NO_ENTITY:
            documents[key].add(document)
            names[key][anchor] += 1
    fresh = sorted(documents.keys() - elsewhere, key=lambda key: (-len(documents[key]), key))
    return {
        "entities": len(fresh),
        "documents": len({name for key in fresh for name in documents[key]}),
        "most": [
            {
                "name": min(names[key], key=lambda name: (-names[key][name], name)),
                "type": key[1],
                "documents": len(documents[key]),
            }
            for key in fresh[:SHOWN]
        ],
    }
