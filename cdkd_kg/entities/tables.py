"""The two tables that extraction makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cdkd_kg.entities.linking.candidates import Candidate
from cdkd_kg.errors import ArtifactError

_TEXTS, _NUMBERS = ("iri", "label", "kind", "form"), Candidate._fields[4:]
CANDIDATE = pa.struct([(name, pa.string()) for name in _TEXTS] + [(name, pa.float32()) for name in _NUMBERS])
MENTIONS = pa.schema(
    [
        ("document", pa.string()),
        ("begin", pa.int32()),
        ("end", pa.int32()),
        ("anchor", pa.string()),
        ("concept", pa.string()),
        ("type", pa.string()),
        ("sentence", pa.int32()),
        ("candidates", pa.list_(CANDIDATE)),
        ("iri", pa.string()),
        ("nil", pa.string()),
        ("confidence", pa.float32()),
    ]
)
RELATIONS = pa.schema(
    [
        ("document", pa.string()),
        ("subject_begin", pa.int32()),
        ("object_begin", pa.int32()),
        ("predicate", pa.string()),
        ("pattern", pa.string()),
        ("sentence", pa.int32()),
        ("confidence", pa.float32()),
    ]
)


@dataclass(frozen=True)
class Extraction:
    """Mentions and relations of documents.

    ``mentions``: document; begin, end (code points of its text); anchor (the text between them); concept
    (normal form, which groups identical mentions); type (of the entity, TERM or CONCEPT); sentence (counted
    from 0); candidates (each a
    :class:`~cdkd_kg.entities.linking.candidates.Candidate` with all its features, the likeliest first);
    iri (chosen) or nil ("new", "ambiguous");
    confidence. Sorted by document and begin; no two mentions of a document overlap.

    ``relations``: document; subject_begin, object_begin (where the two mentions begin); predicate
    (``[a-z_]+``); pattern; sentence; confidence. Sorted by all but the last.
    """

    mentions: pa.Table
    relations: pa.Table

    def save(self, folder: Path) -> None:
        """Write ``mentions.parquet`` and ``relations.parquet`` into a folder that is being filled."""
        save_parts([self], folder)

    @classmethod
    def joined(cls, parts: Sequence[Extraction]) -> Extraction:
        """Return the rows of all parts, in their order."""
        mentions, relations = ([getattr(part, name) for part in parts] for name in ("mentions", "relations"))
        return cls(
            pa.concat_tables([MENTIONS.empty_table(), *mentions]).combine_chunks(),
            pa.concat_tables([RELATIONS.empty_table(), *relations]).combine_chunks(),
        )

    @classmethod
    def load(cls, folder: Path) -> Extraction:
        """Read what :meth:`save` wrote.

        Raises:
            ArtifactError: a table is missing, broken, or has other columns.
        """
        return cls(
            read_table(folder / "mentions.parquet", MENTIONS), read_table(folder / "relations.parquet", RELATIONS)
        )


def save_parts(parts: Iterable[Extraction], folder: Path) -> None:
    """Write the two tables into a folder that is being filled, part by part as they come."""
    with (
        pq.ParquetWriter(folder / "mentions.parquet", MENTIONS, compression="zstd") as mentions,
        pq.ParquetWriter(folder / "relations.parquet", RELATIONS, compression="zstd") as relations,
    ):
        for part in parts:
            mentions.write_table(part.mentions)
            relations.write_table(part.relations)


def read_table(file: Path, schema: pa.Schema) -> pa.Table:
    """Read a table of the stage.

    Raises:
        ArtifactError: it is missing, broken, or has other columns.
    """
    remedy = "run the stage entities again"
    try:
        table = pq.read_table(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise ArtifactError("a table cannot be read", where=str(file), why=str(error), remedy=remedy) from error
    if not table.schema.equals(schema):
        raise ArtifactError("a table has other columns than expected", where=str(file), remedy=remedy)
    return table
