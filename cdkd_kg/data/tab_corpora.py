"""20 Newsgroups and Reuters as tab files with a published split: label, text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cdkd_kg.data.text_lines import tab_rows, text_or_bytes

_HEADER_LINES = 3  # names, types and roles of the columns


def rows(files: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the ``*-train.tab`` and ``*-test.tab`` files, in the order of the files."""
    for member, raw in files.items():
        split = "train" if member.endswith("-train.tab") else "test"
        for number, (label, text) in tab_rows(raw, member, columns=2, skip=_HEADER_LINES):
            yield {
                "id": f"{split}/{number}",
                "text": text_or_bytes(text),
                "label": label.decode("utf-8", "replace"),
                "split": split,
                "_line": f"{member}:{number}",
            }
