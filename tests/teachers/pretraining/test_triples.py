import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch_geometric.data import HeteroData

from cdkd_kg.errors import ConfigError, DataRefusedError, MissingResourceError
from cdkd_kg.teachers.pretraining.split import held_out_split
from cdkd_kg.teachers.pretraining.triples import Triples

TRIPLES = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 2), st.integers(0, 7)), min_size=1, max_size=60)


def _pairs(triples):
    return {frozenset((head, tail)) for head, _, tail in triples.tolist()}


@given(rows=TRIPLES, share=st.floats(0.01, 0.49), seed=st.integers(0, 100))
def test_a_split_loses_nothing_and_keeps_every_entity_relation_and_pair_together(rows, share, seed):
    triples = torch.tensor(sorted(rows))
    try:
        parts = held_out_split(triples, share, seed)
    except DataRefusedError:
        return
    assert sorted(row for part in parts for row in map(tuple, part.tolist())) == sorted(rows)
    training = parts[0]
    assert {name for h, _, t in rows for name in (h, t)} == set(training[:, [0, 2]].flatten().tolist())
    assert {name for _, name, _ in rows} == set(training[:, 1].tolist())
    assert all(len(part) for part in parts)
    assert not any(
        _pairs(one) & _pairs(other) for one, other in ((parts[0], parts[1]), (parts[0], parts[2]), parts[1:])
    )


def test_a_split_is_of_the_size_that_was_asked_for_and_repeats_itself():
    triples = torch.cartesian_prod(torch.arange(40), torch.tensor([0]), torch.arange(40, 80))
    sizes = [len(part) for part in held_out_split(triples, 0.1, 0)]
    assert sizes == [1280, 160, 160]
    shuffled = triples[torch.randperm(len(triples))]
    for one, other in zip(held_out_split(triples, 0.1, 3), held_out_split(shuffled, 0.1, 3), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(held_out_split(triples, 0.1, 3)[2], held_out_split(triples, 0.1, 4)[2])


def test_what_cannot_be_held_out_is_refused():
    chain = torch.tensor([[0, 0, 1], [2, 0, 3]])
    with pytest.raises(DataRefusedError, match="no triple can be held out"):
        held_out_split(chain, 0.1, 0)
    for share in (0.0, 0.5, float("nan")):
        with pytest.raises(ConfigError, match="cannot be held out twice"):
            held_out_split(chain, share, 0)


def test_files_are_numbered_by_sorted_names(tmp_path):
    files = {
        "train.tsv": "b\tlikes\ta\nc\tknows\tb\n\nb\tlikes\ta\n",
        "valid.csv": 'a,likes,"b"\n',
        "test.txt": "c\tlikes\tb\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    triples = Triples.read(*(tmp_path / name for name in files))
    assert triples.entities == ("a", "b", "c")
    assert triples.relations == ("knows", "likes")
    assert triples.training.tolist() == [[1, 1, 0], [2, 0, 1]]
    assert (triples.validation.tolist(), triples.test.tolist()) == ([[0, 1, 1]], [[2, 1, 1]])


@pytest.mark.parametrize(
    ("text", "said"),
    [(b"a\tr\n", "line 1.*head, relation"), (b"a\tr\tb\na\t \tb\n", "empty.*line 2"), (b"\xff\tr\tb\n", "no table")],
)
def test_lines_that_are_no_triples_are_refused(tmp_path, text, said):
    path = tmp_path / "bad.tsv"
    path.write_bytes(text)
    with pytest.raises(DataRefusedError, match=said):
        Triples.read(path, path, path)


def test_a_missing_file_an_empty_one_one_entity_and_unseen_names_are_refused(tmp_path):
    with pytest.raises(MissingResourceError, match="nowhere"):
        Triples.read(*[tmp_path / "nowhere.tsv"] * 3)
    with pytest.raises(DataRefusedError, match="no triples to learn from"):
        Triples.of_names([], [], [])
    with pytest.raises(DataRefusedError, match="about one entity"):
        Triples.of_names([("a", "r", "a")], [], [])
    for unseen in (("x", "r", "b"), ("a", "x", "b"), ("a", "r", "x")):
        with pytest.raises(DataRefusedError, match=" ".join(unseen)):
            Triples.of_names([("a", "r", "b")], [], [unseen])


def _graph(edges, entities):
    data = HeteroData()
    data["document"].num_nodes, data["entity"].num_nodes = 2, entities
    data["entity"].ids = [f"urn:{number}" for number in range(entities)]
    data["document", "mentions", "entity"].edge_index = torch.tensor([[0, 1], [0, 1]])
    for name, pairs in edges.items():
        data["entity", name, "entity"].edge_index = torch.tensor(pairs).T
    return data


def test_edges_between_entities_become_triples_and_nothing_else_does():
    ring = [(node, (node + step) % 9) for node in range(9) for step in (1, 2)]
    triples = Triples.of(_graph({"related": ring, "broader": ring[:6]}, entities=11), held_out=0.1, seed=1)
    assert triples.relations == ("broader", "related")
    assert triples.entities == tuple(f"urn:{number}" for number in range(11))
    whole = torch.cat([triples.training, triples.validation, triples.test]).tolist()
    assert sorted(whole) == sorted([[h, 1, t] for h, t in ring] + [[h, 0, t] for h, t in ring[:6]])
    with pytest.raises(DataRefusedError, match="no edge joins two entities"):
        Triples.of(_graph({}, entities=3))
