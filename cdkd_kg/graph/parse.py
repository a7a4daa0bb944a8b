"""The one door through which RDF comes in: no network, no entities, no bombs, errors that name the line.

The grammar is that of ``pyoxigraph``; what it leaves open is closed here, before it sees a byte: size of the
file (unpacked), length of a line and of a literal, XML document types, and depth of nesting.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Literal, Quad, RdfFormat
from pyoxigraph import parse as parse_rdf

from cdkd_kg.errors import GraphError, MissingResourceError, nearest
from cdkd_kg.graph.nesting import check_nesting

MAX_BYTES = 256 << 20
MAX_LITERAL = 1 << 20
MAX_LINE = 2 * MAX_LITERAL
FORMATS = {
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".ttl": RdfFormat.TURTLE,
    ".trig": RdfFormat.TRIG,
    ".jsonld": RdfFormat.JSON_LD,
    ".rdf": RdfFormat.RDF_XML,
    ".owl": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
}
_COMMON = (b"<http://", b"<https://", b"<urn:")
_BLANK = re.compile(rb"(?:^|[ \t])_:", re.MULTILINE)
WITH_GRAPHS = (RdfFormat.N_QUADS, RdfFormat.TRIG)
_BY_LINE = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)


def parse(path: Path | str, base_iri: str | None = None) -> Iterator[Quad]:
    """Read an RDF file, quad by quad, in the order of the file.

    Args:
        path: Turtle, N-Triples, N-Quads, TriG, JSON-LD or RDF/XML by its suffix, or one of these in ``.gz``.
        base_iri: what relative IRIs are relative to; without it they are an error.

    Yields:
        Quads as they stand in the file; triples are in the default graph.

    Raises:
        MissingResourceError: there is no such file.
        GraphError: the file is refused; the message names the file, the line where it is known, and why.
    """
    path = Path(path)
    rdf_format = format_of(path)
    data = read_bytes(path)
    check_nesting(data, rdf_format, str(path))
    if rdf_format in _BY_LINE:
        _check_lines(data, path)
    try:
        for quad in parse_rdf(data, format=rdf_format, base_iri=base_iri):
            if isinstance(quad.object, Literal) and len(quad.object.value) > MAX_LITERAL:
                raise _too_long(quad.object.value, data, path)
            yield quad
    except (SyntaxError, ValueError, MemoryError) as error:  # MemoryError: a token over 16 MiB
        raise refused(error, path) from error


def plain_triples(path: Path) -> bytes | None:
    """Return the bytes of N-Triples that need no look at each term, else None.

    That is a file of N-Triples in which every ``<`` begins an IRI of a common scheme, no blank node can be, and
    lines are no longer than a literal may be; its grammar is still to be checked by whoever reads it.
    """
    if format_of(path) is not RdfFormat.N_TRIPLES:
        return None
    data = read_bytes(path)
    common = sum(data.count(beginning) for beginning in _COMMON)
    blank = b"_:" in data and _BLANK.search(data)
    return None if common < data.count(b"<") or blank or _too_long_line(data, MAX_LITERAL) is not None else data


def format_of(path: Path) -> RdfFormat:
    """Return the RDF format of a file by its suffix; ``.gz`` is looked through."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = ([""] + [suffix for suffix in suffixes if suffix != ".gz"])[-1]
    if suffix not in FORMATS:
        raise GraphError(
            f"the suffix {suffix!r} is not one of RDF{nearest(suffix, FORMATS)}",
            where=str(path),
            remedy=f"name the file by its format: {', '.join(sorted(FORMATS))}, or one of these in .gz",
        )
    return FORMATS[suffix]


def read_bytes(path: Path) -> bytes:
    """Return what is in a file, unpacked where its name ends in ``.gz``, and never more than ``MAX_BYTES``."""
    if not path.is_file():
        raise MissingResourceError("there is no such RDF file", where=str(path), remedy="correct the path")
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as handle:
            data: bytes = handle.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise GraphError("the file cannot be read", where=str(path), why=str(error)) from error
    if len(data) > MAX_BYTES:
        raise GraphError(
            f"the file is over {MAX_BYTES >> 20} MiB" + (" when unpacked" if path.suffix == ".gz" else ""),
            where=str(path),
            remedy="keep the part of the vocabulary that you need",
        )
    return data


def _check_lines(data: bytes, path: Path) -> None:
    start = _too_long_line(data, MAX_LINE)
    if start is not None:
        raise _long_line(data.count(b"\n", 0, start) + 1, path)


def _too_long_line(data: bytes, longest: int) -> int | None:
    """Return where the first line begins that is surely over ``longest`` bytes."""
    start = 0
    while len(data) - start > longest:
        end = data.rfind(b"\n", start, start + longest + 1)
        if end < 0:
            return start
        start = end + 1
    return None


def _long_line(line: int, path: Path) -> GraphError:
    return GraphError(f"the line is over {MAX_LINE >> 20} MiB", where=f"{path}, line {line}", remedy="shorten it")


def _too_long(text: str, data: bytes, path: Path) -> GraphError:
    """Name the line of a literal by looking for its beginning as it would stand there without escapes."""
    beginning = text[:64].partition("\n")[0].encode()
    place = data.find(beginning) if beginning else -1
    line = f", line {1 + data[:place].count(10)}" if place >= 0 else ""
    return GraphError(
        f"a literal is over {MAX_LITERAL >> 20} MiB",
        where=f"{path}{line}",
        why=f"it begins with {text[:40]!r}",
        remedy="shorten it; documents belong in the corpus",
    )


def refused(error: SyntaxError | ValueError | MemoryError, path: Path) -> GraphError:
    """Return the error that says which file is refused, at which line, and why."""
    line = getattr(error, "lineno", None)
    why = str(getattr(error, "msg", None) or error)
    if "LoadDocumentCallback" in why:
        why = "its JSON-LD context lies elsewhere, and nothing is fetched while reading"
    return GraphError(
        "the RDF file is refused",
        where=f"{path}, line {line}" if line else str(path),
        why=why,
        remedy="correct the file; a JSON-LD context must be written out, and the text must be UTF-8",
    )
