"""Documents and what is found in them as Parquet, some in a file, at a place that several machines see."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from cdkd_kg.artifacts import canonical_json, sha256_text
from cdkd_kg.corpus.urls import place_of
from cdkd_kg.entities.reading import Document
from cdkd_kg.entities.tables import Extraction

_DOCUMENTS = pa.schema([("id", pa.string()), ("text", pa.string())])


class Shards:
    """Files that are whole or absent, named by the documents they hold or are about.

    Documents have been read when ``read/<shard>.sha256`` is there and the files of their mentions and relations are
    what it says, so nobody needs a list of what is done, and what was cut or altered is read again.

    Attributes:
        place: its whole URL.

    Args:
        place: a folder, or a URL that fsspec knows (``s3://``, ``gs://``, ``hdfs://``); one method of reading a place.

    Raises:
        ConfigError: nobody knows such a URL.
        MissingResourceError: the package for it is not installed.
    """

    def __init__(self, place: str) -> None:
        self._files, self._root = place_of(place, "entities.shards")
        self.place = self._files.unstrip_protocol(self._root)  # the same from wherever it is looked for

    @staticmethod
    def name_of(documents: Sequence[Document]) -> str:
        """Return what a shard of these documents is called."""
        return sha256_text(canonical_json([list(document) for document in documents]))[:32]

    def put(self, name: str, documents: Sequence[Document]) -> None:
        """Write documents that are to be read."""
        columns = [[getattr(document, field) for document in documents] for field in Document._fields]
        self._write(f"documents/{name}.parquet", _parquet(pa.table(columns, schema=_DOCUMENTS)))

    def documents(self, name: str) -> list[Document]:
        """Return the documents of a shard that was put."""
        rows = _table(self._files.cat_file(self._path(f"documents/{name}.parquet")))
        return [
            Document(*values) for values in zip(*(rows[field].to_pylist() for field in Document._fields), strict=True)
        ]

    def keep(self, name: str, found: Extraction) -> None:
        """Write what was found in the documents of a shard."""
        tables = (found.mentions, found.relations)
        files = {file: _parquet(table) for file, table in zip(_files(name), tables, strict=True)}
        for file, content in files.items():
            self._write(file, content)
        self._write(f"read/{name}.sha256", _sums(files))

    def begin(self, run: str, name: str) -> int:
        """Note that the documents of a shard are about to be read in a run, and return how often they were."""
        self._write(f"begun/{run}/{name}/{uuid4().hex}", b"")
        self._files.invalidate_cache()
        return len(self._files.ls(self._path(f"begun/{run}/{name}"), detail=False))

    def found(self, name: str) -> Extraction | None:
        """Return what was kept of a shard; None where it was not, or not whole."""
        try:
            sums = self._files.cat_file(self._path(f"read/{name}.sha256"))
            files = {file: self._files.cat_file(self._path(file)) for file in _files(name)}
        except FileNotFoundError:
            return None
        return Extraction(*map(_table, files.values())) if sums == _sums(files) else None

    def _path(self, file: str) -> str:
        return posixpath.join(self._root, file)

    def _write(self, file: str, content: bytes) -> None:
        target = self._path(file)
        aside = self._path(f"aside/{uuid4().hex}")
        self._files.makedirs(posixpath.dirname(aside), exist_ok=True)
        self._files.makedirs(posixpath.dirname(target), exist_ok=True)
        self._files.pipe_file(aside, content)
        if self._files.exists(target):  # cut or altered; not every storage renames onto what is there
            self._files.rm(target)
        self._files.mv(aside, target)


def _files(name: str) -> tuple[str, str]:
    return f"mentions/{name}.parquet", f"relations/{name}.parquet"


def _sums(files: Mapping[str, bytes]) -> bytes:
    """Return what ``sha256sum`` says of files."""
    return "".join(f"{sha256(content).hexdigest()}  {file}\n" for file, content in files.items()).encode()


def _parquet(table: pa.Table) -> bytes:
    content = pa.BufferOutputStream()
    pq.write_table(table, content, compression="zstd")
    written: bytes = content.getvalue().to_pybytes()
    return written


def _table(content: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(content))
