"""EntitySignal: the linked mentions of documents, and what a graph teacher makes of their entities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from cdkd_kg.errors import ArtifactError

TENSORS = "entities.safetensors"

Mention = tuple[str, int, int, str]
"""A document, begin and end in its text, and the IRI of an entity."""


Ties = set[tuple[str, str]]
"""Documents with the IRIs of their entities."""


def shown(original: Ties, control: Ties) -> dict[tuple[str, str], str]:
    """Return what each mention's entity is in a control of the graph.

    What the control has stays. Of each document, the entities that it lost are, in order, those that it got instead,
    as where a graph is shuffled, so that a control's students are told as much, and told it wrong; where it got none,
    as where edges are dropped, nothing is said of them.

    Example:
        >>> shown({("d", "urn:a"), ("d", "urn:b")}, {("d", "urn:b"), ("d", "urn:c")})
        {('d', 'urn:a'): 'urn:c', ('d', 'urn:b'): 'urn:b'}
    """
    lost: defaultdict[str, list[str]] = defaultdict(list)
    gained: defaultdict[str, list[str]] = defaultdict(list)
    for ties, found in ((original - control, lost), (control - original, gained)):
        for document, entity in sorted(ties):
            found[document].append(entity)
    pairs = ((document, zip(lost[document], gained[document], strict=False)) for document in sorted(lost))
    instead = {(document, before): after for document, both in pairs for before, after in both}
    return dict(sorted((instead | {tie: tie[1] for tie in original & control}).items()))


@dataclass(frozen=True)
class EntitySignal:
    """Mentions by document.

    Attributes:
        documents: ``[M]``, the row of each mention's document in the teacher's signal, ascending.
        spans: ``[M, 2]``, begin and end in the text, in code points.
        entities: ``[M]``, the row of its entity in ``vectors``.
        vectors: ``[E, D]`` float16.
    """

    documents: NDArray[np.int32]
    spans: NDArray[np.int32]
    entities: NDArray[np.int32]
    vectors: NDArray[np.float16]

    @classmethod
    def of(
        cls, ids: Sequence[str], mentions: Iterable[Mention], vectors: Mapping[str, NDArray[np.floating]]
    ) -> EntitySignal:
        """Keep the mentions of known documents whose entity has a vector.

        Args:
            ids: of documents, in the order of the teacher's signal.
            mentions: in any order.
            vectors: ``[D]`` by the IRI of the entity.
        """
        places = {name: row for row, name in enumerate(ids)}
        kept = sorted({one for one in mentions if one[0] in places and one[3] in vectors})
        names = sorted({one[3] for one in kept})
        rows = {name: row for row, name in enumerate(names)}
        found = sorted((places[document], begin, end, rows[iri]) for document, begin, end, iri in kept)
        table = np.array(found, dtype=np.int32).reshape(-1, 4)
        width = len(next(iter(vectors.values()), ()))
        largest = float(np.finfo(np.float16).max)
        known = np.clip([vectors[name] for name in names], -largest, largest).reshape(len(names), width)
        return cls(table[:, 0].copy(), table[:, 1:3].copy(), table[:, 3].copy(), known.astype(np.float16))

    def of_document(self, row: int) -> list[tuple[int, int, int]]:
        """Return begin, end and entity of each mention of a document, by its row in the teacher's signal."""
        first, last = np.searchsorted(self.documents, [row, row + 1])
        return [
            (int(begin), int(end), int(entity))
            for (begin, end), entity in zip(self.spans[first:last], self.entities[first:last], strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write the signal into a folder of :func:`cdkd_kg.artifacts.new_folder`."""
        save_file(vars(self), folder / TENSORS)

    @classmethod
    def load(cls, folder: Path) -> EntitySignal:
        """Read what :meth:`save` wrote.

        Raises:
            ArtifactError: it is missing or broken.
        """
        try:
            return cls(**load_file(folder / TENSORS))
        except (OSError, SafetensorError, TypeError) as error:
            raise ArtifactError(
                "the entities of a signal cannot be read", where=str(folder / TENSORS), why=str(error)
            ) from error
