"""Rules that look at one row alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cdkd_kg.config import DomainConfig, TaskConfig
from cdkd_kg.corpus.check import Problem, SetAside
from cdkd_kg.corpus.labels import LabelError, task_labels
from cdkd_kg.corpus.pairs import PAIR, is_pair, joined
from cdkd_kg.corpus.rows import Fault, RawRow, Row, printable
from cdkd_kg.errors import nearest

BOM = "\ufeff"
SPLITS = {
    "train": "train", "training": "train", "unsupervised": "train", "unlabelled": "train", "unlabeled": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip


@dataclass(slots=True)
class Sifted:
    """Rows of one domain after the row rules: those that passed, those that did not, and what was noticed."""

    rows: list[Row] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unknown_rows: int = 0

    @property
    def rows_in(self) -> int:
        """How many rows were read."""
        return len(self.rows) + len(self.aside)


def sift(raws: Iterable[RawRow], task: TaskConfig, domain: DomainConfig, max_bytes: int, into: Sifted) -> None:
    """Put every row into ``into``: checked and cleaned, or set aside with the first rule that it breaks.

    ``into`` keeps what was read so far when the reader refuses the rest.
    """
    for raw in raws:
        if raw.bom:
            into.warnings.append(_bom(raw, "the file begins with a byte order mark, which was cut off"))
        try:
            text = _text(raw, max_bytes)
            split = _split(raw)
            labels = task_labels(raw.label, task, domain)
        except LabelError as error:
            into.aside.append(SetAside.of(raw, *error.fault))
            into.unknown += error.unknown
            into.unknown_rows += bool(error.unknown)
        except _BrokenError as error:
            into.aside.append(SetAside.of(raw, *error.fault))
        else:
            bare = text.removeprefix(BOM)
            if bare != text:
                into.warnings.append(_bom(raw, "the text begins with a byte order mark, which was cut off"))
            into.rows.append(_row(raw, bare, split, labels, into.rows_in))


class _BrokenError(Exception):
    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(rule, reason)


def _text(raw: RawRow, max_bytes: int) -> str:
    if raw.fault is not None:
        raise _BrokenError(*raw.fault)
    text = _part(raw.text, "text")
    for name, value in (("id", raw.id), ("label", raw.label), ("split", raw.split)):
        for part in value if isinstance(value, list | tuple) else [value]:
            _sound(part, name)
    text = _whole(text, "text", max_bytes)
    if raw.pair is None:
        return text
    second = "second text"
    return joined(text, _whole(_part(raw.pair, second).removeprefix(BOM), second, max_bytes))


def _part(text: Any, name: str) -> str:
    if text is None:
        raise _BrokenError("empty-text", f"there is no {name}")
    if not isinstance(text, str | bytes):
        raise _BrokenError("broken-row", f"the {name} is of kind {type(text).__name__}, not a string")
    return _decoded(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"), name)


def _whole(text: str, name: str, max_bytes: int) -> str:
    """Return a text that may be used as it is."""
    if "\0" in text:
        raise _BrokenError("nul-byte", f"character {text.index(chr(0))} of the {name} is NUL")
    if is_pair(text):
        where = f"character {text.index(PAIR)} of the {name}"
        raise _BrokenError("unit-separator", f"{where} is U+001F, which stands between the two texts of a pair")
    size = len(text.encode("utf-8"))
    if size > max_bytes:
        raise _BrokenError("line-too-long", f"the {name} has {size} bytes, the limit is {max_bytes}")
    bare = text.removeprefix(BOM)
    if not bare.strip():
        raise _BrokenError("empty-text", f"the {name} is empty" if not bare else f"the {name} is white space alone")
    return text


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start} of the {name} is 0x{content[error.start]:02x}"
        raise _BrokenError("bad-utf8", f"the {name} is not UTF-8: {byte} ({error.reason})") from error


def _sound(value: Any, name: str) -> None:
    if isinstance(value, str | bytes):
        content = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        if "\0" in _decoded(content, name):
            raise _BrokenError("nul-byte", f"the {name} holds a NUL byte")


def _split(raw: RawRow) -> str | None:
    if raw.split is None:
        return None
    name = raw.split.strip().lower()
    if name not in SPLITS:
        raise _BrokenError("unknown-split", f"there is no split {raw.split!r}{nearest(name, SPLITS)}")
    return SPLITS[name]


def _row(raw: RawRow, text: str, split: str | None, labels: tuple[str, ...] | None, order: int) -> Row:
    group = raw.extra.get("group")
    return Row(
        file=raw.file,
        line=raw.line,
        id=raw.id or "text-" + hashlib.sha256(text.encode()).hexdigest()[:16],
        given_id=raw.id is not None,
        text=text,
        key=hashlib.sha256(PAIR.join(" ".join(part.split()) for part in text.split(PAIR)).encode()).digest(),
        labels=labels,
        split=split,
        domain=raw.domain,
        group=None if group is None else str(group),
        order=order,
    )


def _bom(raw: RawRow, reason: str) -> Problem:
    return Problem(
        "warning", "byte-order-mark", raw.domain, printable(raw.file), raw.line, printable(raw.id or ""), reason
    )
