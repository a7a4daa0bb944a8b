"""RDF vocabularies by short names, such as ``SKOS.prefLabel``."""

from __future__ import annotations

from pyoxigraph import NamedNode


class Namespace:
    """A vocabulary whose terms are attributes.

    Args:
        base: what the IRI of every term begins with.
        terms: the only terms that there are; where empty, any name is one.

    Example:
        >>> Namespace("http://www.w3.org/2004/02/skos/core#").prefLabel.value
        'http://www.w3.org/2004/02/skos/core#prefLabel'
    """

    def __init__(self, base: str, terms: tuple[str, ...] = ()) -> None:
        self._base, self._terms = base, terms

    @property
    def base(self) -> str:
        """What the IRI of every term begins with."""
        return self._base

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms of a closed vocabulary; empty for an open one."""
        return self._terms

    def __getattr__(self, name: str) -> NamedNode:
        if name.startswith("__") or (self._terms and name not in self._terms):
            raise AttributeError(f"{self._base} has no term {name!r}")
        node = NamedNode(self._base + name)
        setattr(self, name, node)
        return node


RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
OWL = Namespace("http://www.w3.org/2002/07/owl#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
NIF = Namespace("http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#")
ITSRDF = Namespace("http://www.w3.org/2005/11/its/rdf#")
PROV = Namespace("http://www.w3.org/ns/prov#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
SCHEMA = Namespace("http://schema.org/")
SSSOM = Namespace("https://w3id.org/sssom/")
SEMAPV = Namespace("https://w3id.org/semapv/vocab/")
KD = Namespace(
    "urn:cdkd:ns#",
    (
        "Decision", "accepts", "candidate", "comention", "confidence", "domain", "entityType", "evidenceCount", "nil",
        "npmi", "pValue", "pattern", "rejects", "textHash", "triple", "undoes", "verdict", "wording",
    ),
)  # fmt: skip
PREFIXES: dict[str, str] = {
    name.lower(): value.base for name, value in sorted(globals().items()) if isinstance(value, Namespace)
}
"""What the namespaces are called in files and in queries."""
