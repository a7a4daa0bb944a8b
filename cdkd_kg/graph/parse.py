"""The one door through which RDF comes in: no network, no entities, no bombs, errors that name the line.

The grammar is that of ``pyoxigraph``; what it leaves open is closed here, before it sees a byte: size of the
file (unpacked), length of a line, a literal and an IRI, XML document types, depth of nesting, and how much longer than
the file its quads may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple
from pyoxigraph import parse as parse_rdf

from cdkd_kg.errors import GraphError, nearest
from cdkd_kg.graph.files import (
    FREE_BYTES,
    MAX_IRI,
    MAX_JSON_BYTES,
    MAX_LITERAL,
    MAX_RATIO,
    as_file,
    read_bytes,
    read_lines,
)
from cdkd_kg.graph.json_ld import check_complete
from cdkd_kg.graph.nesting import check_nesting
from cdkd_kg.graph.prefixes import check_prefixes

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
_TEXTS = (".csv", ".docx", ".html", ".md", ".pdf", ".txt")
_BLANK = b"_:"
_WITH_GRAPHS = (RdfFormat.N_QUADS, RdfFormat.TRIG)
_LONG = re.compile(rb"<[^<>\n]{%d}" % MAX_IRI)
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
    most = MAX_JSON_BYTES if rdf_format is RdfFormat.JSON_LD else None
    data = None if rdf_format in _BY_LINE else read_bytes(path, most)
    if data is not None:
        check_nesting(data, rdf_format, str(path))
        check_prefixes(data, rdf_format, str(path))
    source = as_file(_lines(path, rdf_format)) if data is None else data
    bound, count = float("inf") if data is None else max(FREE_BYTES, MAX_RATIO * len(data)), 0
    try:
        for quad in _bounded(parse_rdf(source, format=rdf_format, base_iri=base_iri), bound, path):
            if isinstance(quad.object, Literal) and len(quad.object.value) > MAX_LITERAL:
                raise _too_long(quad.object.value, read_lines(path) if data is None else [data], path)
            count += 1
            yield quad
        if data is not None and rdf_format is RdfFormat.JSON_LD:
            lenient = parse_rdf(data, format=rdf_format, base_iri=base_iri, lenient=True)
            check_complete(_bounded(lenient, bound, path), count, data, str(path))
    except (SyntaxError, ValueError, MemoryError) as error:  # MemoryError: a token over 16 MiB
        raise refused(error, path) from error


def plain_triples(path: Path) -> BinaryIO | None:
    """Return a file of N-Triples that needs no look at each term, else None.

    In such a file every ``<`` begins an IRI of a common scheme, nothing looks like a blank node, also in a text, no
    line is longer than a literal may be, and no IRI too long; its grammar is still to be checked by whoever reads it.
    """
    if format_of(path) is not RdfFormat.N_TRIPLES:
        return None
    return as_file(read_lines(path)) if all(map(_is_plain, read_lines(path))) else None


def has_graphs(path: Path) -> bool:
    """Say whether a file can have named graphs: N-Quads and TriG by their format, JSON-LD if it has a quad in one."""
    rdf_format = format_of(path)
    if rdf_format is RdfFormat.JSON_LD:
        return any(not isinstance(quad.graph_name, DefaultGraph) for quad in parse(path))
    return rdf_format in _WITH_GRAPHS


def format_of(path: Path) -> RdfFormat:
    """Return the RDF format of a file by its suffix; ``.gz`` is looked through."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = ([""] + [suffix for suffix in suffixes if suffix != ".gz"])[-1]
    if suffix not in FORMATS:
        raise GraphError(
            f"the suffix {suffix!r} is not one of RDF{'' if suffix in _TEXTS else nearest(suffix, FORMATS)}",
            where=str(path),
            remedy=f"name the file by its format: {', '.join(sorted(FORMATS))}, or one of these in .gz; "
            "mappings end in .sssom.tsv, and texts go in with `cdkd graph build`",
        )
    return FORMATS[suffix]


def _lines(path: Path, rdf_format: RdfFormat) -> Iterator[bytes]:
    first = 1
    for block in read_lines(path):
        check_nesting(block, rdf_format, str(path), first)  # a term does not go on in the next line
        yield block
        first += block.count(b"\n")


def _is_plain(lines: bytes) -> bool:
    longest = max(map(len, lines.split(b"\n")))
    if longest > MAX_LITERAL or _BLANK in lines or (longest > MAX_IRI and _LONG.search(lines)):
        return False
    others = lines.count(b"<")
    for beginning in _COMMON:  # each look takes as long as reading the block: the first is often the last
        others -= lines.count(beginning) if others else 0
    return others <= 0


def _bounded(quads: Iterable[Quad], most: float, path: Path) -> Iterator[Quad]:
    """Yield quads while no IRI of them is too long, and all of them, as N-Quads, no longer than ``most`` characters."""
    total = 0
    for quad in quads:
        size = len(str(quad))  # one call for all terms: this is done for every quad
        total += size
        if size > MAX_IRI and any(map(_has_long_iri, quad)):
            raise GraphError(
                f"an IRI is over {MAX_IRI >> 10} KiB",
                where=str(path),
                why=f"it is in {str(quad)[:200]}...",
                remedy="shorten it; a short file can repeat a long prefix without end",
            )
        if total > most:
            raise GraphError(
                f"the file's triples are over {MAX_RATIO} times its size",
                where=str(path),
                why="its prefixes are so long that it may have been made to fill memory",
                remedy="convert it to N-Triples with a tool that you trust",
            )
        yield quad


def _has_long_iri(term: NamedNode | BlankNode | Literal | Triple | DefaultGraph) -> bool:
    if isinstance(term, NamedNode | BlankNode):
        return len(term.value) > MAX_IRI
    if isinstance(term, Literal):
        return len(term.datatype.value) > MAX_IRI
    return isinstance(term, Triple) and any(map(_has_long_iri, term))


def _too_long(text: str, blocks: Iterable[bytes], path: Path) -> GraphError:
    """Name the line of a literal by looking for its beginning as it would stand there without escapes."""
    beginning = text[:64].partition("\n")[0].encode()
    line, number = "", 1
    for block in blocks if beginning else ():
        if (place := block.find(beginning)) >= 0:
            line = f", line {number + block.count(10, 0, place)}"
            break
        number += block.count(10)
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
