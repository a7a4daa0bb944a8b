"""Whatever is decided and undone, in whatever order: the graph is what follows from the decisions that count."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pyoxigraph import Literal, Quad

from cdkd_kg.curation.undo import undo
from cdkd_kg.errors import ConfigError, DataRefusedError
from cdkd_kg.graph.decisions.decision import fold, in_force
from cdkd_kg.graph.decisions.log import DecisionLog
from cdkd_kg.graph.decisions.settle import show
from cdkd_kg.graph.decisions.working_copy import WorkingCopy
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import ITSRDF, SKOS
from tests.curation.conftest import proposed
from tests.curation.test_decisions import EVERY

EXAMPLES = int(os.environ.get("CDKD_EXAMPLES", "30"))
"""`CDKD_EXAMPLES=500 pytest tests/curation/test_machine.py` for the full figure."""


class Curating(RuleBasedStateMachine):
    """Decides and undoes at will, and holds the graph against one that is made anew."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.base = set(proposed("ills"))
        self.copy = WorkingCopy(self._graph(), DecisionLog(Path(self.folder.name)))
        self.count = 0

    def _graph(self) -> KnowledgeGraph:
        graph = KnowledgeGraph("ills")
        graph.add(self.base)
        return graph

    @rule(what=st.sampled_from(sorted(EVERY)), who=st.sampled_from(["ada", "bob"]))
    def decide(self, what: str, who: str) -> None:
        try:
            draft = EVERY[what](self.copy.graph)
        except ConfigError:
            return  # it makes no sense now, such as to merge what was merged before
        self.copy.decide(draft, who)
        self.count += 1

    @precondition(lambda self: self.count)
    @rule(data=st.data())
    def undo_any(self, data: st.DataObject) -> None:
        entries = self.copy.log.entries()
        name = data.draw(st.sampled_from([str(entry.number) for entry in entries]))
        try:
            self.copy.decide(undo(entries, name), "eve")
        except DataRefusedError:
            return  # undone before, or others rest on it
        self.count += 1

    @invariant()
    def the_graph_is_what_counts(self) -> None:
        decisions = self.copy.log.decisions()
        assert len(decisions) == self.count
        anew = self._graph()
        show(anew, decisions[::-1])  # in whatever order they arrive
        assert anew.revision == self.copy.graph.revision
        assert self.base <= {Quad(*quad) for quad in self.copy.graph}
        told = fold(in_force(decisions))
        assert not told.accepted & told.rejected
        self._each_means_and_is_called_one_thing()

    def _each_means_and_is_called_one_thing(self) -> None:
        said = Counter[tuple[object, ...]]()
        for predicate in (ITSRDF.taIdentRef, ITSRDF.taConfidence, SKOS.prefLabel):
            for triple in {quad.triple for quad in self.copy.graph.holding(None, predicate)}:
                language = triple.object.language or "en" if isinstance(triple.object, Literal) else ""
                said[triple.subject, predicate, language] += 1
        assert [key for key, count in said.items() if count > 1] == []

    def teardown(self) -> None:
        self.folder.cleanup()


TestCurating = Curating.TestCase
TestCurating.settings = settings(max_examples=EXAMPLES, stateful_step_count=12, deadline=None)
