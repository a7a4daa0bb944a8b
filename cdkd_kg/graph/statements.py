"""Relations between entities, each with a node that says how sure it is and on how much evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyoxigraph import Literal, NamedNode, Quad, Triple

from cdkd_kg.config import GraphConfig
from cdkd_kg.entities.comention import comentions
from cdkd_kg.graph.iris import statement_iri
from cdkd_kg.graph.mentions import Resolved
from cdkd_kg.graph.namespaces import KD, OWL, PROV, RDF, RDFS
from cdkd_kg.graph.predicates import predicates


class Reading(NamedTuple):
    """One sentence that states a relation: its document, the word and the pattern, and how far these are trusted."""

    document: NamedNode
    word: str
    pattern: str
    confidence: float


def relation_quads(relations: pa.Table, resolved: Resolved, graph: NamedNode) -> Iterator[Quad]:
    r"""Yield relations that documents state between two entities, their evidence, and their predicates.

    A relation holds if any document is right about it, and a document is as right as its surest sentence :math:`i`,
    because sentences of one author are not independent:
    :math:`c = 1 - \prod_d (1 - \max_i c_{di})`.
    """
    evidence = _evidence(relations, resolved)
    for triple, readings in evidence.items():
        surest: dict[NamedNode, float] = {}
        for reading in readings:
            surest[reading.document] = max(reading.confidence, surest.get(reading.document, 0.0))
        yield from _statement(triple, len(surest), graph)
        node = statement_iri(triple)
        doubt = float(np.prod([1.0 - confidence for confidence in surest.values()]))
        yield Quad(node, KD.confidence, Literal(round(1.0 - doubt, 6)), graph)
        for document in surest:
            yield Quad(node, PROV.wasDerivedFrom, document, graph)
        for word in {reading.word for reading in readings}:
            yield Quad(node, KD.wording, Literal(word), graph)
        for pattern in {reading.pattern for reading in readings}:
            yield Quad(node, KD.pattern, Literal(pattern), graph)
    for predicate in {triple.predicate for triple in evidence}:
        yield from _declared(predicate, predicates().label(predicate.value), graph)


def _evidence(relations: pa.Table, resolved: Resolved) -> Mapping[Triple, list[Reading]]:
    """Return what states each triple; relations of unknown or ambiguous mentions, and loops, state none."""
    evidence: defaultdict[Triple, list[Reading]] = defaultdict(list)
    kinds, known = resolved.rows["type"].to_pylist(), predicates()
    names = ("document", "subject_begin", "object_begin", "predicate", "pattern", "confidence")
    for document, begin, other, word, pattern, confidence in zip(
        *(relations[name].to_pylist() for name in names), strict=True
    ):
        places = resolved.places.get((document, begin)), resolved.places.get((document, other))
        if places[0] is None or places[1] is None:
            continue
        subject, target = resolved.entities[places[0]], resolved.entities[places[1]]
        if subject is not None and target is not None and subject != target:
            predicate = known.typed(word, pattern, kinds[places[0]], kinds[places[1]])
            reading = Reading(resolved.documents[places[0]], word, pattern, confidence)
            evidence[Triple(subject, predicate, target)].append(reading)
    return evidence


def comention_quads(resolved: Resolved, documents: int, config: GraphConfig, graph: NamedNode) -> Iterator[Quad]:
    """Yield pairs of entities that keep company in documents more than chance says.

    An entity in more than ``config.max_document_share`` of the documents keeps company with everything and is
    left out; a pair needs ``config.min_comentions`` documents, an NPMI of ``config.min_npmi``, and a false discovery
    rate of ``config.max_fdr`` at most.
    """
    keys = _keys(resolved)
    count = keys.group_by("entity").aggregate([("document", "count")])
    common = count.filter(pc.greater(count["document_count"], config.max_document_share * documents))["entity"]
    keys = keys.filter(pc.invert(pc.is_in(keys["entity"], value_set=common.combine_chunks())))
    pairs = comentions(keys, documents, config.min_comentions)
    pairs = pairs.filter(
        pc.and_(pc.greater_equal(pairs["npmi"], config.min_npmi), pc.less_equal(pairs["fdr"], config.max_fdr))
    )
    for a, b, number, npmi, p, _ in zip(*(column.to_pylist() for column in pairs.columns), strict=True):
        triple = Triple(NamedNode(a), KD.comention, NamedNode(b))
        yield from _statement(triple, number, graph)
        yield Quad(statement_iri(triple), KD.npmi, Literal(round(npmi, 6)), graph)
        yield Quad(statement_iri(triple), KD.pValue, Literal(float(f"{p:.3g}")), graph)
    if len(pairs):
        yield from _declared(KD.comention, "is mentioned together with", graph)


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


def _declared(predicate: NamedNode, label: str, graph: NamedNode) -> Iterator[Quad]:
    """Yield what a predicate is, so that it shows as words and is never taken for a concept."""
    yield Quad(predicate, RDF.type, OWL.ObjectProperty, graph)
    yield Quad(predicate, RDFS.label, Literal(label, language="en"), graph)


def _statement(triple: Triple, evidence: int, graph: NamedNode) -> Iterator[Quad]:
    node = statement_iri(triple)
    yield Quad(triple.subject, triple.predicate, triple.object, graph)
    yield Quad(node, RDF.type, RDF.Statement, graph)
    yield Quad(node, RDF.subject, triple.subject, graph)
    yield Quad(node, RDF.predicate, triple.predicate, graph)
    yield Quad(node, RDF.object, triple.object, graph)
    yield Quad(node, KD.evidenceCount, Literal(evidence), graph)
