"""What one decision settles, and how it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pyoxigraph import Triple

from cdkd_kg.errors import MissingResourceError
from cdkd_kg.graph.breaches import breach_iri
from cdkd_kg.graph.iris import PLACE, document_iri, statement_iri

State = Literal["open", "skipped"]
Kind = Literal["mention", "relation", "breach"]


@dataclass(frozen=True)
class Item:
    """Something that one decision settles: all mentions that are alike, a relation, or a rule that an entity breaks.

    Attributes:
        id: 12 hexadecimal digits, the same as long as the item says the same.
        kind: of the item.
        title: what it is about, in words.
        worth: what a decision on it is worth; see :class:`Queue`.
        uncertainty: from 0 to 1.
        documents: how many documents a decision reaches.
        state: whether it was skipped before.
        mentions: IRIs of the mentions that are not judged yet, the least certain first.
        meaning: the IRI of what they were taken to mean, or of what breaks a rule; None where they are ambiguous.
        nil: why that is nothing in the vocabulary: "new" or "ambiguous".
        candidates: what the first mention may mean, with all features, the likeliest first.
        places: (document, begin, end) of some mentions, or of what states a relation.
        relation: the triple that is to be judged.
        rule: that is broken, in words.
        type: under which mentions were found, such as "GPE"; empty where there is none.
    """

    id: str
    kind: Kind
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
    relation: Triple | None = None
    rule: str = ""
    type: str = ""

    @property
    def about(self) -> tuple[str, ...]:
        """IRIs of what a decision on it judges: mentions, a statement, or that something breaks a rule."""
        if self.kind == "breach":
            return (breach_iri(str(self.meaning), self.rule),)
        return self.mentions if self.relation is None else (statement_iri(self.relation).value,)

    def told(self) -> dict[str, Any]:
        """Return the item as JSON has it."""
        told = {name: value for name, value in vars(self).items() if name not in ("mentions", "relation")}
        ends = () if self.relation is None else (self.relation.subject, self.relation.predicate, self.relation.object)
        return told | {"mentions": len(self.mentions), "relation": [str(end) for end in ends] or None}


def item_of(items: Sequence[Item], name: str) -> Item:
    """Return the item whose id begins so; of ``ID@DOCUMENT`` only the mentions in that document.

    Raises:
        MissingResourceError: there is none, or several.
    """
    name, _, document = name.partition("@")
    fits = [item for item in items if name and item.id.startswith(name)]
    if len(fits) == 1:
        return _only_in(document, fits[0]) if document else fits[0]
    raise MissingResourceError(
        f"{'several items' if fits else 'no item'} in the queue {'have' if fits else 'has'} an id that begins {name!r}",
        why=", ".join(item.id for item in fits[:5]) if fits else "it may have been settled by another decision",
        remedy="look at the queue again, which has the ids",
    )


def _only_in(document: str, item: Item) -> Item:
    mentions = tuple(iri for iri in item.mentions if iri.startswith(document_iri(document).value + PLACE))
    if not mentions:
        raise MissingResourceError(
            f"the item {item.id} has no open mention in {document!r}",
            remedy="look at the whole item, which has its documents",
        )
    places = tuple(place for place in item.places if place[0] == document)
    return replace(item, id=f"{item.id}@{document}", mentions=mentions, places=places, documents=1)
