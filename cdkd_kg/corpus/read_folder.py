"""A folder of text files: one subfolder a label; files at the top have no label."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from cdkd_kg.corpus.rows import Fault, Record


def files_of(folder: Path) -> list[Path]:
    """Return the files under ``folder``, sorted by relative path; hidden ones and linked folders are left out."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(root, name) for name in names if not name.startswith(".")]
    return sorted((file for file in found if file.is_file()), key=lambda file: file.relative_to(folder).parts)


def read_folder(folder: Path, max_bytes: int) -> Iterator[Record]:
    """Yield one row a file: its id is the relative path, its label the first subfolder, its text the bytes."""
    for file in files_of(folder):
        parts = file.relative_to(folder).parts
        size = file.stat().st_size
        fault = None
        content = b""
        if size > max_bytes:
            fault = Fault("line-too-long", f"the file has {size} bytes, the limit is {max_bytes}")
        else:
            content = file.read_bytes()
        values = {"id": "/".join(parts), "text": content, "label": parts[0] if len(parts) > 1 else None}
        yield Record(str(file), 1, values, fault)
