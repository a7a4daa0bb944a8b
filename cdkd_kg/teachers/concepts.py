"""What the graph says of a document without any label: which class its entities are kinds of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch_geometric.data import HeteroData

from cdkd_kg.graph.tensors import DOCUMENT, ENTITY, MENTIONS
from cdkd_kg.teachers.adjacency import scipy_sparse, typed_edges
from cdkd_kg.teachers.graph import Expert, GraphTask

KIND_OF = ("broader", "subClassOf", "subject")
DECAY = 0.9
DOUBT = 0.05
Floats = NDArray[np.float64]


def concept_expert(data: HeteroData, concepts: Sequence[Sequence[str]], task: GraphTask) -> Expert | None:
    r"""Let the entities of a document vote for the classes whose concepts they are kinds of.

    .. math:: v_{ic} = \sum_e m_{ie} \gamma^{d(e, c)}, \qquad
        z_{ic} = \log\Big(\frac{v_{ic}}{\sum_{c'} v_{ic'}} + \epsilon\Big), \qquad \gamma = 0.9, \; \epsilon = 0.05

    with the weighted mentions m and the least number d of steps from an entity to a concept of the class, infinite
    where there is no way. A step leads to what an entity is a kind of (``broader``) or to the field that it belongs to
    (``dcterms:subject``). Where labels are independent, a class has the log-odds of the share of all mentions that vote
    for it. A text without any vote says nothing. Nothing is trained; how much the votes are worth, calibration and
    fusion find out on source validation.

    Args:
        data: the graph.
        concepts: the IRIs of the concepts of each of C labels.
        task: labels and masks.

    Returns:
        None where no document has an entity that is a kind of anything that a label speaks of.
    """
    edges = {kind: (index, weight) for kind, index, weight in typed_edges(data)}
    if MENTIONS not in edges:
        return None
    mentions = scipy_sparse(*edges[MENTIONS], (data[DOCUMENT].num_nodes, data[ENTITY].num_nodes))
    votes = mentions @ kinds_of(upwards(data), concepts, data[ENTITY].ids)
    if not votes.any():
        return None
    notes = {
        "labels_with_concepts": int(sum(map(bool, concepts))),
        "documents_with_votes": int((votes.sum(axis=1) > 0).sum()),
    }
    return Expert(_logits(votes, np.asarray(mentions.sum(axis=1)).ravel(), task.multi_label), notes)


def upwards(data: HeteroData) -> csr_array:
    """Return the ``[E, E]`` edges from entities to what they are kinds of."""
    entities = data[ENTITY].num_nodes
    found = csr_array((entities, entities))
    for kind, index, weight in typed_edges(data):
        if kind[0] == kind[2] == ENTITY and kind[1] in KIND_OF:
            found = found + scipy_sparse(index, weight, (entities, entities))
    return found


def kinds_of(upwards: csr_array, concepts: Sequence[Sequence[str]], ids: Sequence[str]) -> Floats:
    r"""Return ``[E, C]`` of :math:`\gamma^{d(e, c)}`, 0 where no way leads from an entity to a concept of the class.

    Args:
        upwards: ``[E, E]``, edges from an entity to what it is a kind of; circles do no harm.
        concepts: the IRIs of the concepts of each of C labels; those that are no entity here do not count.
        ids: the IRIs of the entities.
    """
    place = {iri: number for number, iri in enumerate(ids)}
    near = np.zeros((len(ids), len(concepts)))
    for label, mine in enumerate(concepts):
        near[[place[iri] for iri in mine if iri in place], label] = 1.0
    front, steps = near > 0, 0
    while front.any():
        steps += 1
        front = ((upwards @ front.astype(np.float64)) > 0) & (near == 0)
        near[front] = DECAY**steps
    return near


def _logits(votes: Floats, mentioned: Floats, multi_label: bool) -> NDArray[np.float32]:
    """Return ``[N, C]`` from ``votes`` ``[N, C]`` and the weight ``[N]`` of all mentions of each document."""
    if multi_label:
        share = np.divide(votes, mentioned[:, None], out=np.zeros_like(votes), where=mentioned[:, None] > 0)
        return np.asarray(np.log(share + DOUBT) - np.log(1 - np.minimum(share, 1) + DOUBT), dtype=np.float32)
    total = votes.sum(axis=1, keepdims=True)
    share = np.divide(votes, total, out=np.zeros_like(votes), where=total > 0)
    return np.asarray(np.log(share + DOUBT), dtype=np.float32)
