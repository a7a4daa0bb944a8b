"""The propagation teacher: beliefs spread over the graph, with no parameter but a few weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from cdkd_kg.graph.tensors import DOCUMENT, ENTITY, MENTIONS
from cdkd_kg.teachers.adjacency import SIMILAR, sparse, typed_edges

Family = Callable[[Tensor], Tensor]
GRID = (0.0, 0.5, 1.0)
REACHED = 1e-9


def families(data: HeteroData) -> dict[str, Family]:
    """Return the ways in which beliefs pass from document to document.

    ``similar`` goes over similar texts; ``mentions`` to a document's entities and back to whoever mentions
    them; ``knowledge`` to its entities, over one typed edge between entities, and back.
    Each maps ``[N, C]`` to ``[N, C]``; a document without such an edge receives zeros.
    """
    edges = {kind: (index, weight) for kind, index, weight in typed_edges(data)}
    documents, entities = data[DOCUMENT].num_nodes, data[ENTITY].num_nodes
    found: dict[str, Family] = {}
    if SIMILAR in edges:
        similar = sparse(*edges[SIMILAR], (documents, documents))
        found["similar"] = lambda beliefs: similar @ beliefs
    if MENTIONS in edges:
        index, weight = edges[MENTIONS]
        down, up = sparse(index, weight, (documents, entities)), sparse(index.flip(0), weight, (entities, documents))
        found["mentions"] = lambda beliefs: down @ (up @ beliefs)
        between = [edges[kind] for kind in sorted(edges) if kind[0] == kind[2] == ENTITY]
        if between:
            index, weight = torch.cat([pair[0] for pair in between], dim=1), torch.cat([pair[1] for pair in between])
            both = torch.cat([index, index.flip(0)], dim=1)
            across = sparse(both, torch.cat([weight, weight]), (entities, entities))
            found["knowledge"] = lambda beliefs: down @ (across @ (up @ beliefs))
    return found


def propagate(
    start: Tensor, families: Mapping[str, Family], weights: Mapping[str, float], alpha: float, steps: int
) -> Tensor:
    r"""Spread beliefs and return them after ``steps`` rounds.

    .. math:: Z^{(t+1)} = \alpha \sum_f w_f S_f Z^{(t)} + (1 - \alpha) Z^{(0)}

    where, document by document, the weights of the families that reach it are scaled to sum to 1, so beliefs
    stay probabilities. A document that nothing reaches keeps what it started from.

    Shapes: ``start`` and the result are ``[N, C]``, in [0, 1].

    Source: Zhou et al., Learning with Local and Global Consistency, NeurIPS 2003; the relations follow
    Huang et al., Combining Label Propagation and Simple Models, ICLR 2021.
    """
    used = {name: weight for name, weight in sorted(weights.items()) if weight > 0}
    everyone = torch.ones(len(start), 1)
    reach = sum((weight * families[name](everyone) for name, weight in used.items()), torch.zeros(len(start), 1))
    beliefs = start
    for _ in range(steps):
        received = torch.zeros_like(start)
        for name, weight in used.items():
            received += weight * families[name](beliefs)
        mixed = alpha * received / reach.clamp_min(REACHED) + (1 - alpha) * start
        beliefs = torch.where(reach > REACHED, mixed, start)
    return beliefs


def choose_weights(names: list[str], loss: Callable[[dict[str, float]], float]) -> dict[str, float]:
    """Try each mixture of families on a small grid and return the one with the lowest validation loss.

    A family that does not help beside the others gets 0, but one at least stays; of equals the one of fewer
    families wins.
    """
    if not names:
        return {}
    points = [values for values in product(GRID, repeat=len(names)) if max(values) == 1]
    mixtures = [dict(zip(names, values, strict=True)) for values in points]
    mixtures.sort(key=lambda mixture: sum(weight > 0 for weight in mixture.values()))
    losses = [loss(mixture) for mixture in mixtures]
    return mixtures[min(range(len(losses)), key=losses.__getitem__)]
