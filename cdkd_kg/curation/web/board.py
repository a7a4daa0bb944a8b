"""What the page and its programming interface work on: one copy of the graph, one queue, for all who ask at once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode

from cdkd_kg.curation.agreement import Verdict, disputed
from cdkd_kg.curation.context import Context, contexts
from cdkd_kg.curation.item import Item
from cdkd_kg.curation.kept_queue import kept_queue
from cdkd_kg.curation.predicates import names_of, predicates
from cdkd_kg.curation.queue import to_judge_again
from cdkd_kg.curation.search import Hit, Search, shorter
from cdkd_kg.curation.undo import undo
from cdkd_kg.curation.verbs import Desk, drafted
from cdkd_kg.entities.linking.aliases import Label
from cdkd_kg.errors import CdkdError
from cdkd_kg.evaluation.between_runs import compare_runs
from cdkd_kg.graph.breaches import Breaches, kept_breaches
from cdkd_kg.graph.decisions.as_rdf import FILE, write_decisions
from cdkd_kg.graph.decisions.log import Entry
from cdkd_kg.graph.decisions.settle import pull
from cdkd_kg.graph.decisions.working_copy import working_copy
from cdkd_kg.graph.folder import WRITTEN
from cdkd_kg.graph.iris import PLACE
from cdkd_kg.graph.labels import display_name, labels
from cdkd_kg.graph.neighbourhood import documents_of, find_entity, neighbourhood
from cdkd_kg.graph.view import is_relation, mentioned


class Board:
    """A working copy with its queue, open until :meth:`close`; every method may be called from several threads.

    Args:
        folder: of the graph.
        run: the folder of a run with this graph, whose teachers say what is worth most.
        before: that of an earlier run.

    Attributes:
        name: of the graph.
        bought: what changed from the earlier run to the other, if both are named; see
            :func:`~cdkd_kg.evaluation.between_runs.compare_runs`.
    """

    def __init__(self, folder: Path, run: Path | None = None, before: Path | None = None) -> None:
        self._lock, self._loading, self._opened = threading.RLock(), threading.Lock(), ExitStack()
        self._folder, self._run = folder, run
        self.bought = compare_runs(before, run) if before and run else None
        self.load()

    def load(self) -> None:
        """Take the graph as it is now: with the texts that were read into it, and the rules that were checked.

        Others go on with what there was until that is done; where it fails, they keep it.
        """
        with self._loading, ExitStack() as opening:
            written = self._written()
            copy = opening.enter_context(working_copy(self._folder))
            queue, texts = kept_queue(self._folder, copy.graph, self._run)
            items = queue.items(copy.graph, copy.decisions)
            counts, relations = mentioned(copy.graph), predicates(copy.graph)
            beside = ThreadPoolExecutor(1)  # many names take seconds, for which nobody need wait to begin
            search = beside.submit(lambda: Search(copy.graph.labels()))
            beside.shutdown(wait=False)
            with self._lock:
                self._since, self._copy, self._known, self.name = written, copy, copy.seen, copy.graph.name
                self._queue, self._texts, self._items = queue, texts, items
                self._counts, self._relations = counts, relations
                self._search, self._renewed, self._fresh = search, dict[str, list[Label]](), Search(())
                self._opened.close()
                self._opened = opening.pop_all()

    def close(self) -> None:
        """Remove the copy; what was decided is in the log."""
        with self._lock:
            self._opened.close()

    @property
    def changed(self) -> bool:
        """Whether texts were read, names imported or rules checked since the graph was loaded."""
        try:
            return self._since != self._written()
        except CdkdError:  # which loading it tells of
            return True

    def items(self) -> tuple[int, list[Item]]:
        """Return the number of the newest decision, and what is open after it, the worthiest first."""
        with self._lock:
            self._copy.refresh()
            if self._known != self._copy.seen:
                self._items = self._queue.items(self._copy.graph, self._copy.decisions)
                self._renew(self._known)
                self._known = self._copy.seen
            return self._known, self._items

    def again(self, who: str) -> list[Item]:
        """Return what is in dispute, and after it what was judged by others and not by this person."""
        with self._lock:
            self._copy.refresh()
            items = to_judge_again(self._queue, self._copy.graph, self._copy.decisions, who)
            disputes = self.disputes(items)
            return sorted(items, key=lambda item: item.id not in disputes)

    def disputes(self, items: Iterable[Item]) -> dict[str, list[Verdict]]:
        """Return what people said of those of some items that are in dispute, by the id of the item."""
        with self._lock:
            open_, found = disputed(self._copy.decisions), dict[str, list[Verdict]]()
        for item in items:
            said = {one.decision.id: one for iri in item.about for one in open_.get(iri, ())}
            if said:
                found[item.id] = list(said.values())
        return found

    def item(self, name: str, who: str = "") -> Item:
        """Return the item whose id begins so; raises MissingResourceError."""
        with self._lock:
            return self._desk(who).item(name)

    def contexts(self, item: Item) -> list[Context]:
        """Return where texts speak of an item."""
        return contexts(item.places, self._texts)

    def decide(self, verb: str, words: Sequence[str], who: str, why: str, seen: int) -> Entry:
        """Decide; see :func:`~cdkd_kg.curation.verbs.drafted` and :meth:`WorkingCopy.decide`."""
        with self._lock:
            return self._copy.decide(drafted(self._desk(who), verb, words), who, why, seen=seen)

    def undo(self, name: str, who: str, why: str, seen: int) -> Entry:
        """Undo a decision; see :func:`~cdkd_kg.curation.undo.undo`."""
        with self._lock:
            self.items()
            return self._copy.decide(undo(self._copy.entries, name), who, why, seen=seen)

    def entries(self) -> list[Entry]:
        """Return all that was decided, by number."""
        with self._lock:
            self.items()
            return list(self._copy.entries)

    def export(self) -> Path:
        """Write all decisions into the folder of the graph as sorted N-Quads, for git, and return the file.

        What the file has and the log lacks, as after `git pull`, is taken in before.
        """
        with self._lock:
            pull(self._copy.log, self._folder)
            write_decisions(self._copy.log.decisions(), self._copy.graph, self._folder / FILE)
            return self._folder / FILE

    def find(self, typed: str, most: int = 10) -> list[Hit]:
        """Return the entities whose names have words that begin as the typed ones do."""
        self.items()
        return self._found(typed, most)

    def _found(self, typed: str, most: int) -> list[Hit]:
        search = self._search.result()
        with self._lock:
            renewed = self._fresh.find(typed, most)
            kept = [hit for hit in search.find(typed, most) if hit.iri not in self._renewed]
            return (renewed + kept)[:most]

    def near(self, typed: str, most: int = 5) -> list[Hit]:
        """Return the entities that are found where the ends of the typed words are left out."""
        self.items()
        return next((hits for cut in shorter(typed) if (hits := self._found(cut, most))), [])

    def relations(self) -> dict[str, str]:
        """Return what the relations of the graph are called, by IRI."""
        with self._lock:
            self.items()
            return self._relations

    def entity(self, name: str) -> dict[str, Any]:
        """Return what there is to say of an entity; raises MissingResourceError."""
        with self._lock:
            self._copy.refresh()
            return neighbourhood(self._copy.graph, find_entity(self._copy.graph, name), self._counts)

    def called(self, iri: str) -> str:
        """Return what an entity is called; without a name the end of its IRI."""
        with self._lock:
            return display_name(self._copy.graph, iri)

    def _desk(self, who: str) -> Desk:
        _, items = self.items()
        desk = Desk.of(self._queue, self._copy.graph, self._copy.decisions, items, who)
        return desk._replace(relations=lambda: self._relations)

    def _written(self) -> tuple[int, Breaches]:
        mark, broken = self._folder / WRITTEN, kept_breaches(self._folder)
        return mark.stat().st_mtime_ns if mark.exists() else 0, broken if broken.found else Breaches()

    def _renew(self, since: int) -> None:
        """Take anew what depends on the decisions after the entry ``since``: names, documents and relations."""
        graph, spoken, tied = self._copy.graph, set[str](), set[str]()
        known = {decision.id: decision for decision in self._copy.decisions}
        fresh = [entry.decision for entry in self._copy.entries if entry.number > since]
        for decision in fresh:
            while decision.what.undoes in known:
                decision = known[decision.what.undoes]
            spoken |= {iri for iri in decision.speaks_of() if PLACE not in iri}  # a mention has no names
            ties = (one for one in decision.what.accepts if isinstance(one.object, NamedNode))
            tied |= {one.predicate.value for one in ties if is_relation(one.predicate.value)}
        self._renewed |= {iri: list(labels(graph, concept=NamedNode(iri))) for iri in spoken}
        self._counts |= {iri: documents_of(graph, iri) for iri in spoken}
        self._fresh = Search(label for mine in self._renewed.values() for label in mine)
        if tied and any(decision.what.undoes for decision in fresh):
            self._relations = predicates(graph)
        elif tied - self._relations.keys() or spoken & self._relations.keys():
            self._relations = names_of(graph, self._relations.keys() | tied)
