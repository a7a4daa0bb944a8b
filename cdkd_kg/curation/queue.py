"""What there is to decide on, by what a decision is worth."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyoxigraph import Literal as RdfLiteral
from pyoxigraph import NamedNode, Triple

from cdkd_kg.artifacts import canonical_json, sha256_text
from cdkd_kg.curation.agreement import disputed, judged_by_others
from cdkd_kg.curation.item import Item
from cdkd_kg.curation.names import replaced
from cdkd_kg.entities.linking.names import fold
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.graph import view
from cdkd_kg.graph.breaches import Breaches
from cdkd_kg.graph.decisions.decision import Decision, in_force, in_order, judged_last
from cdkd_kg.graph.iris import concept_iri, document_iri, mention_iri, shown, statement_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import preferred
from cdkd_kg.graph.namespaces import ITSRDF, KD

Group = tuple[str, str, str]
"""A name, the type under which it was found, and what it was taken to mean."""
Places = list[tuple[str, int, int]]
"""Where texts speak of something: document, begin and end."""
Read = tuple[str, str, str, float]
"""Subject, predicate, object and confidence of a relation that was read from text."""
_TIES = {"merge", "deprecate", "import"}
"""Decisions that change which entities and relations there are, beside judging them."""
AGAIN = "_again"
NO_MORE = 10
"""Places of an item that are told beside the first."""


class Queue:
    r"""What is open, the worthiest first, and what was skipped after it; what was judged is not shown again.

    An item is worth

    .. math:: w = H \, D \, d

    with the normalised entropy H of what the linker, or the reader of relations, thinks of it (0 where it is sure, 1
    where it knows nothing), the number D of documents that a decision reaches, and the mean disagreement d of text and
    graph teacher about these documents, from 0 to 1; without a run to tell, 1. A mention ties one document to one
    entity, so D is also how many ties a decision judges; where an entity breaks a rule, its other ties are added to D.

    Args:
        found: the mentions of a reading, with their candidates.
        disagreement: by document identifier; nothing is known to be disputed of those that it lacks.
        breaches: of rules; they are sure, so H is 1, and any later decision about what breaks one settles it.
    """

    def __init__(
        self,
        found: Extraction,
        disagreement: Mapping[str, float] | None = None,
        breaches: Breaches | None = None,
    ) -> None:
        self._found, self._disagreement = found, disagreement
        self._groups = _groups(found)
        self._group_of = {row["mention"]: key for key, rows in self._groups.items() for row in rows}
        self._judged: dict[str, str] = {}
        self._items: dict[Group, Item | None] = {}
        self._places: dict[tuple[str, str], Places] | None = None
        self._relations: dict[str, Item] = {}
        self._breaches, self._broken = breaches or Breaches(), list[Item]()
        self._replaced: dict[str, str | None] = {}
        self._ties: list[str] = []

    def items(self, graph: KnowledgeGraph, decisions: Iterable[Decision]) -> list[Item]:
        """Return the items.

        Args:
            graph: with the proposals of the reading, and what was decided.
            decisions: that were taken.
        """
        decisions = in_force(decisions)
        judged = judged_last(decisions)
        changed = {iri for iri, _ in judged.items() ^ self._judged.items()}
        self._judged = judged
        ties = [decision.id for decision in decisions if decision.what.kind in _TIES]
        anew = self._places is None or ties != self._ties
        if anew:
            self._replaced = replaced(graph)
        stale = self._groups if anew else {self._group_of[iri] for iri in changed if iri in self._group_of}
        self._items |= {key: self._mention_item(key, graph) for key in stale}
        if anew:
            self._places = self._places or _stated(graph.name, self._found)
            self._relations, self._ties = self._relation_items(graph, _read(graph)), ties
            self._broken = self._breach_items(graph)
        items = [item for item in self._items.values() if item is not None]
        others = [
            (judged.get(one.about[0]), one) for one in [*self._relations.values(), *self._still_broken(decisions)]
        ]
        items += [one for verdict, one in others if verdict is None]
        items += [replace(one, state="skipped") for verdict, one in others if verdict == "unsure"]
        return sorted(items, key=lambda item: (item.state == "skipped", -item.worth, item.id))

    def again(self, graph: KnowledgeGraph, wanted: Collection[str]) -> list[Item]:
        """Return items that are to be judged once more, the worthiest first.

        Their ids end with ``_again``: mentions that are alike may be open in part.

        Args:
            graph: as for :meth:`items`.
            wanted: IRIs of what they are about.
        """
        keys = {self._group_of[iri] for iri in wanted if iri in self._group_of}
        items = [item for key in keys if (item := self._mention_item(key, graph, wanted))]
        relations = self._relation_items(graph, [*_read(graph), *_rejected(graph)])
        items += [item for item in [*relations.values(), *self._broken] if item.about[0] in wanted]
        items = [replace(item, id=f"{item.id}{AGAIN}") for item in items]
        return sorted(items, key=lambda item: (-item.worth, item.id))

    def _mention_item(self, key: Group, graph: KnowledgeGraph, wanted: Collection[str] | None = None) -> Item | None:
        def is_open(iri: str) -> bool:
            return self._judged.get(iri, "unsure") == "unsure" if wanted is None else iri in wanted

        rows = [row for row in self._groups[key] if is_open(row["mention"])]
        if not rows:
            return None
        first, documents = rows[0], sorted({row["document"] for row in rows})
        meaning = _entity_of(graph.name, first["iri"], first["nil"], first["concept"])
        meaning = self._replaced.get(meaning, meaning) if meaning else None
        if meaning and wanted is None and _refused(graph, rows, meaning):
            meaning = None
        uncertainty = sum(row["uncertainty"] for row in rows) / len(rows)
        return Item(
            id=_id("mention", *key),
            kind="mention",
            title=first["anchor"],
            type=first["type"],
            worth=uncertainty * len(documents) * self._disagreement_on(documents),
            uncertainty=uncertainty,
            documents=len(documents),
            state="skipped" if wanted is None and all(row["mention"] in self._judged for row in rows) else "open",
            mentions=tuple(row["mention"] for row in rows),
            meaning=meaning,
            nil=first["nil"] if meaning else "ambiguous",
            candidates=self._still(first["candidates"]),
            places=tuple((row["document"], row["begin"], row["end"]) for row in rows[: NO_MORE + 1]),
        )

    def _still(self, candidates: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
        """Return candidates, those that were merged as what they were merged into, without those out of use."""
        found: dict[str, Mapping[str, Any]] = {}
        for one in candidates:
            if now := self._replaced.get(one["iri"], one["iri"]):
                found.setdefault(now, {**one, "iri": now})
        return tuple(found.values())

    def _relation_items(self, graph: KnowledgeGraph, read: Iterable[Read]) -> dict[str, Item]:
        """Return the items of relations that were read from text, by the IRIs of their statements."""
        names, places = preferred(graph), self._places or {}
        count = {quad.subject: quad.object for quad in graph.holding(None, KD.evidenceCount)}
        items = {}
        for subject, predicate, target, confidence in sorted(read):
            if not self._replaced.keys().isdisjoint((subject, target)):
                continue  # one end is not used any more
            triple = Triple(NamedNode(subject), NamedNode(predicate), NamedNode(target))
            statement, uncertainty = statement_iri(triple), _doubt([confidence], confidence)
            evidence = count.get(statement)
            documents = int(evidence.value) if isinstance(evidence, RdfLiteral) else 1
            stated = places.get((subject, target), [])
            items[statement.value] = Item(
                id=_id("relation", subject, predicate, target),
                kind="relation",
                title="{} — {} → {}".format(*(names.get(iri) or shown(iri) for iri in (subject, predicate, target))),
                worth=uncertainty * documents * self._disagreement_on({document for document, *_ in stated}),
                uncertainty=uncertainty,
                documents=documents,
                state="open",
                places=tuple(stated[: NO_MORE + 1]),
                relation=triple,
            )
        return items

    def _breach_items(self, graph: KnowledgeGraph) -> list[Item]:
        """Return an item a rule that is broken, and an entity that breaks it."""
        if not self._breaches.found:
            return []
        names, ties, reached = preferred(graph), _ties(graph), defaultdict[str, set[str]](set)
        for row in (row for rows in self._groups.values() for row in rows):
            reached[_entity_of(graph.name, row["iri"], row["nil"], row["concept"]) or ""].add(row["document"])
        return [
            Item(
                id=_id("breach", node, message),
                kind="breach",
                title=f"{names.get(node) or shown(node)}: {message}",
                worth=(len(reached[node]) + ties[node]) * self._disagreement_on(reached[node]),
                uncertainty=1.0,
                documents=len(reached[node]),
                state="open",
                meaning=node,
                rule=message,
            )
            for node, message in sorted({(breach.node, breach.message) for breach in self._breaches.found})
        ]

    def _still_broken(self, decisions: Iterable[Decision]) -> list[Item]:
        """Return the items of broken rules, but of what was changed since."""
        changed = {iri for one in decisions if one.id not in self._breaches.decisions for iri in one.what.about}
        return [one for one in self._broken if one.meaning not in changed]

    def _disagreement_on(self, documents: Collection[str]) -> float:
        """Return the mean disagreement about documents."""
        if self._disagreement is None:
            return 1.0
        return sum(self._disagreement.get(name, 0.0) for name in documents) / max(len(documents), 1)


def to_judge_again(queue: Queue, graph: KnowledgeGraph, decisions: Sequence[Decision], who: str) -> list[Item]:
    """Return the items that are in dispute, and those that others have judged and this person has not."""
    return queue.again(graph, disputed(decisions).keys() | judged_by_others(decisions, who))


def who_judged(
    queue: Queue, graph: KnowledgeGraph, decisions: Iterable[Decision], name: str
) -> tuple[Item, Decision] | None:
    """Return what was judged and has an id that begins so, and the last decision about it; None where nothing has."""
    last = {iri: decision for decision in in_force(decisions) for iri in decision.what.about}
    name = name.partition("@")[0]
    fits = [item for item in queue.again(graph, last) if name and item.id.startswith(name)]
    if len(fits) != 1:
        return None
    latest = in_order(last[iri] for iri in fits[0].about)[-1]
    return replace(fits[0], id=fits[0].id.removesuffix(AGAIN)), latest


def _refused(graph: KnowledgeGraph, rows: Iterable[Mapping[str, Any]], meaning: str) -> bool:
    """Say whether people said of each of these mentions that it does not mean that."""
    links = ((NamedNode(row["mention"]), ITSRDF.taIdentRef, NamedNode(meaning), graph.rejected) for row in rows)
    return all(next(graph.store.match(*link), None) is not None for link in links)


def _ties(graph: KnowledgeGraph) -> Counter[str]:
    """Return how many triples of the vocabulary, and accepted ones, each entity is an end of."""
    known = view.knowledge(graph)
    return Counter(known["s"].to_pylist()) + Counter(known["o"].to_pylist())


def _groups(found: Extraction) -> dict[Group, list[dict[str, Any]]]:
    """Return the mentions that one decision settles together, the least certain first."""
    groups: defaultdict[Group, list[dict[str, Any]]] = defaultdict(list)
    for batch in found.mentions.to_batches(max_chunksize=1000):
        for row in batch.to_pylist():
            row["mention"] = mention_iri(document_iri(row["document"]), row["begin"], row["end"]).value
            row["uncertainty"] = _doubt([one["score"] for one in row["candidates"]], row["confidence"])
            groups[fold(row["anchor"]), row["type"], _meaning(row)].append(row)
    for rows in groups.values():
        rows.sort(key=lambda row: (-row["uncertainty"], row["mention"]))
    return dict(groups)


def _meaning(row: Mapping[str, Any]) -> str:
    if row["nil"] == "ambiguous":
        return " ".join(sorted(one["iri"] for one in row["candidates"]))
    return str(row["iri"] or row["concept"])


def _read(graph: KnowledgeGraph) -> Iterable[Read]:
    table = view.relations(graph)
    return zip(*(table[name].to_pylist() for name in "spow"), strict=True)


def _rejected(graph: KnowledgeGraph) -> list[Read]:
    """Return the relations that were read from text and are rejected."""
    found = []
    for quad in graph.store.match(graph=graph.rejected):
        for said in graph.holding(statement_iri(quad.triple), KD.confidence):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                assert isinstance(said.object, RdfLiteral)  # noqa: S101 - a number, by what makes these nodes
                found.append((quad.subject.value, quad.predicate.value, quad.object.value, float(said.object.value)))
    return found


def _entity_of(name: str, iri: str | None, nil: str | None, concept: str) -> str | None:
    """Return the IRI of what a mention was taken to mean, in a graph of this name; None where it is ambiguous."""
    return None if nil == "ambiguous" else iri or concept_iri(name, concept).value


def _stated(name: str, found: Extraction) -> dict[tuple[str, str], Places]:
    """Return where texts relate two entities: from the beginning of the one to the end of the other."""
    table = found.mentions.select(["document", "begin", "end", "iri", "nil", "concept"])
    meant: dict[tuple[str, int], tuple[str, int]] = {}
    for document, begin, end, iri, nil, concept in zip(*(column.to_pylist() for column in table.columns), strict=True):
        if entity := _entity_of(name, iri, nil, concept):
            meant[document, begin] = entity, end
    stated: defaultdict[tuple[str, str], Places] = defaultdict(list)
    columns = (found.relations[name].to_pylist() for name in ("document", "subject_begin", "object_begin"))
    for document, *begins in zip(*columns, strict=True):
        ends = [meant.get((document, begin)) for begin in begins]
        if (subject := ends[0]) and (target := ends[1]):
            stated[subject[0], target[0]].append((document, min(begins), max(subject[1], target[1])))
    return stated


def _doubt(scores: Sequence[float], sure: float) -> float:
    r"""Return :math:`-\sum_i p_i \ln p_i / \ln n` over the n candidates and "none of them", in [0, 1].

    Where there is no candidate, and "none of them" is all there is, it is the entropy of being ``sure``.

    Example:
        >>> _doubt([0.25, 0.25, 0.25], 0.25), _doubt([1.0], 1.0), _doubt([], 0.5)
        (1.0, 0.0, 1.0)
    """
    shares = list(scores) or [sure]
    shares.append(max(0.0, 1.0 - sum(shares)))
    return abs(sum(share * math.log(share) for share in shares if share > 0)) / math.log(len(shares))


def _id(*said: str) -> str:
    return sha256_text(canonical_json(said))[:12]
