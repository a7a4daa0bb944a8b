"""What an earlier reading says, so that of a corpus that grew only the new documents are read.

What is found in a document depends on nothing but its text and the method of the reading, and not on the documents
beside it, so its rows can be taken from an earlier reading of that method. (But for rounding, where a pipeline's sums
depend on the batch, as those of transformers do.)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cdkd_kg.artifacts import is_sound
from cdkd_kg.entities.tables import Extraction, read_table

DOCUMENTS = "documents.parquet"
"""The documents that a reading covers, those without a mention among them."""
_COVERED = pa.schema([("id", pa.string()), ("text_hash", pa.string())])


@dataclass(frozen=True)
class Known:
    """The documents that need not be read again, and a reading that has their rows."""

    documents: frozenset[str]
    reading: Extraction

    @classmethod
    def load(cls, folder: Path, hashes: Mapping[str, str]) -> Known:
        """Read what a folder says of the documents whose text has these hashes, by id.

        Raises:
            ArtifactError: a table is missing, broken, or has other columns.
        """
        return cls(covered(folder, hashes), Extraction.load(folder))

    def beside(self, read: Extraction, ids: Sequence[str]) -> Extraction:
        """Return what reading all of some documents gives, row for row.

        Args:
            read: what was found in those of them that are not known.
            ids: of all, sorted.
        """
        known = [name for name in ids if name in self.documents]
        if not known:
            return read
        return Extraction(
            _beside(self.reading.mentions, read.mentions, known), _beside(self.reading.relations, read.relations, known)
        )


def _beside(known: pa.Table, read: pa.Table, ids: Sequence[str]) -> pa.Table:
    column = known["document"]
    begin = bisect_left(column, ids[0], key=pa.StringScalar.as_py)
    near = known.slice(begin, bisect_right(column, ids[-1], key=pa.StringScalar.as_py) - begin)
    kept = near.filter(pc.is_in(near["document"], pa.array(ids, pa.string())))
    both = pa.concat_tables([kept, read])
    # The order is stable: all rows of a document come from one of the two, where they are in order.
    return both.take(pc.sort_indices(both["document"])).combine_chunks()


def save_covered(hashes: Mapping[str, str], folder: Path) -> None:
    """Write of which documents a folder that is being filled has the rows: hash of the text by id."""
    table = pa.table([list(hashes), list(hashes.values())], schema=_COVERED)
    pq.write_table(table, folder / DOCUMENTS, compression="zstd")


def covered(folder: Path, hashes: Mapping[str, str]) -> frozenset[str]:
    """Return the ids of the documents that a folder has the rows of, and whose text has the hash that is given.

    Raises:
        ArtifactError: the table is missing, broken, or has other columns.
    """
    table = read_table(folder / DOCUMENTS, _COVERED)
    pairs = zip(*(table[name].to_pylist() for name in _COVERED.names), strict=True)
    return frozenset(name for name, text_hash in pairs if hashes.get(name) == text_hash)


def known_of(folders: Iterable[Path], hashes: Mapping[str, str]) -> Known | None:
    """Return what is known by the sound folder that covers most documents, the first of equals; None where none does.

    Args:
        folders: of earlier readings of the same method, whose lists of documents were verified.
        hashes: of the texts that are to be read, by id.
    """
    counts = {folder: len(covered(folder, hashes)) for folder in folders}
    for folder in sorted(filter(counts.get, counts), key=lambda folder: -counts[folder]):
        if is_sound(folder):
            return Known.load(folder, hashes)
    return None
