"""Bases and prefixes of RDF files, measured before they are parsed: what is put before many IRIs is held with each.

A parser may keep thousands of IRIs before it gives the first quad, such as those of ``rdf:ID`` or of prefixes, and a
base of 128 KiB makes gigabytes of a small file.
"""

from __future__ import annotations

import re

from pyoxigraph import RdfFormat

from cdkd_kg.errors import GraphError
from cdkd_kg.graph.files import MAX_IRI, MAX_PREFIX

MAX_PREFIXES = 10_000
# Bounded repeats, so that each byte is looked at a bounded number of times whatever the file holds.
_SPACE = rb"(?:[ \t\r\n]|#[^\n\r]{0,200}){0,200}+"
_TURTLE = re.compile(
    rb"[BbPp](?:(?P<base>[Aa][Ss][Ee])|[Rr][Ee][Ff][Ii][Xx]%b(?P<name>[^\s:<>#]{0,200}):)%b<(?P<iri>[^<>\s]{0,2000})>"
    % (_SPACE, _SPACE)
)
_LONG_TURTLE = re.compile(rb"<[^<>\"{}|^`\x00-\x20]{%d}" % MAX_PREFIX)
_XML = re.compile(
    rb"(?:xml:(?P<base>base)|xmlns(?P<name>:[^\s=<>:]{0,200}+)?+)\s{0,200}+=\s{0,200}+(?:\"(?P<iri>[^\"<]*+)|'(?P<other>[^'<]*+))"
)
_JSON = re.compile(rb"\"@(?:(?P<base>base)|vocab)\"\s{0,200}+:\s{0,200}+\"(?P<iri>(?:[^\"\\]|\\.)*+)")
_PATTERNS = {RdfFormat.TURTLE: _TURTLE, RdfFormat.TRIG: _TURTLE, RdfFormat.RDF_XML: _XML, RdfFormat.JSON_LD: _JSON}
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*+:")
_LONG_JSON = re.compile(rb"\"(?!data:)[A-Za-z][A-Za-z0-9+.-]{0,63}:[^\"\s]{%d}" % MAX_IRI)
_LONG = {
    RdfFormat.TURTLE: (_LONG_TURTLE, MAX_PREFIX),
    RdfFormat.TRIG: (_LONG_TURTLE, MAX_PREFIX),
    RdfFormat.JSON_LD: (_LONG_JSON, MAX_IRI),
}


def check_prefixes(data: bytes, rdf_format: RdfFormat, where: str) -> None:
    """Refuse a file with a base or prefix over ``MAX_PREFIX`` bytes, or with too many of them.

    In Turtle and TriG no IRI may be written that is longer: which of them is a prefix is not worth the time to ask.

    Args:
        data: the whole file.
        rdf_format: what it is written in.
        where: the file's name, for the message.

    Raises:
        GraphError: the file is refused.
    """
    long, most = _LONG.get(rdf_format, (None, 0))
    if long and (found := long.search(data)):
        raise _refusal(f"an IRI is over {most >> 10} KiB", data, found.start(), where)
    relative, names = 0, set[bytes]()
    for found in _PATTERNS[rdf_format].finditer(data) if rdf_format in _PATTERNS else ():
        parts = found.groupdict()
        iri = parts["iri"] or parts.get("other") or b""
        names.add(parts.get("name") or b"")
        if parts["base"] and not _ABSOLUTE.match(iri):
            relative += len(iri)  # each may go on where the last one ended
        if len(iri) > MAX_PREFIX or relative > MAX_PREFIX:
            raise _refusal(f"a base or prefix is over {MAX_PREFIX >> 10} KiB", data, found.start(), where)
        if len(names) > MAX_PREFIXES and rdf_format is not RdfFormat.JSON_LD:
            raise _refusal(f"there are over {MAX_PREFIXES:,} prefixes", data, found.start(), where)


def _refusal(what: str, data: bytes, place: int, where: str) -> GraphError:
    return GraphError(
        what,
        where=f"{where}, line {data.count(10, 0, place) + 1}",
        why="a short file would repeat it without end",
        remedy="shorten it, or convert the file to N-Triples with a tool that you trust",
    )
