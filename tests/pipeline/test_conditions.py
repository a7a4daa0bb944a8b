"""What each condition lets its teacher see, and the experts it has."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch_geometric.data import HeteroData

from cdkd_kg.config import Condition, GraphTeacherConfig
from cdkd_kg.errors import ConfigError
from cdkd_kg.pipeline.conditions import WITHOUT_GRAPH, WITHOUT_TEACHER, condition_graph, experts_of, without_edges

MENTIONS, BROADER = ("document", "mentions", "entity"), ("entity", "broader", "entity")


def graph() -> HeteroData:
    data = HeteroData()
    for kind in ("document", "entity"):
        data[kind].ids, data[kind].num_nodes = [f"{kind}{place}" for place in range(40)], 40
    data["entity"].label = data["entity"].ids
    for kind in (MENTIONS, BROADER):
        data[kind].edge_index, data[kind].edge_weight = torch.arange(80).reshape(2, 40) % 40, torch.ones(40)
    return data


def edges(data: HeteroData) -> dict[str, int]:
    return {kind[1]: data[kind].edge_index.shape[1] for kind in data.edge_types}


@pytest.mark.parametrize("condition", sorted(set(get_args(Condition)) - WITHOUT_GRAPH - WITHOUT_TEACHER))
def test_every_condition_sees_what_the_documentation_says(condition: Condition) -> None:
    found = edges(condition_graph(graph(), condition, 0))
    if condition == "similar_text":
        assert found == {}
    elif condition == "without_ontology":
        assert found == {"mentions": 40}
    elif condition.startswith("dropped_"):
        assert 0 < found["mentions"] < 40
        assert 0 < found["broader"] < 40
    else:
        assert found == {"mentions": 40, "broader": 40}


def test_two_conditions_have_experts_of_their_own() -> None:
    config = GraphTeacherConfig(encoders=("rgcn", "sgc", "correct_and_smooth"))
    usual, spread, control = (experts_of(name, config) for name in ("graph_teacher", "spreading_only", "same_size_mlp"))
    assert (usual.sgc, usual.spreading, usual.networks) == (True, ("correct_and_smooth",), ("rgcn",))
    assert (spread.sgc, spread.spreading, spread.networks) == (False, ("correct_and_smooth",), ())
    assert (control.sgc, control.spreading, control.networks) == (False, (), ("mlp",))


def test_edge_families_are_left_out_by_name_and_a_slip_is_told() -> None:
    assert edges(without_edges(graph(), ("broader", "similar"))) == {"mentions": 40}
    with pytest.raises(ConfigError, match="did you mean 'broader'"):
        without_edges(graph(), ("broder",))
