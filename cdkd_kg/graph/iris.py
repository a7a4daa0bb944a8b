"""IRIs that the project mints, and which IRIs it takes from others."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from pyoxigraph import NamedNode, Triple

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.errors import GraphError

SCHEMES = frozenset(
    {"http", "https", "urn", "tag", "info", "doi", "hdl", "ark", "did", "oid", "orcid", "mailto", "ftp", "tel", "geo"}
)
GRAPH = "urn:cdkd:graph:"
RELATION = "urn:cdkd:relation:"
PLACE = "#char="
"""What the IRI of a mention has after that of its document (RFC 5147)."""
BLANK = "urn:cdkd:bnode:"
"""What the IRI of a node begins with that was a blank node where it came from."""
_PLAIN = re.compile(r"[a-z0-9]+( [a-z0-9]+)*")


def check_scheme(iri: str, where: str = "") -> None:
    """Refuse an IRI that a browser could run or that names a file: only well-known schemes are taken."""
    scheme = iri.partition(":")[0].lower()
    if scheme not in SCHEMES:
        raise GraphError(
            f"an IRI with the scheme {scheme!r} is refused: {iri[:200]!r}",
            where=where,
            why="only schemes that can do no harm in a page or a file system are taken",
            remedy=f"use one of {', '.join(sorted(SCHEMES))}",
        )


def checked_iri(iri: str) -> NamedNode:
    """Return a node for an IRI that came from outside, or refuse it."""
    check_scheme(iri, "mention")
    return NamedNode(iri)


def graph_iri(name: str, part: str) -> NamedNode:
    """Return the IRI of a named graph, such as ``urn:cdkd:graph:medicine/vocabulary``."""
    return NamedNode(f"{GRAPH}{name}/{part}")


def document_iri(identifier: str) -> NamedNode:
    """Return the IRI of a document: its identifier, percent-encoded."""
    return NamedNode("urn:cdkd:document:" + quote(identifier, safe=""))


def mention_iri(document: NamedNode, begin: int, end: int) -> NamedNode:
    """Return the IRI of a piece of a document, in code points (RFC 5147)."""
    return NamedNode(f"{document.value}{PLACE}{begin},{end}")


def concept_iri(name: str, concept: str) -> NamedNode:
    """Return the IRI of a concept that is new to graph ``name``: readable, and different for different concepts."""
    if len(concept) <= 60 and _PLAIN.fullmatch(concept):
        slug = concept.replace(" ", "_")
    else:
        readable = re.sub(r"[^a-z0-9]+", "_", concept.casefold())[:40].strip("_")
        slug = f"{readable}-{sha256_text(concept)[:12]}"
    return NamedNode(f"{GRAPH}{name}:{slug}")


def relation_iri(predicate: str) -> NamedNode:
    """Return the predicate of a relation that was read from text, such as ``urn:cdkd:relation:acquire``."""
    return NamedNode(RELATION + quote(predicate, safe=""))


def statement_iri(triple: Triple) -> NamedNode:
    """Return the IRI of the node that speaks of ``triple``, so that evidence for it adds up."""
    return NamedNode("urn:cdkd:statement:" + sha256_text(str(triple))[:32])


def shown(iri: str) -> str:
    """Return the last part of an IRI as people read it.

    Example:
        >>> shown("urn:cdkd:relation:%C3%A9t%C3%A9"), shown("http://example.org/a#b_c")
        ('été', 'b_c')
    """
    bare = iri.rstrip("#/:")
    last = unquote(bare[max(map(bare.rfind, "#/:")) + 1 :])
    if iri.startswith(RELATION):
        last = last.replace("_", " ")
    return last if last.strip() and last.isprintable() else local_name(iri)


def local_name(iri: str) -> str:
    """Return the last part of an IRI, with ``_`` for what is neither letter, digit nor ``_``."""
    bare = iri.rstrip("#/:")
    last = bare[max(map(bare.rfind, "#/:")) + 1 :]
    if last.isascii() and last.isidentifier():
        return last
    return re.sub(r"\W", "_", last, flags=re.ASCII) or "_"
