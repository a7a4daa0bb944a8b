"""Numbered triples in three parts: to learn from, to choose by, to judge by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from cdkd_kg.errors import DataRefusedError
from cdkd_kg.graph.tensors import ENTITY
from cdkd_kg.teachers.adjacency import typed_edges
from cdkd_kg.teachers.pretraining.files import Row, read_rows
from cdkd_kg.teachers.pretraining.known import Known
from cdkd_kg.teachers.pretraining.split import held_out_split


@dataclass(frozen=True)
class Triples:
    """Triples ``[T, 3]`` of head, relation and tail, numbered by place in ``entities`` and ``relations``.

    Attributes:
        entities: V names.
        relations: R names.
        training: what may be learned from; names every relation, and every entity that any part names.
        validation: chooses the epoch.
        test: is looked at once.
    """

    entities: tuple[str, ...]
    relations: tuple[str, ...]
    training: Tensor
    validation: Tensor
    test: Tensor

    def __post_init__(self) -> None:
        if not len(self.training):
            raise DataRefusedError("there are no triples to learn from", remedy="give a graph with relations in it")
        if len(self.entities) < 2:
            raise DataRefusedError("all triples are about one entity", why="there is nothing to rank it among")

    @classmethod
    def read(cls, training: Path | str, validation: Path | str, test: Path | str) -> Triples:
        """Read head, relation and tail of each line from three files: ``.csv`` with commas, others with tabs."""
        return cls.of_names(*(read_rows(Path(path)) for path in (training, validation, test)))

    @classmethod
    def of_names(cls, training: Sequence[Row], validation: Sequence[Row], test: Sequence[Row]) -> Triples:
        """Number named triples; names are sorted, repeated triples count once.

        Raises:
            DataRefusedError: a held-out triple names what training does not, so that nothing could be said of it.
        """
        entities = sorted({name for head, _, tail in training for name in (head, tail)})
        relations = sorted({name for _, name, _ in training})
        places = tuple({name: place for place, name in enumerate(names)} for names in (entities, relations))
        numbered = [_numbered(rows, *places) for rows in (training, validation, test)]
        return cls(tuple(entities), tuple(relations), *numbered)

    @classmethod
    def of(cls, data: HeteroData, held_out: float = 0.1, seed: int = 0) -> Triples:
        """Return the edges between entities, a seeded ``held_out`` share of them for validation and for test each.

        Entities are numbered as their nodes are, also those without an edge. How much is held out, and how, is what
        :func:`~cdkd_kg.teachers.pretraining.split.held_out_split` says.
        """
        edges = [(name, index) for (head, name, tail), index, _ in typed_edges(data) if head == tail == ENTITY]
        relations = sorted({name for name, _ in edges})
        rows = [
            torch.stack([index[0], torch.full_like(index[0], relations.index(name)), index[1]], dim=1)
            for name, index in edges
        ]
        if not rows:
            raise DataRefusedError("no edge joins two entities", remedy="give the graph background knowledge")
        entities = data[ENTITY].get("ids") or [str(number) for number in range(data[ENTITY].num_nodes)]
        return cls(tuple(entities), tuple(relations), *held_out_split(torch.cat(rows), held_out, seed))

    def known(self, *, test: bool = False) -> Known:
        """Return what is true by training and validation, with ``test`` by all three parts."""
        parts = (self.training, self.validation, self.test) if test else (self.training, self.validation)
        return Known.of(torch.cat(parts), len(self.entities), len(self.relations))

    def trained(self) -> Known:
        """Return what is true by training alone."""
        return Known.of(self.training, len(self.entities), len(self.relations))


def _numbered(rows: Iterable[Row], entities: dict[str, int], relations: dict[str, int]) -> Tensor:
    found = set()
    for row in rows:
        head, name, tail = entities.get(row[0]), relations.get(row[1]), entities.get(row[2])
        if head is None or name is None or tail is None:
            raise DataRefusedError(
                "a held-out triple names what no training triple does",
                where=" ".join(row),
                remedy="move it to the training triples or drop it",
            )
        found.add((head, name, tail))
    return torch.tensor(sorted(found), dtype=torch.long).reshape(-1, 3)
