"""A graph brought up to its log: what people accepted and rejected, and the decisions themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pyoxigraph import NamedNode, Quad

from cdkd_kg.errors import MissingResourceError
from cdkd_kg.graph.decisions.as_rdf import FILE, decision_quads, decisions_of, read_decisions
from cdkd_kg.graph.decisions.decision import Decision, Draft, Settled, Triples, fold, in_order, slot_of
from cdkd_kg.graph.decisions.log import LOG, DecisionLog
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph

IMPORTER = "cdkd graph"
"""Who stands for what came with files, or was put into the graph by other means than decisions."""


def is_curated(folder: Path) -> bool:
    """Say whether decisions are kept with the graph of a folder."""
    return (folder / LOG).exists() or (folder / FILE).exists()


def settle(graph: KnowledgeGraph, folder: Path) -> None:
    """Let the graph of a folder say what follows from all decisions that are known there.

    Those of ``decisions.nq`` that the log lacks, as after `git pull`, go into it. Triples that were accepted or
    rejected by other means, such as mappings, become a decision themselves, so that they can be undone like any other.
    Nobody else may write the graph in the meantime.

    Raises:
        GraphError: ``decisions.nq`` is refused.
    """
    log, said = DecisionLog(folder), decisions_of(graph.store.match(graph=graph.decisions), graph.name)
    pull(log, folder)
    log.absorb(said)
    told = fold(said)
    accepted, rejected = (
        _triples(graph, graph.accepted) - told.accepted,
        _triples(graph, graph.rejected) - told.rejected,
    )
    if accepted or rejected:
        label = f"{len(accepted):,} triples accepted and {len(rejected):,} rejected, as the graph had them"
        log.append(Draft("import", label, (), tuple(accepted), tuple(rejected)), IMPORTER)
    show(graph, log.decisions())


def pull(log: DecisionLog, folder: Path) -> None:
    """Take in what ``decisions.nq`` of a folder has and the log lacks.

    Raises:
        GraphError: it is refused.
    """
    if (folder / FILE).exists():
        log.absorb(read_decisions(folder / FILE))


def show(graph: KnowledgeGraph, decisions: Iterable[Decision]) -> None:
    """Let a graph say what follows from these decisions, and nothing of others."""
    decisions = list(decisions)
    settled = fold(decisions)
    after = {quad for decision in decisions for quad in decision_quads(decision, graph.decisions)}
    after |= _quads(settled.accepted, graph.accepted)
    after |= _quads(settled.rejected, graph.rejected)
    before = {
        quad for part in (graph.accepted, graph.rejected, graph.decisions) for quad in graph.store.match(graph=part)
    }
    if before != after:
        graph.store.patch(before - after, after - before)


def add(graph: KnowledgeGraph, decision: Decision) -> None:
    """Let a graph that says what follows from earlier decisions say what follows from a later one, too."""
    accepts = frozenset(decision.what.accepts)
    _say(graph, Settled(accepts, frozenset(decision.what.rejects) - accepts), [decision])


def lay(graph: KnowledgeGraph, decisions: Sequence[Decision]) -> None:
    """Let a graph that knows none of these decisions say what follows from them, beside what it says."""
    _say(graph, fold(decisions), decisions)


def decisions_at(path: Path) -> list[Decision]:
    """Return the decisions in the folder of a graph, whether or not they were exported, or those of a file, by time.

    Raises:
        MissingResourceError: there are none.
        GraphError: ``decisions.nq`` is refused.
    """
    if path.is_file():
        return in_order(read_decisions(path))
    if not is_curated(path):
        raise MissingResourceError(
            "no decisions are kept there",
            where=str(path),
            why="it has neither decisions.nq nor decisions.sqlite" if path.is_dir() else "there is nothing",
            remedy="name the folder of a graph on which somebody decided, or its decisions.nq",
        )
    exported = read_decisions(path / FILE) if (path / FILE).exists() else []
    return in_order({one.id: one for one in [*exported, *DecisionLog(path).decisions()]}.values())


def _say(graph: KnowledgeGraph, settled: Settled, decisions: Iterable[Decision]) -> None:
    gone = _quads(settled.rejected, graph.accepted) | _quads(settled.accepted, graph.rejected)
    for triple in settled.accepted:
        if slot := slot_of(triple):
            said = graph.store.match(slot[0], slot[1], None, graph.accepted)
            gone |= {quad for quad in said if slot_of(quad.triple) == slot}
    there = {quad for quad in gone if next(graph.store.match(*quad), None) is not None}
    new = _quads(settled.accepted, graph.accepted) | _quads(settled.rejected, graph.rejected)
    for decision in decisions:
        new |= {*decision_quads(decision, graph.decisions)}
    graph.store.patch(there - new, new)


def _triples(graph: KnowledgeGraph, part: NamedNode) -> Triples:
    return frozenset(quad.triple for quad in graph.store.match(graph=part))


def _quads(triples: Triples, part: NamedNode) -> set[Quad]:
    return {Quad(triple.subject, triple.predicate, triple.object, part) for triple in triples}
