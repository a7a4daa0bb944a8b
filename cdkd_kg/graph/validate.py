"""SHACL: what in a graph breaks the rules of ``graphs/shapes.ttl``, or of a user's own shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import rdflib
from pyoxigraph import NamedNode, Quad
from rdflib.namespace import SH

from cdkd_kg.errors import MissingResourceError
from cdkd_kg.graph.breaches import Breach
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import RDF
from cdkd_kg.graph.parse import parse
from cdkd_kg.graph.rdflib_view import to_rdflib
from cdkd_kg.graph.shipped import shipped


def validate(
    graph: KnowledgeGraph, shapes: Path | str | None = None, nodes: Iterable[str] | None = None
) -> list[Breach]:
    """Return what breaks the shapes, violations first.

    The whole graph is copied into rdflib's memory, where pySHACL is fast; with ``nodes`` only what is said of these and
    of what they point to.

    Args:
        graph: what holds of it is looked at.
        shapes: a file of SHACL shapes; those of this project where it is left out. Shapes can make a computer work
            hard, so take none from strangers.
        nodes: IRIs that were edited.

    Raises:
        MissingResourceError: pySHACL is not installed.
    """
    try:
        import pyshacl
    except ImportError as error:
        raise MissingResourceError(
            "pySHACL is not installed", why=str(error), remedy="pip install 'cdkd-kg[shacl]'"
        ) from error
    rules = _plain(parse(shapes or shipped("shapes.ttl")))
    focus: list[str | rdflib.URIRef] | None = None if nodes is None else [rdflib.URIRef(node) for node in nodes]
    data = _plain(graph.holding() if focus is None else _around(graph, focus))
    _, report, _ = pyshacl.validate(
        data, shacl_graph=rules, focus_nodes=focus, advanced=False, js=False, do_owl_imports=False, inference="none"
    )
    return sorted(_breaches(report), key=lambda one: (one.severity != "Violation", one))


def _around(graph: KnowledgeGraph, nodes: Iterable[str]) -> Iterator[Quad]:
    """Yield what holds of nodes, and the types of what they point to."""
    for node in nodes:
        for quad in graph.holding(NamedNode(node)):
            yield quad
            if isinstance(quad.object, NamedNode):
                yield from graph.holding(quad.object, RDF.type)


def _plain(quads: Iterable[Quad]) -> rdflib.Graph:
    graph = rdflib.Graph()
    for subject, predicate, target, _ in to_rdflib(quads).quads():
        graph.add((subject, predicate, target))
    return graph


def _breaches(report: Any) -> Iterator[Breach]:
    for result in report.subjects(rdflib.RDF.type, SH.ValidationResult):
        said = {name: report.value(result, SH[name]) for name in ("focusNode", "resultPath", "value", "resultMessage")}
        severity = str(report.value(result, SH.resultSeverity)).rpartition("#")[2]
        yield Breach(severity, *("" if term is None else str(term) for term in said.values()))
