"""BBC News: one file an article, one folder a label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from cdkd_kg.data.text_lines import text_or_bytes

_LABELS = {"sports": "sport"}


def rows(files: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    """Yield every article; texts that occur twice stay, and one that is not UTF-8 stays bytes."""
    for member, raw in files.items():
        path = PurePosixPath(member)
        if path.suffix != ".txt":
            continue
        label = _LABELS.get(path.parent.name, path.parent.name)
        text = text_or_bytes(raw)
        yield {"id": f"{label}/{path.stem}", "text": text, "label": label, "split": None, "_line": member}
