import torch

from tests.teachers.helpers import relations


def test_edges_one_by_one_are_those_that_went_in() -> None:
    edges = relations(a=([(0, 1), (0, 2), (3, 1)], [3.0, 1.0, 2.0]), b=([(1, 0)], [5.0])).edges
    found = sorted(zip(*(part.tolist() for part in edges), strict=True))
    assert found == [(0, 1, 0, 0.75), (0, 2, 0, 0.25), (1, 0, 1, 1.0), (3, 1, 0, 1.0)]


def test_merged_rows_sum_to_one_where_there_is_an_edge() -> None:
    merged = relations(a=([(0, 1), (0, 2)], [3.0, 1.0]), b=([(0, 1), (2, 3)], [1.0, 1.0])).merged.matrix.to_dense()
    assert torch.allclose(merged.sum(1), torch.tensor([1.0, 0.0, 1.0, 0.0]))
    assert torch.allclose(merged[0, 1:3], torch.tensor([0.875, 0.125]))
