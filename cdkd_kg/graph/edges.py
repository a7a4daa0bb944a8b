"""Typed edges between numbered entities, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cdkd_kg.graph.namespaces import OWL, SKOS

Ints = NDArray[np.int64]
_SYMMETRIC = (SKOS.related, SKOS.exactMatch, SKOS.closeMatch, SKOS.relatedMatch, OWL.sameAs, OWL.equivalentClass)
SYMMETRIC = frozenset(node.value for node in _SYMMETRIC)
_UPWARDS = {SKOS.narrower.value: SKOS.broader.value, SKOS.narrowMatch.value: SKOS.broadMatch.value}


class Numbering:
    """Numbers 0, 1, 2... for IRIs.

    Args:
        names: the IRIs, in the order of their numbers.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self._places = {name: place for place, name in enumerate(names)}

    @classmethod
    def of(cls, *columns: pa.ChunkedArray) -> Numbering:
        """Number what is in dictionary-encoded columns, in sorted order."""
        return cls(sorted({name for column in columns for name in column.combine_chunks().dictionary.to_pylist()}))

    def __len__(self) -> int:
        return len(self.names)

    def numbers(self, column: pa.ChunkedArray) -> Ints:
        """Return the number of every value; -1 for one that has none."""
        values = column.combine_chunks()
        places = np.array([self._places.get(name, -1) for name in values.dictionary.to_pylist()], dtype=np.int64)
        numbers: Ints = places[values.indices.to_numpy()]
        return numbers


@dataclass(frozen=True)
class Edges:
    """E typed edges.

    Attributes:
        source: ``[E]``, numbers of entities.
        target: ``[E]``.
        kind: ``[E]``, places in ``kinds``.
        kinds: what the edges are called, distinct.
        weight: ``[E]``.
    """

    source: Ints
    target: Ints
    kind: Ints
    kinds: tuple[str, ...]
    weight: NDArray[np.float64]

    def where(self, mask: NDArray[np.bool_]) -> Edges:
        """Return the edges that ``mask`` ``[E]`` keeps."""
        return replace(
            self, source=self.source[mask], target=self.target[mask], kind=self.kind[mask], weight=self.weight[mask]
        )

    def renamed(self, names: Sequence[str]) -> Edges:
        """Return the edges with ``names[i]`` for ``kinds[i]``; two kinds of the same name become one."""
        kinds = tuple(sorted(set(names)))
        places = np.array([kinds.index(name) for name in names], dtype=np.int64)
        return replace(self, kind=places[self.kind], kinds=kinds)

    def unique(self) -> Edges:
        """Return the edges sorted by kind, source and target, each once, with the largest of its weights."""
        order = np.lexsort((-self.weight, self.target, self.source, self.kind))
        keys = np.stack([self.kind[order], self.source[order], self.target[order]])
        first = np.ones(len(order), dtype=bool)
        first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
        order = order[first]
        return replace(
            self, source=self.source[order], target=self.target[order], kind=self.kind[order], weight=self.weight[order]
        )

    @staticmethod
    def joined(parts: Sequence[Edges]) -> Edges:
        """Return all edges of ``parts``, each once; kinds of the same name become one."""
        kinds = tuple(sorted({kind for part in parts for kind in part.kinds}))
        places = [np.array([kinds.index(kind) for kind in part.kinds], dtype=np.int64)[part.kind] for part in parts]
        return Edges(
            np.concatenate([part.source for part in parts]),
            np.concatenate([part.target for part in parts]),
            np.concatenate(places),
            kinds,
            np.concatenate([part.weight for part in parts]),
        ).unique()


def edges(table: pa.Table, numbering: Numbering) -> Edges:
    """Return the rows of a table (s, p, o and perhaps w) as edges, each once.

    Loops, and edges of which an end has no number, are left out. ``a skos:narrower b`` becomes ``b skos:broader a``,
    as ``narrowMatch`` becomes ``broadMatch``, and a symmetric relation points from the smaller number to the larger.
    """
    column = table["p"].combine_chunks()
    kinds = tuple(column.dictionary.to_pylist())
    kind = column.indices.to_numpy().astype(np.int64)
    source, target = numbering.numbers(table["s"]), numbering.numbers(table["o"])
    weight = table["w"].to_numpy() if "w" in table.column_names else np.ones(len(table))
    turned = np.array([name in _UPWARDS for name in kinds], dtype=bool)[kind]
    symmetric = np.array([name in SYMMETRIC for name in kinds], dtype=bool)[kind]
    turned |= symmetric & (source > target)
    source, target = np.where(turned, target, source), np.where(turned, source, target)
    found = Edges(source, target, kind, kinds, weight).where((source >= 0) & (target >= 0) & (source != target))
    return found.renamed([_UPWARDS.get(name, name) for name in kinds]).unique()
