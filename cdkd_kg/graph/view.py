"""What a knowledge graph says, as Arrow tables of dictionary-encoded IRIs: queries without Python objects a row.

Every query looks at what holds: the visible graphs together, without the triples that a curator rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from pyoxigraph import Literal, NamedNode

from cdkd_kg.errors import GraphError
from cdkd_kg.graph.iris import BLANK
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import DCTERMS, ITSRDF, KD, NIF, OWL, PROV, RDF, RDFS, SKOS
from cdkd_kg.graph.stores.port import Query

_PREFIXES = {
    "rdf": RDF.base, "rdfs": RDFS.base, "owl": OWL.base, "nif": NIF.base, "itsrdf": ITSRDF.base, "kd": KD.base,
}  # fmt: skip
_NO_KNOWLEDGE = {
    node.value
    for node in (SKOS.inScheme, SKOS.hasTopConcept, SKOS.topConceptOf, RDFS.isDefinedBy, DCTERMS.isReplacedBy)
}
_OF_NAMES = {node.value for node in (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel, RDFS.label)}
_ABOUT_TEXT = (NIF.base, ITSRDF.base, PROV.base, KD.base)
"""What predicates begin with that speak of mentions, runs and statements, not of the world."""
_BLOCK = 1 << 28
_TERM = pa.dictionary(pa.int32(), pa.string())
_TYPED = r'^"([^"]*)"\^\^<http://www\.w3\.org/2001/XMLSchema#(?:double|float|decimal|integer)>$'

_LINK = (NIF.referenceContext, ITSRDF.taIdentRef, ITSRDF.taConfidence)
_STATEMENT = (RDF.subject, RDF.predicate, RDF.object)

_LINKS = """SELECT ?s ?o ?w {
  ?m nif:referenceContext ?s; itsrdf:taIdentRef ?o; itsrdf:taConfidence ?w
  MINUS { GRAPH ?g { ?m itsrdf:taIdentRef ?o } } MINUS { GRAPH ?g { ?m itsrdf:taConfidence ?w } } }"""
_KNOWLEDGE = """SELECT ?s ?p ?o {
  ?s ?p ?o FILTER(isIRI(?o) && ?p != rdf:type)
  FILTER NOT EXISTS { ?s rdf:type rdf:Statement }
  MINUS { GRAPH ?g { ?s ?p ?o } } }"""
_RESTRICTED = """SELECT ?s ?p ?o {
  ?s rdfs:subClassOf ?r . ?r owl:onProperty ?p ; owl:someValuesFrom ?o FILTER(isIRI(?p) && isIRI(?o))
  MINUS { GRAPH ?g { ?s rdfs:subClassOf ?r } } }"""
_RELATIONS = """SELECT ?s ?p ?o ?w {
  ?n kd:confidence ?w; rdf:subject ?s; rdf:predicate ?p; rdf:object ?o FILTER(isIRI(?o))
  MINUS { GRAPH ?g { ?s ?p ?o } } }"""
_PREDICATES = "SELECT DISTINCT ?p { ?s ?p ?o FILTER(isIRI(?o)) MINUS { GRAPH ?g { ?s ?p ?o } } }"
_PREDICATES_READ = "SELECT DISTINCT ?p { ?n rdf:predicate ?p; kd:confidence ?w }"
_COMENTIONS = """SELECT ?s ?p ?o ?w {
  ?n kd:npmi ?w; rdf:subject ?s; rdf:predicate ?p; rdf:object ?o FILTER(isIRI(?o))
  MINUS { GRAPH ?g { ?s ?p ?o } } }"""

_COMPANY = """SELECT ?s ?o (COUNT(DISTINCT ?d) AS ?w) {
  { ?s ?p ?o } UNION { ?o ?p ?s }
  ?m itsrdf:taIdentRef ?o; nif:referenceContext ?d
  MINUS { GRAPH ?g { ?m itsrdf:taIdentRef ?o } } } GROUP BY ?s ?o"""


def documents(graph: KnowledgeGraph) -> list[tuple[str, str]]:
    """Return (identifier, IRI) of every document, sorted."""
    look = graph.store.match
    nodes = {quad.subject for name in graph.visible() for quad in look(None, RDF.type, NIF.Context, name)}
    return sorted(
        (quad.object.value, quad.subject.value)
        for name in graph.visible()
        for quad in look(None, DCTERMS.identifier, None, name)
        if quad.subject in nodes and isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)
    )


def links(graph: KnowledgeGraph) -> pa.Table:
    """Return columns s (document), o (entity) and w (confidence), one row a linked mention."""
    return _select(graph, _LINKS, _using(graph, *_LINK))


def mentioned(graph: KnowledgeGraph) -> dict[str, int]:
    """Return how many documents mention each entity that any does."""
    counted = links(graph).group_by("o").aggregate([("s", "count_distinct")])
    return dict(zip(counted["o"].to_pylist(), counted["s_count_distinct"].to_pylist(), strict=True))


def knowledge(graph: KnowledgeGraph, **bound: NamedNode) -> pa.Table:
    """Return columns s, p, o: what vocabulary and accepted triples say between two IRIs.

    ``bound`` fixes a column, as in ``s=NamedNode(...)``. Left out are types, schemes, and what is said of statements,
    such as who made a mapping. What texts say is here only when it was accepted; :func:`relations` and
    :func:`comentions` give what is proposed. "A is a kind of what has p some B" (OWL, an existential restriction, whose
    own node has no name) is read as A p B.
    """
    settled = [graph.vocabulary, graph.accepted]
    table = _select(graph, _KNOWLEDGE, settled, bound)
    if any(next(graph.store.match(None, OWL.someValuesFrom, None, name), None) for name in settled):
        table = pa.concat_tables([table, _select(graph, _RESTRICTED, settled, bound)]).unify_dictionaries()
    named = pc.and_(_each(table["s"], _is_named), _each(table["o"], _is_named))
    kept = pc.and_(_each(table["p"], _is_knowledge), named)
    return table if pc.all(kept).as_py() else _encoded(table.filter(kept))


def relations(graph: KnowledgeGraph, **bound: NamedNode) -> pa.Table:
    """Return columns s, p, o and w (confidence) of the relations that were read from text."""
    return _select(graph, _RELATIONS, _using(graph, KD.confidence, *_STATEMENT), bound)


def predicates(graph: KnowledgeGraph) -> list[str]:
    """Return what ties two IRIs in the vocabulary or in accepted triples, or in relations read from text, sorted."""
    said = _select(graph, _PREDICATES, [graph.vocabulary, graph.accepted])
    read = _select(graph, _PREDICATES_READ, _using(graph, KD.confidence, RDF.predicate))
    found = {*said["p"].to_pylist(), *read["p"].to_pylist()}
    return sorted(filter(is_relation, found))


def is_relation(predicate: str) -> bool:
    """Say whether a predicate ties things of the world, and not their names, types or what is said of statements."""
    return _is_knowledge(predicate) and predicate not in _OF_NAMES and not predicate.startswith((RDF.base, OWL.base))


def comentions(graph: KnowledgeGraph, **bound: NamedNode) -> pa.Table:
    """Return columns s, p, o and w (normalised pointwise mutual information) of entities that keep company."""
    return _select(graph, _COMENTIONS, _using(graph, KD.npmi, *_STATEMENT), bound)


def company(graph: KnowledgeGraph, entity: NamedNode) -> pa.Table:
    """Return columns s (the entity), o (what a triple ties to it), and w: how many documents mention o, if any does."""
    return _select(graph, _COMPANY, graph.visible(), {"s": entity})


def _is_knowledge(predicate: str) -> bool:
    return predicate not in _NO_KNOWLEDGE and not predicate.startswith(_ABOUT_TEXT)


def _is_named(iri: str) -> bool:
    return not iri.startswith(BLANK)


def _each(column: pa.ChunkedArray, kept: Callable[[str], bool]) -> pa.Array:
    """Ask once for every value of a dictionary-encoded column, and return the answer for every row."""
    values = column.combine_chunks()
    return pa.array([kept(value) for value in values.dictionary.to_pylist()], pa.bool_()).take(values.indices)


def _encoded(table: pa.Table) -> pa.Table:
    """Encode anew, so that no dictionary holds what was filtered out: who numbers its values would count them in."""
    plain = (column.cast(pa.string()).combine_chunks() for column in table.columns)
    return pa.table([column.dictionary_encode() for column in plain], names=table.column_names)


def _using(graph: KnowledgeGraph, *predicates: NamedNode) -> list[NamedNode]:
    """Return the visible graphs that say anything with ``predicates``: fewer graphs together are faster."""
    look = graph.store.match
    return [name for name in graph.visible() if any(next(look(None, p, None, name), None) for p in predicates)]


def _select(
    graph: KnowledgeGraph, query: str, graphs: list[NamedNode], bound: Mapping[str, NamedNode] | None = None
) -> pa.Table:
    found = Query(query, _PREFIXES, tuple(graphs) or (graph.vocabulary,), (graph.rejected,), bound or {})
    data = graph.store.select(found)
    names = [name.lstrip("?") for name in data[: data.index(b"\n")].decode().split("\t")]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(data),
        parse_options=pyarrow.csv.ParseOptions(delimiter="\t", quote_char=False),
        convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys((f"?{name}" for name in names), _TERM)),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK),
    ).unify_dictionaries()
    columns = [table[f"?{name}"].combine_chunks() for name in names]
    decoded = [_numbers(column) if name == "w" else _iris(column) for name, column in zip(names, columns, strict=True)]
    return pa.table(decoded, names=names)


def _iris(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Take the brackets off IRIs."""
    bare = pc.utf8_slice_codeunits(column.dictionary, 1, -1)
    return pa.DictionaryArray.from_arrays(column.indices, bare)


def _numbers(column: pa.DictionaryArray) -> pa.Array:
    try:
        numbers = pc.cast(pc.replace_substring_regex(column.dictionary, _TYPED, r"\1"), pa.float64())
    except pa.ArrowInvalid as error:
        raise _no_number(str(error)) from error
    if not pc.all(pc.is_finite(numbers)).as_py() and len(numbers):
        raise _no_number("it is not finite")
    return numbers.take(column.indices)


def _no_number(why: str) -> GraphError:
    return GraphError(
        "a confidence or NPMI in the graph is not a number", why=why, remedy="write it as xsd:double from 0 to 1"
    )
