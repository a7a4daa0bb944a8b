"""What each condition lets a graph teacher see: the graph, a control of it, or a part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdkd_kg.config import Condition, Config, GraphTeacherConfig, Network, Spreading
from cdkd_kg.errors import ConfigError, nearest

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

ORACLE: Condition = "oracle"
WITHOUT_TEACHER: frozenset[Condition] = frozenset({"no_distillation", ORACLE})
"""The conditions whose students learn from labels alone: those that are shown, or those of every training text."""
WITHOUT_GRAPH: frozenset[Condition] = frozenset(
    {"text_teacher", "self_training", "two_text_teachers", "adapted_text", "joint"}
)
"""The conditions whose signal says what text alone does; the student of ``joint`` meets the graph in its training."""
_SIMILAR = "similar"


def condition_graph(data: HeteroData, condition: Condition, seed: int) -> HeteroData:
    """Return the knowledge that a condition shows; similar texts are added to it later."""
    from cdkd_kg.graph import controls

    ways: dict[Condition, Callable[[], HeteroData]] = {
        "shuffled_graph": lambda: controls.shuffled(data, seed),
        "shuffled_relations": lambda: controls.relations_shuffled(data, seed),
        "similar_text": lambda: controls.without_knowledge(data),
        "without_ontology": lambda: controls.without_ontology(data),
        "dropped_25": lambda: controls.dropped(data, 0.25, seed),
        "dropped_50": lambda: controls.dropped(data, 0.50, seed),
        "dropped_75": lambda: controls.dropped(data, 0.75, seed),
    }
    return ways[condition]() if condition in ways else data


def similar_texts_of(condition: Condition, config: Config) -> int:
    """Return how many similar texts a condition ties to each document."""
    without = condition == "knowledge_only" or _SIMILAR in config.teachers.graph.without_edges
    return 0 if without else config.graph.similar_texts


@dataclass(frozen=True)
class Experts:
    """The experts of a condition, in the order in which each builds on those before."""

    concepts: bool
    sgc: bool
    spreading: tuple[Spreading, ...]
    networks: tuple[Network, ...]


def experts_of(condition: Condition, config: GraphTeacherConfig) -> Experts:
    """Return the experts that a condition has: those of the configuration, but for two conditions.

    ``spreading_only`` has no other; ``same_size_mlp`` has one network of the size of an R-GCN that sees no edge.
    """
    if condition == "same_size_mlp":
        return Experts(concepts=False, sgc=False, spreading=(), networks=("mlp",))
    spreading = tuple(name for name in config.encoders if name in ("propagation", "correct_and_smooth"))
    if condition == "spreading_only":
        return Experts(concepts=False, sgc=False, spreading=spreading or ("propagation",), networks=())
    networks = tuple(
        name for name in config.encoders if name != "sgc" and name != "propagation" and name != "correct_and_smooth"
    )
    return Experts(config.label_concepts, "sgc" in config.encoders, spreading, networks)


def without_edges(data: HeteroData, names: tuple[str, ...]) -> HeteroData:
    """Return the graph without the edge families of these names.

    Raises:
        ConfigError: a name is none of the graph's edge types.
    """
    from cdkd_kg.graph.controls import only

    known = {kind[1] for kind in data.edge_types}
    for name in names:
        if name not in known | {_SIMILAR}:
            raise ConfigError(
                f"the graph has no edges called {name!r}{nearest(name, known)}",
                where="teachers.graph.without_edges",
                remedy=f"give some of {sorted(known | {_SIMILAR})}",
            )
    return only(data, known - set(names)) if names else data
