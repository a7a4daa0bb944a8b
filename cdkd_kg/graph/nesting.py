"""Depth of nesting of RDF files, measured before they are parsed: a parser that calls itself can be made to fall.

Nested JSON-LD objects and nested triple terms, some thousands deep, overflow the stack of the parser and with it
the process; nested RDF/XML elements take it quadratic time. No vocabulary nests deeper than a few levels.
"""

from __future__ import annotations

import re

from pyoxigraph import RdfFormat

from cdkd_kg.errors import GraphError

MAX_DEPTH = 100

# Every alternative matches up to the end of the data where its closing mark is missing, and repeats are
# possessive, so that each byte is looked at once whatever the file holds. The last alternative takes all that means
# nothing here in one step: a search that fails at every byte takes half a minute for 256 MiB of blanks.
_JSON = re.compile(rb'"(?:[^"\\]|\\.)*+"?|(?P<open>[\[{])|(?P<close>[\]}])|[^"\[\]{}]++', re.DOTALL)
_XML = re.compile(
    rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|(?P<close></)"
    rb"|(?P<empty><(?:[^\"'>]|\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))*+(?<=/)>)"
    rb"|(?P<open><(?:[^\"'>]|\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))*+(?:>|\Z))|[^<]++",
    re.DOTALL,
)
_TURTLE = re.compile(
    rb'"""(?:[^"\\]|\\.|"(?!""))*+(?:"""|\Z)|' + rb"'''(?:[^'\\]|\\.|'(?!''))*+(?:'''|\Z)|"
    rb'"(?:[^"\\\n\r]|\\.)*+"?|' + rb"'(?:[^'\\\n\r]|\\.)*+'?|"
    rb"<[^<>\"{}|^`\x00-\x20]*+>|#[^\n\r]*+|\\.|(?P<open><<)|(?P<close>>>)|[^<>\"'#\\]++",
    re.DOTALL,
)
_DOCTYPE = re.compile(rb"<!\s*DOCTYPE", re.IGNORECASE)


def check_nesting(data: bytes, rdf_format: RdfFormat, where: str, first: int = 1) -> None:
    """Refuse a file that nests deeper than ``MAX_DEPTH``, or an XML file with a document type.

    Args:
        data: the whole file, or whole lines of a format in which no term goes on in the next line.
        rdf_format: what it is written in.
        where: the file's name, for the message.
        first: the number of the first line.

    Raises:
        GraphError: the file is refused.
    """
    if rdf_format == RdfFormat.JSON_LD:
        _check(_JSON, data, where, first)
    elif rdf_format == RdfFormat.RDF_XML:
        _check_document_type(data, where)
        _check(_XML, data, where, first)
    elif b"<<" in data:
        _check(_TURTLE, data, where, first)


def _check(pattern: re.Pattern[bytes], data: bytes, where: str, first: int) -> None:
    depth = 0
    for token in pattern.finditer(data):
        if token.lastgroup == "open":
            depth += 1
        elif token.lastgroup == "close":
            depth = max(depth - 1, 0)
        if depth > MAX_DEPTH:
            raise GraphError(
                f"the file nests more than {MAX_DEPTH} levels deep",
                where=f"{where}, line {first - 1 + _line(data, token.start())}",
                remedy="write it flat, for example as N-Triples",
            )


def _check_document_type(data: bytes, where: str) -> None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:4]:
        raise GraphError("the file is not UTF-8", where=f"{where}, line 1", remedy="save it as UTF-8")
    if found := _DOCTYPE.search(data):
        raise GraphError(
            "an RDF/XML file with a DOCTYPE is refused",
            where=f"{where}, line {_line(data, found.start())}",
            why="entities that it declares can grow without bound or read other files",
            remedy="write the entities out, or convert the file to Turtle with a tool that you trust",
        )


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1
