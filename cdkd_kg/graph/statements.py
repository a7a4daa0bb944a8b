"""Relations between entities, each with a node that says how sure it is and on how much evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyoxigraph import Literal, NamedNode, Quad, Triple

from cdkd_kg.config import GraphConfig
from cdkd_kg.entities.comention import comentions
from cdkd_kg.graph.iris import relation_iri, statement_iri
from cdkd_kg.graph.mentions import Resolved
from cdkd_kg.graph.namespaces import KD, PROV, RDF


def relation_quads(relations: pa.Table, resolved: Resolved, graph: NamedNode) -> Iterator[Quad]:
    r"""Yield relations that sentences state between two entities, and their evidence.

    A relation that several sentences state holds if any of them is right:
    :math:`c = 1 - \prod_i (1 - c_i)`.
    """
    evidence: defaultdict[Triple, list[tuple[NamedNode, float]]] = defaultdict(list)
    names = ("document", "subject_begin", "object_begin", "predicate", "confidence")
    for document, begin, other, predicate, confidence in zip(
        *(relations[name].to_pylist() for name in names), strict=True
    ):
        places = resolved.places.get((document, begin)), resolved.places.get((document, other))
        if places[0] is None or places[1] is None:
            continue
        subject, target = resolved.entities[places[0]], resolved.entities[places[1]]
        if subject is not None and target is not None and subject != target:
            triple = Triple(subject, relation_iri(predicate), target)
            evidence[triple].append((resolved.documents[places[0]], confidence))
    for triple, found in evidence.items():
        doubt = float(np.prod([1.0 - confidence for _, confidence in found]))
        yield from _statement(triple, len(found), graph)
        node = statement_iri(triple)
        yield Quad(node, KD.confidence, Literal(round(1.0 - doubt, 6)), graph)
        for document in {document for document, _ in found}:
            yield Quad(node, PROV.wasDerivedFrom, document, graph)


def comention_quads(resolved: Resolved, documents: int, config: GraphConfig, graph: NamedNode) -> Iterator[Quad]:
    """Yield pairs of entities that keep company in documents more than chance says.

    An entity in more than ``config.max_document_share`` of the documents keeps company with everything and is
    left out; a pair needs ``config.min_comentions`` documents, an NPMI of ``config.min_npmi``, and no more than
    ``config.max_p`` as its chance under independence.
    """
    keys = _keys(resolved)
    count = keys.group_by("entity").aggregate([("document", "count")])
    common = count.filter(pc.greater(count["document_count"], config.max_document_share * documents))["entity"]
    keys = keys.filter(pc.invert(pc.is_in(keys["entity"], value_set=common.combine_chunks())))
    pairs = comentions(keys, documents, config.min_comentions)
    pairs = pairs.filter(
        pc.and_(pc.greater_equal(pairs["npmi"], config.min_npmi), pc.less_equal(pairs["p"], config.max_p))
    )
    for a, b, number, npmi, p in zip(*(column.to_pylist() for column in pairs.columns), strict=True):
        triple = Triple(NamedNode(a), KD.comention, NamedNode(b))
        yield from _statement(triple, number, graph)
        yield Quad(statement_iri(triple), KD.npmi, Literal(round(npmi, 6)), graph)
        yield Quad(statement_iri(triple), KD.pValue, Literal(float(f"{p:.3g}")), graph)


def _keys(resolved: Resolved) -> pa.Table:
    """Return the distinct pairs of document and entity."""
    pairs = sorted(
        {
            (document.value, entity.value)
            for document, entity in zip(resolved.documents, resolved.entities, strict=True)
            if entity is not None
        }
    )
    columns = [pa.array([pair[place] for pair in pairs], pa.string()) for place in (0, 1)]
    return pa.table(columns, names=["document", "entity"])


def _statement(triple: Triple, evidence: int, graph: NamedNode) -> Iterator[Quad]:
    node = statement_iri(triple)
    yield Quad(triple.subject, triple.predicate, triple.object, graph)
    yield Quad(node, RDF.type, RDF.Statement, graph)
    yield Quad(node, RDF.subject, triple.subject, graph)
    yield Quad(node, RDF.predicate, triple.predicate, graph)
    yield Quad(node, RDF.object, triple.object, graph)
    yield Quad(node, KD.evidenceCount, Literal(evidence), graph)
