"""JSON Lines with line numbers: every line is an object, and stands or falls alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cdkd_kg.corpus.lines import Line, read_lines
from cdkd_kg.corpus.read_csv import utf8_fault
from cdkd_kg.corpus.rows import Fault, Record


def read_jsonl(path: Path, max_line_bytes: int) -> Iterator[Record]:
    """Yield the objects of a JSON Lines file; blank lines are no rows."""
    bom = False
    for line in read_lines(path, max_line_bytes):
        bom = bom or line.bom
        if not line.over and not line.content.strip():
            continue
        values, fault = _parse(line, max_line_bytes)
        yield Record(str(path), line.number, values, fault, line.content, bom)
        bom = False


def _parse(line: Line, max_bytes: int) -> tuple[dict[str, Any] | None, Fault | None]:
    if line.over:
        return None, Fault("line-too-long", f"the line has {line.size} bytes, the limit is {max_bytes}")
    if b"\0" in line.content:
        return None, Fault("nul-byte", f"byte {line.content.index(0)} of the line is NUL")
    fault = utf8_fault([line])
    try:
        value = json.loads(line.content.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        return None, fault or Fault("broken-row", f"the line is not JSON: {error}")
    if not isinstance(value, dict):
        return None, fault or Fault("broken-row", f"the line is a JSON {type(value).__name__}, not an object")
    return value, fault
