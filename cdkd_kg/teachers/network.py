"""Experts that learn: a graph network over documents and entities, trained full batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import HeteroData

from cdkd_kg.config import GraphTeacherConfig, Network
from cdkd_kg.errors import TrainingError
from cdkd_kg.graph.tensors import DOCUMENT
from cdkd_kg.progress import track
from cdkd_kg.teachers.adjacency import Relations
from cdkd_kg.teachers.calibration import log_likelihood
from cdkd_kg.teachers.encoders.build import NodeClassifier, encoder
from cdkd_kg.teachers.graph import Expert, GraphTask

SCALE = 5.0
LOOK_EVERY = 10


def network_expert(
    name: Network,
    data: HeteroData,
    features: NDArray[np.float32],
    task: GraphTask,
    beliefs: NDArray[np.float32],
    config: GraphTeacherConfig,
    seed: int,
) -> Expert:
    r"""Train a graph network on labels and on beliefs, full batch, and keep the epoch that validation likes best.

    .. math:: \frac{1}{|L|} \sum_{i \in L} H(y_i, p_i) + \frac{1}{|U|} \sum_{i \in U} H(b_i, p_i)

    with the cross-entropy H. Trained on source labels alone it finds what tells classes apart in the source,
    which source validation cannot show to fail in the target; the beliefs of unlabelled documents hold it there.

    Args:
        name: of the encoder.
        data: the graph with its similar-text edges.
        features: ``[V, H]`` of documents, then entities, from one encoder.
        task: labels and masks of the documents.
        beliefs: ``[N, C]`` probabilities to learn from where there is no label.
        config: width, depth, epochs.
        seed: decides initial weights and dropout.
    """
    torch.manual_seed(seed)
    documents = data[DOCUMENT].num_nodes
    nodes = SCALE * torch.nn.functional.normalize(torch.from_numpy(features), dim=1)
    relations = Relations.of(data)
    layers = encoder(name, relations, config)
    model = NodeClassifier(nodes.shape[1], task.targets.shape[1], layers, config.hidden, config.dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    parts = [_Targets.of(task.training, task.targets), _Targets.of(task.unlabelled, beliefs)]
    parts = [part for part in parts if len(part.rows)]
    best: tuple[float, Expert] | None = None
    for epoch in track(range(1, config.epochs + 1), "graph teacher"):
        loss = _step(model, optimizer, nodes, relations, parts, task.multi_label)
        if not np.isfinite(loss):
            raise TrainingError(
                "the graph teacher's loss is not finite",
                where=f"{name}, epoch {epoch}",
                remedy="lower its learning_rate",
            )
        if epoch % LOOK_EVERY == 0 or epoch == config.epochs:
            logits, embedding = _look(model, nodes, relations, documents)
            score = _validation_score(logits, task, epoch)
            if best is None or score > best[0]:
                best = score, Expert(logits, {"epoch": epoch, "relations": len(relations.names)}, embedding)
    return best[1]  # type: ignore[index]  # epochs >= 1, so there was a look


def _validation_score(logits: NDArray[np.float32], task: GraphTask, epoch: int) -> float:
    if not task.validation.any():
        return float(epoch)
    return log_likelihood(logits[task.validation], task.targets[task.validation], task.multi_label)


@dataclass(frozen=True)
class _Targets:
    rows: Tensor
    targets: Tensor

    @classmethod
    def of(cls, mask: NDArray[np.bool_], targets: NDArray[np.float32]) -> _Targets:
        return cls(torch.from_numpy(np.flatnonzero(mask)), torch.from_numpy(targets[mask].astype(np.float32)))


def _step(
    model: NodeClassifier,
    optimizer: torch.optim.Optimizer,
    nodes: Tensor,
    relations: Relations,
    parts: list[_Targets],
    multi_label: bool,
) -> float:
    model.train()
    logits = model(nodes, relations)[0]
    functional = torch.nn.functional
    entropy = functional.binary_cross_entropy_with_logits if multi_label else functional.cross_entropy
    loss = torch.stack([entropy(logits[part.rows], part.targets) for part in parts]).sum()
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()
    return float(loss.detach())


def _look(
    model: NodeClassifier, nodes: Tensor, relations: Relations, documents: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    model.eval()
    with torch.no_grad():
        logits, embedding = model(nodes, relations)
    return logits[:documents].numpy(), embedding[:documents].numpy()
