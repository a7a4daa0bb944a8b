"""What a knowledge graph says, as Arrow tables of dictionary-encoded IRIs: queries without Python objects a row.

Every query looks at what holds: the visible graphs together, without the triples that a curator rejected.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.csv
from pyoxigraph import NamedNode, QueryResultsFormat, QuerySolutions

from cdkd_kg.graph.iris import RELATION
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import DCTERMS, ITSRDF, KD, NIF, RDF, SKOS

_PREFIXES = {
    "rdf": RDF.base, "skos": SKOS.base, "nif": NIF.base, "itsrdf": ITSRDF.base, "dcterms": DCTERMS.base, "kd": KD.base,
}  # fmt: skip
_TERM = pa.dictionary(pa.int32(), pa.string())
_TYPES = {"s": _TERM, "p": _TERM, "o": _TERM, "w": pa.float64()}

_DOCUMENTS = "SELECT ?s ?o { ?s a nif:Context; dcterms:identifier ?o }"
_LINKS = """SELECT ?s ?o ?w {
  ?m nif:referenceContext ?s; itsrdf:taIdentRef ?o; itsrdf:taConfidence ?w
  FILTER NOT EXISTS { GRAPH ?g { ?m itsrdf:taIdentRef ?o } } }"""
_KNOWLEDGE = """SELECT ?s ?p ?o {
  ?s ?p ?o FILTER(isIRI(?o) && ?p != rdf:type) FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }"""
_RELATIONS = """SELECT ?s ?p ?o ?w {
  ?n kd:confidence ?w; rdf:subject ?s; rdf:predicate ?p; rdf:object ?o
  FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }"""
_COMENTIONS = """SELECT ?s ?p ?o ?w {
  ?n kd:npmi ?w; rdf:subject ?s; rdf:predicate ?p; rdf:object ?o
  FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }"""


def documents(graph: KnowledgeGraph) -> pa.Table:
    """Return columns s (IRI of a document) and o (its identifier)."""
    return _select(graph, _DOCUMENTS)


def links(graph: KnowledgeGraph) -> pa.Table:
    """Return columns s (document), o (entity) and w (confidence), one row a linked mention."""
    return _select(graph, _LINKS)


def knowledge(graph: KnowledgeGraph) -> pa.Table:
    """Return columns s, p, o: what vocabulary and accepted triples say between two IRIs, but for types."""
    table = _select(graph, _KNOWLEDGE, [graph.vocabulary, graph.accepted])
    predicates = table["p"].combine_chunks()
    from_text = pa.array([_is_from_text(iri) for iri in predicates.dictionary.to_pylist()], pa.bool_())
    return table.filter(pa.compute.invert(from_text.take(predicates.indices)))


def relations(graph: KnowledgeGraph) -> pa.Table:
    """Return columns s, p, o and w (confidence) of the relations that were read from text."""
    return _select(graph, _RELATIONS)


def comentions(graph: KnowledgeGraph) -> pa.Table:
    """Return columns s, p, o and w (normalised pointwise mutual information) of entities that keep company."""
    return _select(graph, _COMENTIONS)


def _is_from_text(predicate: str) -> bool:
    return predicate.startswith(RELATION) or predicate == KD.comention.value


def _select(graph: KnowledgeGraph, query: str, graphs: list[NamedNode] | None = None) -> pa.Table:
    solutions = graph.store.query(
        query,
        prefixes=_PREFIXES,
        default_graph=graph.visible() if graphs is None else graphs,
        named_graphs=[graph.rejected],
    )
    assert isinstance(solutions, QuerySolutions)  # noqa: S101 - every query above is a SELECT
    names = [variable.value for variable in solutions.variables]
    return pyarrow.csv.read_csv(
        pa.BufferReader(solutions.serialize(format=QueryResultsFormat.CSV)),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: _TYPES[name] for name in names}, strings_can_be_null=False
        ),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=(1 << 31) - 1),
    )
