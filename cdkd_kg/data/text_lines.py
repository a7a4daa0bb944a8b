"""Lines and text of corpora, decoded where they are UTF-8."""

from __future__ import annotations

from collections.abc import Iterator

from cdkd_kg.errors import ArtifactError


def text_or_bytes(raw: bytes) -> str | bytes:
    """Return ``raw`` as text, or as it is where it is not UTF-8, so that a check can name it."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def tab_rows(raw: bytes, member: str, columns: int, skip: int = 0) -> Iterator[tuple[int, list[bytes]]]:
    """Yield line number (from 1) and cells of every line that is not blank.

    Args:
        raw: the file.
        member: its path, for errors.
        columns: how many cells a line must have.
        skip: header lines to leave out.

    Raises:
        ArtifactError: a line has another number of cells.
    """
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if number <= skip or not line.strip():
            continue
        cells = line.rstrip(b"\r").split(b"\t")
        if len(cells) != columns:
            raise ArtifactError(
                "a line of the set cannot be read", where=f"{member}:{number}", why=f"{len(cells)} cells, not {columns}"
            )
        yield number, cells
