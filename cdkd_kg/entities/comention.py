"""Entities that keep company: how often two are mentioned in the same documents, against chance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

SCHEMA = pa.schema(
    [
        ("a", pa.string()),
        ("b", pa.string()),
        ("count", pa.int32()),
        ("npmi", pa.float64()),
        ("p", pa.float64()),
        ("fdr", pa.float64()),
    ]
)
_BLOCK = 2048


def comentions(keys: pa.Table, documents: int, min_count: int) -> pa.Table:
    """Return pairs of entities that share at least ``min_count`` documents, with their NPMI and its significance.

    Normalised pointwise mutual information (Bouma 2009, "Normalized (pointwise) mutual information in
    collocation extraction"), with probabilities as shares of documents::

        npmi(a, b) = ln(p(a, b) / (p(a) p(b))) / -ln p(a, b)

    It is 1 where the two only ever come together, 0 where they are independent, and tends to -1 where they
    avoid each other. For two that are in every document it is 1, its limit.

    ``p`` is the chance that two independent entities of these frequencies share so many documents or more (one-sided
    Fisher exact test)::

        p = sum over k >= count(a, b) of C(n_a, k) C(D - n_a, n_b - k) / C(D, n_b)

    ``fdr`` is the least false discovery rate at which a pair is kept, among the m = n (n - 1) / 2 possible pairs of
    the n entities in ``min_count`` documents or more (Benjamini and Hochberg 1995, "Controlling the false discovery
    rate")::

        fdr of the i-th smallest p = min over j >= i of p_j m / j

    Pairs of fewer documents than ``min_count`` count in m and are taken to have a p above all others, which can only
    make it larger; so does the discreteness of p.

    Args:
        keys: columns ``document`` and ``entity``; a repeated row counts once.
        documents: how many documents there are, those without an entity too.
        min_count: pairs of fewer documents are left out; at least 1.

    Returns:
        Columns a, b (a < b), count (documents with both), npmi in [-1, 1], p and fdr in
        [0, 1]; sorted by a and b.

    Raises:
        ValueError: ``keys`` names more than ``documents`` documents, or ``min_count`` is below 1.
    """
    if min_count < 1:
        raise ValueError(f"min_count must be at least 1, got {min_count}")
    rows, names = _numbered(keys["document"])
    if len(names) > documents:
        raise ValueError(f"{len(names)} documents have an entity, but there are said to be {documents}")
    columns, entities = _numbered(keys["entity"])
    incidence = _incidence(rows, columns, (len(names), len(entities)))
    frequency = np.asarray(incidence.sum(axis=0)).ravel()
    frequent = np.flatnonzero(frequency >= min_count)
    incidence, frequency = incidence[:, frequent], frequency[frequent]
    a, b, count = _pairs(incidence, min_count)
    npmi = _npmi(count, frequency[a], frequency[b], documents)
    p = _chance(count, documents, frequency[a], frequency[b])
    labels = entities.take(pa.array(frequent))
    fdr = _false_discovery_rate(p, len(frequent) * (len(frequent) - 1) // 2)
    ends = labels.take(pa.array(a)), labels.take(pa.array(b))
    return pa.Table.from_arrays([*ends, count, npmi, p, fdr], schema=SCHEMA)


def _chance(
    count: NDArray[np.integer], documents: int, a: NDArray[np.integer], b: NDArray[np.integer]
) -> NDArray[np.float64]:
    if not len(count):
        return np.zeros(0)
    from scipy.stats import hypergeom  # 60 MB, which a graph without a pair need not take

    p: NDArray[np.float64] = hypergeom.sf(count - 1, documents, a, b)
    return np.clip(p, 0.0, 1.0)


def _false_discovery_rate(p: NDArray[np.float64], tests: int) -> NDArray[np.float64]:
    """Return the adjusted p of Benjamini and Hochberg; those of the ``tests`` that are not in ``p`` rank last."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * tests / np.arange(1, len(p) + 1)
    result = np.empty_like(p)
    result[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return result


def _numbered(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], pa.Array]:
    """Return every value as its place among the sorted distinct values, and those."""
    values = pc.unique(column)
    values = values.take(pc.array_sort_indices(values)).cast(pa.string())
    return pc.index_in(column, value_set=values).to_numpy().astype(np.int64), values


def _incidence(rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]) -> csr_matrix:
    matrix = csr_matrix((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=shape)
    matrix.data[:] = 1
    return matrix


def _pairs(incidence: csr_matrix, min_count: int) -> tuple[NDArray[np.int64], ...]:
    """Return ``a``, ``b`` and count of the upper triangle of incidence.T @ incidence, some rows at a time."""
    blocks: list[NDArray[np.int64]] = [np.empty((3, 0), dtype=np.int64)]
    transposed = incidence.T.tocsr()
    for start in range(0, transposed.shape[0], _BLOCK):
        shared = (transposed[start : start + _BLOCK] @ incidence).tocoo()
        a = shared.row.astype(np.int64) + start
        kept = (a < shared.col) & (shared.data >= min_count)
        block = np.stack([a[kept], shared.col[kept], shared.data[kept]])
        blocks.append(block[:, np.lexsort((block[1], block[0]))])
    a, b, count = np.concatenate(blocks, axis=1)
    return a, b, count


def _npmi(both: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64], documents: int) -> NDArray[np.float64]:
    surprise = -np.log(both / documents)
    mutual = np.log(both * documents / (a * b))
    always = surprise == 0
    return np.where(always, 1.0, np.clip(mutual / np.where(always, 1.0, surprise), -1.0, 1.0))
