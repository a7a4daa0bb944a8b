"""Experts that learn: a graph network over documents and entities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import HeteroData

from cdkd_kg.config import GraphTeacherConfig, Network
from cdkd_kg.errors import TrainingError
from cdkd_kg.graph.tensors import DOCUMENT, ENTITY
from cdkd_kg.progress import track
from cdkd_kg.teachers.adjacency import Relations
from cdkd_kg.teachers.calibration import log_likelihood
from cdkd_kg.teachers.encoders.build import NodeClassifier, encoder
from cdkd_kg.teachers.graph import Expert, GraphTask
from cdkd_kg.teachers.subgraphs import Subgraph, Subgraphs, whole_graph

SCALE = 5.0
LOOK_EVERY = 10
FANOUT, BATCH = 20, 512
PER_EDGE = ("gat", "hgt")
"""The networks that compute something for every edge."""


def network_expert(
    name: Network,
    data: HeteroData,
    features: NDArray[np.float32],
    task: GraphTask,
    beliefs: NDArray[np.float32],
    config: GraphTeacherConfig,
    seed: int,
    learned: NDArray[np.float32] | None = None,
    *,
    entities: bool = False,
) -> Expert:
    r"""Train a graph network on labels and on beliefs, and keep the epoch that validation likes best.

    .. math:: \frac{1}{|L|} \sum_{i \in L} H(y_i, p_i) + \frac{1}{|U|} \sum_{i \in U} H(b_i, p_i)

    with the cross-entropy H. Trained on source labels alone it finds what tells classes apart in the source,
    which source validation cannot show to fail in the target; the beliefs of unlabelled documents hold it there.

    A step is over the whole graph while that fits ``config.memory_gib`` (see :func:`training_bytes`), else over
    subgraphs around a batch of documents; answers are then means over samples of neighbours, too.

    Args:
        name: of the encoder.
        data: the graph with its similar-text edges.
        features: ``[V, H]`` of documents, then entities, from one encoder.
        task: labels and masks of the documents.
        beliefs: ``[N, C]`` probabilities to learn from where there is no label.
        config: width, depth, epochs.
        seed: decides initial weights and dropout.
        learned: ``[V - N, config.hidden]``, the learned part of entities at the start, 0 where left out.
        entities: whether the embeddings of entities are kept too.

    Raises:
        TrainingError: the loss is not finite; the message names the epoch and documents of the batch.
    """
    torch.manual_seed(seed)
    nodes = scaled(torch.from_numpy(features))
    relations = Relations.of(data)
    layers = encoder(name, relations, config)
    documents = data[DOCUMENT].num_nodes
    start = torch.zeros(len(nodes) - documents, config.hidden) if learned is None else torch.from_numpy(learned)
    model = NodeClassifier(nodes.shape[1], task.targets.shape[1], layers, start, config.dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    goal = _Goal.of(task, beliefs)
    whole = training_bytes(name, relations, nodes.shape[1], config) <= config.memory_gib * 2**30
    parts = None if whole else Subgraphs(relations, FANOUT, config.layers)
    everything = torch.arange(len(nodes) if entities else documents)
    chance = torch.Generator().manual_seed(seed)
    best: tuple[float, Expert] | None = None
    for epoch in track(range(1, config.epochs + 1), "graph teacher"):
        shuffled = goal.rows[torch.randperm(len(goal.rows), generator=chance)]
        for graph in parts.batches(shuffled, BATCH, chance) if parts else [whole_graph(relations, goal.rows)]:
            loss = _step(model, optimizer, nodes, documents, graph, goal)
            if not np.isfinite(loss):
                raise _not_finite(f"{name}, epoch {epoch}", data, graph, features)
        if epoch % LOOK_EVERY == 0 or epoch == config.epochs:
            still = torch.Generator().manual_seed(seed)
            graphs = parts.batches(everything, BATCH, still) if parts else [whole_graph(relations, everything)]
            logits, embedding = _look(model, nodes, documents, graphs)
            score = _validation_score(logits[:documents], task, epoch)
            if best is None or score > best[0]:
                notes = {"epoch": epoch, "relations": len(relations.names), "subgraphs": not whole}
                rest = embedding[documents:] if entities else None
                best = score, Expert(logits[:documents], notes, embedding[:documents], rest)
    return best[1]  # type: ignore[index]  # epochs >= 1, so there was a look


def scaled(features: Tensor) -> Tensor:
    """Return features of nodes ``[S, H]`` at the one length that networks are given."""
    return SCALE * torch.nn.functional.normalize(features, dim=1)


def cross_entropies(logits: Tensor, goal: Tensor, multi_label: bool) -> Tensor:
    """Return the cross-entropy of each row, ``[B]``, with labels or beliefs ``[B, C]``, over labels a mean."""
    if multi_label:
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, goal, reduction="none").mean(1)
    return torch.nn.functional.cross_entropy(logits, goal, reduction="none")


def training_bytes(name: Network, relations: Relations, inputs: int, config: GraphTeacherConfig) -> int:
    r"""Return about how much memory a step over the whole graph takes.

    .. math:: 4 \left(2 V I + L H (4 P + 6 V + 3 E [\text{attention}])\right) + 40 E

    with V nodes of I features, E edges, P pairs of a relation and a receiving node, L layers of width H. Linear in the
    size of the graph.
    """
    edges, pairs = len(relations.edges.weight), sum(relations.sizes)
    layer = 4 * pairs + 6 * relations.nodes + (3 * edges if name in PER_EDGE else 0)
    return 4 * (2 * relations.nodes * inputs + config.layers * config.hidden * layer) + 40 * edges


def _validation_score(logits: NDArray[np.float32], task: GraphTask, epoch: int) -> float:
    if not task.validation.any():
        return float(epoch)
    return log_likelihood(logits[task.validation], task.targets[task.validation], task.multi_label)


@dataclass(frozen=True)
class _Goal:
    """What is learned: targets ``[N, C]``, how much each document counts ``[N]``, and the rows of those that do."""

    targets: Tensor
    weight: Tensor
    rows: Tensor
    multi_label: bool

    @classmethod
    def of(cls, task: GraphTask, beliefs: NDArray[np.float32]) -> _Goal:
        targets = np.where(task.training[:, None], task.targets, beliefs).astype(np.float32)
        weight = np.zeros(len(targets), dtype=np.float32)
        for mask in (task.training, task.unlabelled):
            weight[mask] = 1 / max(1, int(mask.sum()))
        rows = torch.from_numpy(np.flatnonzero(weight))
        return cls(torch.from_numpy(targets), torch.from_numpy(weight), rows, task.multi_label)


def _step(
    model: NodeClassifier, optimizer: torch.optim.Optimizer, nodes: Tensor, documents: int, graph: Subgraph, goal: _Goal
) -> float:
    model.train()
    rows = graph.nodes[graph.seeds]
    logits = model(nodes[graph.nodes], graph.nodes, documents, graph.relations)[0][graph.seeds]
    terms = cross_entropies(logits, goal.targets[rows], goal.multi_label)
    loss = (goal.weight[rows] * terms).sum() * len(goal.rows) / max(1, len(rows))
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()
    return float(loss.detach())


def _look(
    model: NodeClassifier, nodes: Tensor, documents: int, graphs: Iterable[Subgraph]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return logits and embeddings of the seeds of all graphs, in their order."""
    model.eval()
    with torch.no_grad():
        answers = [
            [part[graph.seeds] for part in model(nodes[graph.nodes], graph.nodes, documents, graph.relations)]
            for graph in graphs
        ]
    logits, embedding = (torch.cat(parts).numpy() for parts in zip(*answers, strict=True))
    return logits, embedding


def _not_finite(where: str, data: HeteroData, graph: Subgraph, features: NDArray[np.float32]) -> TrainingError:
    """Return an error that names the nodes of the batch whose features are no numbers, or else its documents."""
    nodes, seeds = graph.nodes.numpy(), graph.nodes[graph.seeds].numpy()
    broken = nodes[~np.isfinite(features[nodes]).all(axis=1)]
    names = [name for kind in (DOCUMENT, ENTITY) for name in data[kind].get("ids") or range(data[kind].num_nodes)]
    named = ", ".join(str(names[node]) for node in (broken if len(broken) else seeds)[:5])
    return TrainingError(
        "the graph teacher's loss is not finite",
        where=f"{where}, a step over {len(seeds)} documents",
        why=f"features of {len(broken)} nodes are not finite: {named}" if len(broken) else f"the documents: {named}",
        remedy="correct the features" if len(broken) else "lower its learning_rate",
    )
