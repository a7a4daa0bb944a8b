"""RDF terms as text, as N-Triples writes them."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from cdkd_kg.errors import ConfigError
from cdkd_kg.graph.iris import check_scheme
from cdkd_kg.graph.stores.port import Bound


def term_of(text: str) -> Bound:
    """Return the term that ``text`` is in N-Triples: ``<iri>``, ``"literal"@en`` or ``"1"^^<datatype>``.

    Raises:
        ConfigError: it is no such term.
    """
    try:
        quads = list(parse(f"<urn:s> <urn:p> {text} .", format=RdfFormat.N_TRIPLES))
    except (SyntaxError, ValueError) as error:
        raise _no_term(text, str(error)) from error
    if len(quads) != 1 or not isinstance(quads[0].object, NamedNode | Literal):
        raise _no_term(text, "it is not one IRI or literal")
    term = quads[0].object
    if isinstance(term, NamedNode):
        check_scheme(term.value, "term")
    return term


def triple_of(text: str) -> Triple:
    """Return the triple that ``text`` is in N-Triples, without the full stop: what ``str`` makes of a triple.

    Raises:
        ConfigError: it is no such triple.
    """
    try:
        triple: Triple = next(parse(f"{text} .", format=RdfFormat.N_TRIPLES)).triple
    except (SyntaxError, ValueError, StopIteration) as error:
        raise _no_term(text, str(error)) from error
    return triple


def _no_term(text: str, why: str) -> ConfigError:
    return ConfigError(
        f"{text[:100]!r} is no RDF term", why=why, remedy='write <https://example.org/x>, "text"@en or "1"^^<datatype>'
    )
