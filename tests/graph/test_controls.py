from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch_geometric.data import HeteroData

from cdkd_kg.graph.controls import dropped, only, relations_shuffled, shuffled, without_knowledge, without_ontology

MENTIONS, BROADER, SIMILAR = (
    ("document", "mentions", "entity"),
    ("entity", "broader", "entity"),
    ("document", "similar", "document"),
)


def tensors(seed: int, documents: int = 12, entities: int = 9, edges: int = 40) -> HeteroData:
    random = np.random.default_rng(seed)
    data = HeteroData()
    data["document"].ids, data["document"].num_nodes = [f"d{n}" for n in range(documents)], documents
    data["entity"].ids, data["entity"].num_nodes = [f"e{n}" for n in range(entities)], entities
    data["entity"].label = data["entity"].ids
    for kind, ends in ((MENTIONS, (documents, entities)), (BROADER, (entities, entities)), (SIMILAR, (documents,) * 2)):
        index = np.unique(np.stack([random.integers(0, end, edges) for end in ends]), axis=1)
        data[kind].edge_index = torch.from_numpy(index)
        data[kind].edge_weight = torch.rand(index.shape[1])
    return data


def degrees(index: torch.Tensor, side: int, size: int) -> list[int]:
    return torch.bincount(index[side], minlength=size).tolist()


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_shuffling_keeps_every_degree_and_changes_the_edges(graph_seed: int, seed: int) -> None:
    data = tensors(graph_seed)
    result = shuffled(data, seed)
    before, after = data[MENTIONS].edge_index, result[MENTIONS].edge_index
    assert degrees(before, 0, 12) == degrees(after, 0, 12)
    assert degrees(before, 1, 9) == degrees(after, 1, 9)
    assert not torch.equal(before, after)
    before, after = data[BROADER].edge_index, result[BROADER].edge_index
    for side in (0, 1):
        assert sorted(degrees(before, side, 9)) == sorted(degrees(after, side, 9))
    assert not torch.equal(before, after)
    assert torch.equal(data[SIMILAR].edge_index, result[SIMILAR].edge_index)


def test_knowledge_keeps_its_shape_across_edge_types() -> None:
    data = tensors(1)
    data["entity", "related", "entity"].edge_index = data[BROADER].edge_index.clone()
    data["entity", "related", "entity"].edge_weight = data[BROADER].edge_weight.clone()
    result = shuffled(data, 5)
    assert torch.equal(result[BROADER].edge_index, result["entity", "related", "entity"].edge_index)
    assert sorted(result[BROADER].edge_weight.tolist()) == sorted(data[BROADER].edge_weight.tolist())


def test_a_seed_gives_one_graph_and_the_input_stays_as_it_was() -> None:
    data = tensors(2)
    before = data[MENTIONS].edge_index.clone()
    one, same, other = shuffled(data, 3), shuffled(data, 3), shuffled(data, 4)
    assert torch.equal(one[MENTIONS].edge_index, same[MENTIONS].edge_index)
    assert not torch.equal(one[MENTIONS].edge_index, other[MENTIONS].edge_index)
    assert torch.equal(data[MENTIONS].edge_index, before)


@pytest.mark.parametrize("entities", [0, 1])
def test_a_graph_with_nothing_to_shuffle_is_no_error(entities: int) -> None:
    data = without_knowledge(tensors(1))
    data["entity"].num_nodes = entities
    data[MENTIONS].edge_index, data[MENTIONS].edge_weight = torch.zeros((2, 0), dtype=torch.int64), torch.zeros(0)
    assert shuffled(data, 0)[MENTIONS].edge_index.shape == (2, 0)


def test_without_knowledge_only_documents_are_left() -> None:
    data = tensors(3)
    result = without_knowledge(data)
    assert result["document"].ids == data["document"].ids
    assert (result["document"].num_nodes, result["entity"].num_nodes) == (12, 0)
    assert result.edge_types == []


@given(st.integers(0, 1000))
def test_shuffled_relations_keep_the_pairs_and_the_size_of_each_type(seed: int) -> None:
    data, other = tensors(seed), tensors(seed + 1)
    related = ("entity", "related", "entity")
    data[related].edge_index, data[related].edge_weight = other[BROADER].edge_index, other[BROADER].edge_weight
    result = relations_shuffled(data, seed)
    kinds = (BROADER, related)
    before, after = (
        sorted(pair for kind in kinds for pair in one[kind].edge_index.T.tolist()) for one in (data, result)
    )
    assert before == after
    for kind in kinds:
        assert data[kind].edge_index.shape == result[kind].edge_index.shape
        assert not torch.equal(data[kind].edge_index, result[kind].edge_index)
    assert torch.equal(data[MENTIONS].edge_index, result[MENTIONS].edge_index)


@given(st.integers(0, 1000))
def test_what_more_dropping_leaves_is_part_of_what_less_leaves(seed: int) -> None:
    data = tensors(seed, edges=200)
    little, much = (dropped(data, share, seed) for share in (0.25, 0.75))
    for kind in (MENTIONS, BROADER):
        less, more = ({tuple(pair) for pair in one[kind].edge_index.T.tolist()} for one in (little, much))
        assert more <= less
        assert len(more) < len(less)
    assert torch.equal(data[SIMILAR].edge_index, much[SIMILAR].edge_index)


def test_a_graph_without_ontology_keeps_mentions_and_similar_texts() -> None:
    data = tensors(0)
    assert set(without_ontology(data).edge_types) == {MENTIONS, SIMILAR}
    assert set(only(data, {"broader"}).edge_types) == {BROADER}
    assert len(data.edge_types) == 3
