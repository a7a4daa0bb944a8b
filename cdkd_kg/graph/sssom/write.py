"""Mappings as SSSOM/TSV, in its canonical form: the same bytes for the same mappings.

Source: https://mapping-commons.github.io/sssom/spec-formats-tsv/. Apart from it, numbers keep all of their digits, and
an IRI that no prefix fits is written in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import yaml
from pyoxigraph import Literal, NamedNode

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.graph.labels import preferred
from cdkd_kg.graph.sssom.curies import BUILT_IN, contract, prefixes_of
from cdkd_kg.graph.sssom.mappings import Record, Value, mappings
from cdkd_kg.graph.sssom.read import split
from cdkd_kg.graph.sssom.slots import (
    EXPORTED,
    IRIS,
    MANY,
    NO_LICENSE,
    NUMBERS,
    REFERENCES,
    REQUIRED,
    SHARED,
    SLOTS,
    TRIPLE,
)  # fmt: skip

if TYPE_CHECKING:
    from cdkd_kg.graph.knowledge_graph import KnowledgeGraph

_QUOTED = re.compile('[\t\n\r"]')
_PLAIN = re.compile(r"[A-Za-z][!-~]*(?<!:)")
Said = dict[str, tuple[Value, ...]]


def to_sssom(graph: KnowledgeGraph) -> bytes:
    """Return all mappings of a graph as SSSOM/TSV, sorted; subjects and objects are called as in the graph."""
    names = preferred(graph)
    records = [_said(record, names) for record in mappings(graph)]
    full = set(_iris(records, IRIS - REFERENCES))
    prefixes = prefixes_of(_iris(records, REFERENCES), full)
    bases = {base: prefix for prefix, base in (BUILT_IN | prefixes).items()}
    rows = {tuple(_cell(slot, said.get(slot, ()), bases) for slot in SLOTS) for said in records}
    shared, columns = _condensed(sorted(rows))
    table = "".join("\t".join(map(_quoted, row)) + "\n" for row in zip(*columns.values(), strict=True))
    text = "\t".join(columns) + "\n" + table
    head = f"#license: {_scalar(shared.pop('license', NO_LICENSE))}\n" + "".join(_lines(shared))
    prefix_lines = "".join(f"#  {_scalar(prefix)}: {_scalar(base)}\n" for prefix, base in prefixes.items())
    curie_map = f"#curie_map:\n{prefix_lines}" if prefixes else ""
    digest = sha256_text(curie_map + head + text)[:32]
    return f"{curie_map}#mapping_set_id: {EXPORTED}{digest}\n{head}{text}".encode()


def _said(record: Record, names: Mapping[str, str]) -> Said:
    """Return all slots of a record."""
    triple, said = record.triple, dict(record.slots)
    for end, node in (("subject", triple.subject), ("object", triple.object)):
        if isinstance(node, NamedNode) and node.value in names:
            said[f"{end}_label"] = (Literal(names[node.value]),)
    ends: Said = dict(zip(TRIPLE, ((end,) for end in triple), strict=True))
    return said | ends


def _iris(records: Iterable[Said], slots: Iterable[str]) -> set[str]:
    return {value.value for said in records for slot in slots for value in said.get(slot, ())}


def _cell(slot: str, values: tuple[Value, ...], bases: Mapping[str, str]) -> str:
    texts = (_text(slot, value, bases) for value in values)
    if slot in MANY:
        return "|".join(sorted(re.sub(r"([\\|])", r"\\\1", text) for text in texts if text))
    return next(texts, "")


def _text(slot: str, value: Value, bases: Mapping[str, str]) -> str:
    if slot in REFERENCES:
        return contract(value.value, bases)
    if slot in NUMBERS:
        with suppress(ValueError):  # what is no number is written as it is, for a reader to refuse
            return repr(float(value.value)).removesuffix(".0")
    return value.value


def _condensed(rows: Sequence[Sequence[str]]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return what all rows share, and the columns of the other slots that any of them fills."""
    columns = {slot: [row[place] for row in rows] for place, slot in enumerate(SLOTS)}
    shared = {slot: columns[slot][0] for slot in SHARED if len(set(columns[slot])) == 1 and columns[slot][0]}
    kept = {slot: cells for slot, cells in columns.items() if slot in REQUIRED or (slot not in shared and any(cells))}
    return shared, kept


def _lines(shared: Mapping[str, str]) -> Iterator[str]:
    for slot, cell in shared.items():
        if slot in MANY:
            yield f"#{slot}:\n"
            yield from (f"#  - {_scalar(text)}\n" for text in split(cell))
        else:
            yield f"#{slot}: {_scalar(cell)}\n"


def _scalar(text: str) -> str:
    """Return a text in YAML: plain where it can be, else in double quotes and ASCII."""
    if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', width=float("inf"))
    return quoted.rstrip("\n")


def _quoted(text: str) -> str:
    """Return a cell as RFC 4180 quotes it; ``csv`` leaves out a lone carriage return."""
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
