"""What a JSON-LD parser leaves out without a word: quads with an IRI or a language that is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Quad

from cdkd_kg.errors import GraphError


def check_complete(lenient: Iterable[Quad], strict: int, data: bytes, where: str) -> None:
    """Refuse a file of which quads were left out for what their terms are.

    JSON-LD says that a key which no context explains means nothing; its quads may be left out. But an IRI with a space
    in it, or a relative one where there is no base, is a mistake, and what it says would be lost.

    Args:
        lenient: the quads of the file, without a check of their terms.
        strict: how many quads it has with that check.
        data: the whole file.
        where: the file's name, for the message.

    Raises:
        GraphError: a term is none.
    """
    # A lenient reading holds all quads of the strict one, so the terms need no look where there are as many.
    quads = list(lenient)
    faults = (fault for quad in quads for fault in _faults(quad)) if len(quads) > strict else iter(())
    if fault := next(faults, None):
        term, why = fault
        place = data.find(term.encode())
        line = f", line {1 + data.count(10, 0, place)}" if place >= 0 else ""
        raise GraphError(
            f"the RDF file is refused for the term {term[:200]!r}",
            where=f"{where}{line}",
            why=why,
            remedy="write IRIs in full, or with an @base, and a space in them as %20",
        )


def _faults(quad: Quad) -> Iterator[tuple[str, str]]:
    subject, predicate, target, graph = quad
    if not _has_scheme(predicate.value):
        return
    for term in (subject, predicate, target, graph):
        if isinstance(term, NamedNode):
            yield from _iri_faults(term.value)
        elif isinstance(term, Literal):
            yield from _iri_faults(term.datatype.value)
            try:
                Literal("", language=term.language)
            except ValueError as error:
                yield str(term.language), str(error)


def _iri_faults(iri: str) -> Iterator[tuple[str, str]]:
    if not _has_scheme(iri):
        yield iri, "it is a relative IRI, and the file has no @base"
        return
    try:
        NamedNode(iri)
    except ValueError as error:
        yield iri, str(error)


def _has_scheme(iri: str) -> bool:
    return ":" in iri
