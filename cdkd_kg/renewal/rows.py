"""Texts that join a corpus, in a file of rows; each has its split by its own digest, and so for ever."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdkd_kg.artifacts import canonical_json, sha256_text, write_text
from cdkd_kg.config import SourceConfig, Split

TEST, VALIDATION = 0.2, 0.1
"""The shares of texts that measure, as of data that come without splits."""
FEWEST = 2
"""Texts of a domain: one cannot be both learned from and measured by."""
Rows = Mapping[str, Mapping[str, Any]]
"""By id ``text``, ``text_pair`` (or None), ``label`` (a list of names, or None) and ``split``."""


def key_of(text: str, pair: str | None) -> str:
    """Return what is the same for texts that differ in white space alone, which a corpus takes for one."""
    return sha256_text("\0".join(" ".join(part.split()) for part in (text, pair or "")))


def share_of(text: str, pair: str | None) -> float:
    """Return a number from 0 to 1 that a text has for ever, drawn as if evenly."""
    return int(key_of(text, pair)[:8], 16) / 0x1_0000_0000


def place_of(text: str, pair: str | None) -> Split:
    """Return the split of a text: its place for ever, whatever else a service sees and whoever judges it.

    Example:
        >>> place_of("the ball", None) == place_of(" the  ball", None)
        True
    """
    share = share_of(text, pair)
    return "test" if share < TEST else "validation" if share < TEST + VALIDATION else "train"


def write_rows(rows: Rows, multi_label: bool, folder: Path) -> SourceConfig:
    """Write rows, sorted by id, into a file that is named by its content, and return where a domain reads them."""
    pairs = any(row["text_pair"] is not None for row in rows.values())
    lines = [canonical_json({"id": name} | _told(row, multi_label, pairs)) for name, row in sorted(rows.items())]
    content = "\n".join(lines) + "\n"
    path = folder / f"{sha256_text(content)[:16]}.jsonl"
    write_text(path, content)
    columns: dict[Any, str] = {"text_pair": "text_pair"} if pairs else {}
    return SourceConfig(path=path, columns=columns)


def _told(row: Mapping[str, Any], multi_label: bool, pairs: bool) -> dict[str, Any]:
    labels = row["label"]
    label = labels if labels is None or multi_label else labels[0]
    second = {"text_pair": row["text_pair"]} if pairs else {}
    return {"text": row["text"], "label": label, "split": row["split"]} | second
