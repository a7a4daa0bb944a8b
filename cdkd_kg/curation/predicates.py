"""What the relations of a graph are called, and which one somebody means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pyoxigraph import NamedNode

from cdkd_kg.entities.linking.names import fold
from cdkd_kg.errors import ConfigError
from cdkd_kg.graph import view
from cdkd_kg.graph.iris import relation_iri, shown
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import display_name
from cdkd_kg.graph.namespaces import PREFIXES, SKOS

_USUAL = tuple(node.value for node in (SKOS.broader, SKOS.narrower, SKOS.related))


def predicates(graph: KnowledgeGraph) -> dict[str, str]:
    """Return what each relation of a graph, and each of the usual ones of SKOS, is called, by IRI."""
    return names_of(graph, [*view.predicates(graph), *_USUAL])


def names_of(graph: KnowledgeGraph, iris: Iterable[str]) -> dict[str, str]:
    """Return what relations are called, by IRI: their names, or the last parts of their IRIs.

    Where several would be called the same, whatever the case, it is ``prefix:name`` or the whole IRI.
    """
    called = defaultdict[str, dict[str, str]](dict)
    for iri in sorted(set(iris)):
        name = display_name(graph, iri)
        called[_key(name)][iri] = name
    return {iri: name if len(alike) == 1 else _short(iri) for alike in called.values() for iri, name in alike.items()}


def predicate_of(known: Mapping[str, str], wanted: str) -> NamedNode:
    """Return the predicate that is called so, has that IRI, or is ``prefix:name``; else a new one of that name.

    Args:
        known: relations and what they are called; see :func:`predicates`.
        wanted: what somebody wrote.

    Raises:
        ConfigError: several are called so, or it can be neither a name nor an IRI.
    """
    wanted = wanted.strip()
    if wanted in known:
        return NamedNode(wanted)
    fits = [iri for iri, name in known.items() if _key(name) == _key(wanted)]
    fits = fits or [iri for iri in known if _key(shown(iri)) == _key(wanted)]
    if len(fits) > 1:
        raise ConfigError(
            f"several relations are called {wanted!r}",
            why=", ".join(sorted(map(_short, fits))),
            remedy="write one of these",
        )
    try:
        return NamedNode(fits[0]) if fits else _told(wanted)
    except ValueError as error:
        raise ConfigError("this names no relation", where=repr(wanted), why=str(error)) from error


def _told(wanted: str) -> NamedNode:
    if not _key(wanted):
        raise ValueError("a relation has a name")
    prefix, colon, name = wanted.partition(":")
    base = PREFIXES.get(prefix.lower())
    if base and name:
        return NamedNode(base + name)
    return NamedNode(wanted) if colon else relation_iri("_".join(wanted.split()))


def _short(iri: str) -> str:
    found = [(prefix, base) for prefix, base in PREFIXES.items() if iri.startswith(base)]
    return f"{found[0][0]}:{iri.removeprefix(found[0][1])}" if found else iri


def _key(name: str) -> str:
    return fold(name.replace("_", " "))
