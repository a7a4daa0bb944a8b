"""What a curator can say, by the words in which they say it: the command line and the page both come here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pyoxigraph import NamedNode, Triple

from cdkd_kg.curation import entities, mentions, relations
from cdkd_kg.curation.item import Item, item_of
from cdkd_kg.curation.predicates import predicate_of, predicates
from cdkd_kg.curation.queue import Queue, to_judge_again, who_judged
from cdkd_kg.errors import ConfigError, MissingResourceError, nearest
from cdkd_kg.graph.decisions.decision import Decision, Draft
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.neighbourhood import find_entity


class Desk(NamedTuple):
    """What is decided on: a graph, and the items that are open; by ways to them, those that were judged.

    Attributes:
        graph: with what was decided.
        items: that are open.
        again: gives those that may be judged once more.
        judged: gives what else was judged and has an id that begins so, and by what.
        relations: gives what the relations of the graph are called, where somebody keeps that.
    """

    graph: KnowledgeGraph
    items: Sequence[Item]
    again: Callable[[], Sequence[Item]] = tuple
    judged: Callable[[str], tuple[Item, Decision] | None] = lambda _: None
    relations: Callable[[], Mapping[str, str]] | None = None

    @classmethod
    def of(
        cls, queue: Queue, graph: KnowledgeGraph, decisions: Sequence[Decision], items: Sequence[Item], who: str
    ) -> Desk:
        """Return where somebody sits who looks at a queue with these items."""
        return cls(
            graph,
            items,
            lambda: to_judge_again(queue, graph, decisions, who),
            lambda name: who_judged(queue, graph, decisions, name),
        )

    def item(self, name: str) -> Item:
        """Return the item whose id begins so: one that is open, or where none is, one that may be judged again.

        Raises:
            MissingResourceError: there is none, several, or it was judged.
        """
        if any(item.id.startswith(name.partition("@")[0]) for item in self.items):
            return item_of(self.items, name)
        try:
            return item_of(self.again(), name)
        except MissingResourceError:
            if judged := self.judged(name):
                item, decision = judged
                raise MissingResourceError(
                    f"{item.title!r} was judged",
                    where=item.id,
                    why=f"{decision.who} said: {decision.what.label}",
                    remedy="undo that in the history to judge it again",
                ) from None
            raise

    def mentions(self, name: str) -> list[NamedNode]:
        """Return the mentions of an item."""
        item = self.item(name)
        if item.kind != "mention":
            raise ConfigError(
                f"this item is a {item.kind}, and no mention", where=name, remedy="accept, reject or change it"
            )
        return [NamedNode(iri) for iri in item.mentions]

    def entity(self, name: str) -> NamedNode:
        """Return the entity that has a name or an IRI."""
        return NamedNode(find_entity(self.graph, name))

    def relation(self, name: str) -> Triple:
        """Return the triple of an item."""
        item = self.item(name)
        if item.relation is None:
            raise ConfigError(
                f"this item is a {item.kind}, and no relation", where=name, remedy="link it, or create an entity"
            )
        return item.relation

    def triple(self, subject: str, predicate: str, target: str) -> Triple:
        """Return a triple of names; see :func:`~cdkd_kg.curation.predicates.predicate_of`."""
        known = self.relations() if self.relations else predicates(self.graph)
        return Triple(self.entity(subject), predicate_of(known, predicate), self.entity(target))


class Verb(NamedTuple):
    """How a decision is asked for."""

    words: str
    says: str
    draft: Callable[..., Draft]

    @property
    def least(self) -> int:
        """How many words it takes at least."""
        return sum(not word.startswith("[") for word in self.words.split())


def _judged(
    of_mentions: Callable[[KnowledgeGraph, Sequence[NamedNode], NamedNode], Draft],
    of_relation: Callable[[KnowledgeGraph, Triple], Draft],
    of_breach: Callable[[KnowledgeGraph, NamedNode, str], Draft],
) -> Callable[[Desk, str], Draft]:
    def draft(desk: Desk, name: str) -> Draft:
        item = desk.item(name)
        if item.relation is not None:
            return of_relation(desk.graph, item.relation)
        if item.kind == "breach":
            return of_breach(desk.graph, NamedNode(str(item.meaning)), item.rule)
        if item.meaning is None:
            raise ConfigError(
                "it could not be decided what this means", where=name, remedy="link it, or create an entity"
            )
        return of_mentions(desk.graph, desk.mentions(name), NamedNode(item.meaning))

    return draft


def _unsure(desk: Desk, name: str) -> Draft:
    item = desk.item(name)
    if item.relation is not None:
        return relations.unsure_of_relation(desk.graph, item.relation)
    if item.kind == "breach":
        return entities.unsure_of_entity(desk.graph, NamedNode(str(item.meaning)), item.rule)
    return mentions.unsure(desk.graph, desk.mentions(name))


VERBS: dict[str, Verb] = {
    "accept": Verb(
        "ITEM", "it is as the graph says", _judged(mentions.accept_link, relations.accept_relation, entities.keep)
    ),
    "reject": Verb(
        "ITEM",
        "it is not as the graph says",
        _judged(mentions.reject_link, relations.reject_relation, entities.refuse_to_keep),
    ),
    "unsure": Verb("ITEM", "skip it; it comes back last", _unsure),
    "link": Verb(
        "ITEM ENTITY",
        "its mentions mean this entity",
        lambda desk, item, entity: mentions.link(desk.graph, desk.mentions(item), desk.entity(entity)),
    ),
    "create": Verb(
        "ITEM NAME",
        "its mentions mean something that is not there yet",
        lambda desk, item, name: mentions.create(desk.graph, desk.mentions(item), name),
    ),
    "split": Verb(
        "ENTITY ITEM NAME",
        "these mentions of an entity mean another one, which is new",
        lambda desk, entity, item, name: mentions.split(desk.graph, desk.entity(entity), desk.mentions(item), name),
    ),
    "merge": Verb(
        "LOSER WINNER",
        "two entities are one",
        lambda desk, loser, winner: entities.merge(desk.graph, desk.entity(loser), desk.entity(winner)),
    ),
    "relabel": Verb(
        "ENTITY NAME [LANGUAGE]",
        "it is called so",
        lambda desk, entity, *name: entities.relabel(desk.graph, desk.entity(entity), *name),
    ),
    "add-alias": Verb(
        "ENTITY NAME [LANGUAGE]",
        "it is also called so",
        lambda desk, entity, *name: entities.add_alias(desk.graph, desk.entity(entity), *name),
    ),
    "drop-alias": Verb(
        "ENTITY NAME",
        "it is not called so",
        lambda desk, entity, name: entities.drop_alias(desk.graph, desk.entity(entity), name),
    ),
    "add-relation": Verb(
        "SUBJECT PREDICATE OBJECT",
        "this holds",
        lambda desk, *ends: relations.add_relation(desk.graph, desk.triple(*ends)),
    ),
    "change-relation": Verb(
        "ITEM SUBJECT PREDICATE OBJECT",
        "not the item, but this holds",
        lambda desk, item, *ends: relations.change_relation(desk.graph, desk.relation(item), desk.triple(*ends)),
    ),
    "deprecate": Verb(
        "ENTITY [INSTEAD]",
        "it is not used any more",
        lambda desk, entity, *instead: entities.deprecate(desk.graph, desk.entity(entity), *map(desk.entity, instead)),
    ),
}


def drafted(desk: Desk, verb: str, words: Sequence[str]) -> Draft:
    """Return the decision that a verb and its words ask for.

    Raises:
        ConfigError: there is no such verb, there are too many or too few words, or the decision makes no sense.
        MissingResourceError: an item or an entity is not there.
    """
    if verb not in VERBS:
        raise ConfigError(f"{verb!r} cannot be decided{nearest(verb, VERBS)}", remedy=f"one of {', '.join(VERBS)}")
    wanted = VERBS[verb].words.split()
    if not VERBS[verb].least <= len(words) <= len(wanted):
        raise ConfigError(
            f"{verb} takes {' '.join(wanted)}, and was given {len(words)}",
            remedy="put names of several words into quotes",
        )
    return VERBS[verb].draft(desk, *words)
