"""What there is to decide on, by what a decision is worth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pyoxigraph import NamedNode, Triple

from cdkd_kg.artifacts import canonical_json, sha256_text
from cdkd_kg.entities.linking.names import fold
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.errors import MissingResourceError
from cdkd_kg.graph import view
from cdkd_kg.graph.decisions.decision import Decision, in_force
from cdkd_kg.graph.iris import concept_iri, document_iri, local_name, mention_iri, statement_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import preferred

State = Literal["open", "skipped"]
Group = tuple[str, str, str]
"""A name, the type under which it was found, and what it was taken to mean."""
NO_MORE = 10
"""Places of an item that are told beside the first."""


@dataclass(frozen=True)
class Item:
    """Something that one decision settles: all mentions that are alike, or a relation.

    Attributes:
        id: 12 hexadecimal digits, the same as long as the item says the same.
        kind: of the item.
        title: what it is about, in words.
        worth: what a decision on it is worth; see :class:`Queue`.
        uncertainty: from 0 to 1.
        documents: how many documents a decision reaches.
        state: whether it was skipped before.
        mentions: IRIs of the mentions that are not judged yet, the least certain first.
        meaning: the IRI that they are linked to; None where that is open.
        nil: why they are linked to nothing in the vocabulary: "new" or "ambiguous".
        candidates: what the first mention may mean, with all features, the likeliest first.
        places: (document, begin, end) of some mentions, or of what states a relation.
        relation: the triple that is to be judged.
    """

    id: str
    kind: Literal["mention", "relation"]
    title: str
    worth: float
    uncertainty: float
    documents: int
    state: State
    mentions: tuple[str, ...] = ()
    meaning: str | None = None
    nil: str | None = None
    candidates: tuple[Mapping[str, Any], ...] = ()
    places: tuple[tuple[str, int, int], ...] = ()
    relation: Triple | None = field(default=None)

    def told(self) -> dict[str, Any]:
        """Return the item as JSON has it."""
        told = {name: value for name, value in vars(self).items() if name not in ("mentions", "relation")}
        ends = () if self.relation is None else (self.relation.subject, self.relation.predicate, self.relation.object)
        return told | {"mentions": len(self.mentions), "relation": [str(end) for end in ends] or None}


class Queue:
    r"""What is open, the worthiest first, and what was skipped after it; what was judged is not shown again.

    An item is worth

    .. math:: w = H \, D \, (1 + d)

    with the normalised entropy H of what the linker, or the reader of relations, thinks of it (0 where it is sure, 1
    where it knows nothing), the number D of documents that a decision reaches, and the mean disagreement d of text and
    graph teacher about these documents, from 0 to 1; without a run to tell, 0.

    Args:
        found: the mentions of a reading, with their candidates.
        disagreement: by document identifier.
    """

    def __init__(self, found: Extraction, disagreement: Mapping[str, float] | None = None) -> None:
        self._found, self._disagreement = found, disagreement or {}
        self._groups = _groups(found)
        self._group_of = {row["mention"]: key for key, rows in self._groups.items() for row in rows}
        self._judged: dict[str, str] = {}
        self._items = {key: self._mention_item(key) for key in self._groups}

    def items(self, graph: KnowledgeGraph, decisions: Iterable[Decision]) -> list[Item]:
        """Return the items.

        Args:
            graph: with the proposals of the reading, and what was decided.
            decisions: that were taken.
        """
        judged: dict[str, str] = {}
        for decision in in_force(decisions):
            judged |= dict.fromkeys(decision.what.about, decision.what.kind)
        changed = {iri for iri, _ in judged.items() ^ self._judged.items()}
        self._judged = judged
        for key in {self._group_of[iri] for iri in changed if iri in self._group_of}:
            self._items[key] = self._mention_item(key)
        items = [item for item in self._items.values() if item is not None]
        items += _relation_items(graph, self._found, judged)
        return sorted(items, key=lambda item: (item.state == "skipped", -item.worth, item.id))

    def _mention_item(self, key: Group) -> Item | None:
        rows = [row for row in self._groups[key] if self._judged.get(row["mention"], "unsure") == "unsure"]
        if not rows:
            return None
        first, documents = rows[0], sorted({row["document"] for row in rows})
        uncertainty = sum(row["uncertainty"] for row in rows) / len(rows)
        disagreement = sum(self._disagreement.get(name, 0.0) for name in documents) / len(documents)
        return Item(
            id=_id("mention", *key),
            kind="mention",
            title=first["anchor"],
            worth=uncertainty * len(documents) * (1 + disagreement),
            uncertainty=uncertainty,
            documents=len(documents),
            state="skipped" if all(row["mention"] in self._judged for row in rows) else "open",
            mentions=tuple(row["mention"] for row in rows),
            meaning=first["iri"],
            nil=first["nil"],
            candidates=tuple(first["candidates"]),
            places=tuple((row["document"], row["begin"], row["end"]) for row in rows[: NO_MORE + 1]),
        )


def item_of(items: Sequence[Item], name: str) -> Item:
    """Return the item whose id begins so.

    Raises:
        MissingResourceError: there is none, or several.
    """
    fits = [item for item in items if name and item.id.startswith(name)]
    if len(fits) == 1:
        return fits[0]
    raise MissingResourceError(
        f"{'several items' if fits else 'no item'} in the queue {'have' if fits else 'has'} an id that begins {name!r}",
        why=", ".join(item.id for item in fits[:5]) if fits else "it may have been judged",
        remedy="`cdkd curate queue` has the ids",
    )


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


def _relation_items(graph: KnowledgeGraph, found: Extraction, judged: Mapping[str, str]) -> Iterable[Item]:
    table, links, names = view.relations(graph), view.links(graph), preferred(graph)
    stated = _stated(graph, found)
    mentioned: defaultdict[str, set[str]] = defaultdict(set)
    for document, entity in zip(links["s"].to_pylist(), links["o"].to_pylist(), strict=True):
        mentioned[entity].add(document)
    for subject, predicate, target, confidence in sorted(
        zip(*(table[name].to_pylist() for name in "spow"), strict=True)
    ):
        triple = Triple(NamedNode(subject), NamedNode(predicate), NamedNode(target))
        verdict = judged.get(statement_iri(triple).value)
        if verdict in (None, "unsure"):
            uncertainty, documents = _doubt([confidence], confidence), len(mentioned[subject] | mentioned[target])
            yield Item(
                id=_id("relation", subject, predicate, target),
                kind="relation",
                title="{} — {} → {}".format(*(names.get(iri, local_name(iri)) for iri in (subject, predicate, target))),
                worth=uncertainty * documents,
                uncertainty=uncertainty,
                documents=documents,
                state="open" if verdict is None else "skipped",
                places=tuple(stated[subject, target][: NO_MORE + 1]),
                relation=triple,
            )


def _stated(graph: KnowledgeGraph, found: Extraction) -> dict[tuple[str, str], list[tuple[str, int, int]]]:
    """Return where texts relate two entities: from the beginning of the one to the end of the other."""
    table = found.mentions.select(["document", "begin", "end", "iri", "nil", "concept"])
    meant: dict[tuple[str, int], tuple[str, int]] = {}
    for document, begin, end, iri, nil, concept in zip(*(column.to_pylist() for column in table.columns), strict=True):
        if nil != "ambiguous":
            meant[document, begin] = iri or concept_iri(graph.name, concept).value, end
    stated: defaultdict[tuple[str, str], list[tuple[str, int, int]]] = defaultdict(list)
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
