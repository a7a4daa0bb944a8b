"""What the relations of a graph are called, and which one somebody means."""

from __future__ import annotations

from collections import defaultdict

from pyoxigraph import NamedNode

from cdkd_kg.entities.linking.names import fold
from cdkd_kg.errors import ConfigError
from cdkd_kg.graph import view
from cdkd_kg.graph.iris import local_name, relation_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import preferred
from cdkd_kg.graph.namespaces import PREFIXES, SKOS

_USUAL = tuple(node.value for node in (SKOS.broader, SKOS.narrower, SKOS.related))


def predicates(graph: KnowledgeGraph) -> dict[str, str]:
    """Return what each relation of a graph, and each of the usual ones of SKOS, is called, by IRI.

    That is its name, or the end of its IRI; where several would be called the same, ``prefix:name`` or the whole IRI.
    """
    called = defaultdict[str, list[str]](list)
    for iri in sorted({*view.predicates(graph), *_USUAL}):
        called[preferred(graph, concept=NamedNode(iri)).get(iri, local_name(iri))].append(iri)
    return {iri: name if len(iris) == 1 else _short(iri) for name, iris in called.items() for iri in iris}


def predicate_of(graph: KnowledgeGraph, wanted: str) -> NamedNode:
    """Return the predicate that is called so, has that IRI, or is ``prefix:name``; else a new one of that name.

    Raises:
        ConfigError: several are called so, or it can be neither a name nor an IRI.
    """
    known = predicates(graph)
    fits = [iri for iri, name in known.items() if _key(name) == _key(wanted)]
    fits = fits or [iri for iri in known if _key(local_name(iri)) == _key(wanted)]
    if len(fits) > 1:
        raise ConfigError(
            f"several relations are called {wanted!r}",
            why=", ".join(sorted(_short(iri) for iri in fits)),
            remedy="write one of these",
        )
    try:
        return NamedNode(fits[0]) if fits else _told(wanted.strip())
    except ValueError as error:
        raise ConfigError("this names no relation", where=repr(wanted), why=str(error)) from error


def _told(wanted: str) -> NamedNode:
    if not _key(wanted):
        raise ValueError("a relation has a name")
    prefix, colon, name = wanted.partition(":")
    if prefix in PREFIXES and colon:
        return NamedNode(PREFIXES[prefix] + name)
    return NamedNode(wanted) if colon else relation_iri("_".join(wanted.split()))


def _short(iri: str) -> str:
    found = [(prefix, base) for prefix, base in PREFIXES.items() if iri.startswith(base)]
    return f"{found[0][0]}:{iri.removeprefix(found[0][1])}" if found else iri


def _key(name: str) -> str:
    return fold(name.replace("_", " "))
