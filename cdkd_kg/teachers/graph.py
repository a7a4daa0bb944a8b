"""The graph teacher: experts that look at documents through the knowledge graph and similar texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logit
from torch import Tensor
from torch_geometric.data import HeteroData

from cdkd_kg.config import GraphTeacherConfig
from cdkd_kg.errors import TrainingError
from cdkd_kg.graph.tensors import DOCUMENT
from cdkd_kg.progress import track
from cdkd_kg.teachers.adjacency import SIMILAR, Relations
from cdkd_kg.teachers.calibration import log_likelihood
from cdkd_kg.teachers.encoders.rgcn import RGCN
from cdkd_kg.teachers.propagation import choose_weights, families, propagate
from cdkd_kg.teachers.similar_texts import similar_texts

SCALE = 5.0
SMALLEST = 1e-6
LOOK_EVERY = 10


@dataclass(frozen=True)
class GraphTask:
    """One task seen from the graph: what is known of each of N documents, in the order of the graph's nodes.

    Attributes:
        targets: ``[N, C]`` of 0 and 1; rows that are neither training nor validation are ignored.
        training: ``[N]`` bool, documents whose labels may be learned from.
        validation: ``[N]`` bool, labelled source documents that only judge.
        unlabelled: ``[N]`` bool, documents of this task whose labels nobody may see.
        domains: ``[N]`` the domain of each document.
        beliefs: ``[N, C]`` the calibrated text teacher's probabilities.
        multi_label: whether labels are independent.
    """

    targets: NDArray[np.float32]
    training: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    unlabelled: NDArray[np.bool_]
    domains: NDArray[np.str_]
    beliefs: NDArray[np.float32]
    multi_label: bool


@dataclass(frozen=True)
class Expert:
    """What one graph teacher says: logits ``[N, C]``, an embedding ``[N, E]``, and notes for the report."""

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    notes: dict[str, Any]


def with_similar_texts(data: HeteroData, geometry: NDArray[np.float32], k: int) -> HeteroData:
    """Return a copy of the graph with ``similar`` edges between documents.

    The geometry is that of the encoder *before* fine-tuning: neighbours in the fine-tuned one repeat what the
    text teacher already believes, so beliefs passed along them correct nothing.
    """
    joined = data.clone()
    joined[SIMILAR].edge_index, joined[SIMILAR].edge_weight = similar_texts(geometry, k)
    return joined


def propagation_expert(data: HeteroData, task: GraphTask, config: GraphTeacherConfig) -> Expert:
    """Spread labels and text beliefs over the graph; the mixture of edge families is chosen on validation."""
    known = task.training[:, None]
    start = torch.from_numpy(np.where(known, task.targets, task.beliefs).astype(np.float32))
    ways = families(data)
    judged = task.targets[task.validation]

    def spread(weights: dict[str, float]) -> NDArray[np.float32]:
        beliefs = propagate(start, ways, weights, config.propagation_alpha, config.propagation_steps).numpy()
        return _logits(beliefs, task.multi_label)

    def loss(weights: dict[str, float]) -> float:
        return -log_likelihood(spread(weights)[task.validation], judged, task.multi_label)

    names = sorted(ways)
    chosen = choose_weights(names, loss) if len(judged) else dict.fromkeys(names, 1.0)
    logits = spread(chosen)
    return Expert(logits, logits, {"edge_families": chosen})


def rgcn_expert(
    data: HeteroData,
    features: NDArray[np.float32],
    task: GraphTask,
    beliefs: NDArray[np.float32],
    config: GraphTeacherConfig,
    seed: int,
) -> Expert:
    r"""Train an R-GCN on labels and on beliefs, full batch, and keep the epoch that validation likes best.

    .. math:: \frac{1}{|L|} \sum_{i \in L} H(y_i, p_i) + \frac{1}{|U|} \sum_{i \in U} H(b_i, p_i)

    with the cross-entropy H. Trained on source labels alone it finds what tells classes apart in the source,
    which source validation cannot show to fail in the target; the beliefs of unlabelled documents hold it there.

    Args:
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
    model = RGCN(
        nodes.shape[1],
        task.targets.shape[1],
        Relations.of(data),
        config.hidden,
        config.layers,
        config.bases,
        config.dropout,
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    parts = [_Targets.of(task.training, task.targets), _Targets.of(task.unlabelled, beliefs)]
    parts = [part for part in parts if len(part.rows)]
    best: tuple[float, Expert] | None = None
    for epoch in track(range(1, config.epochs + 1), "graph teacher"):
        loss = _step(model, optimizer, nodes, parts, task.multi_label)
        if not np.isfinite(loss):
            raise TrainingError(
                "the graph teacher's loss is not finite", where=f"epoch {epoch}", remedy="lower its learning_rate"
            )
        if epoch % LOOK_EVERY == 0 or epoch == config.epochs:
            logits, embedding = _look(model, nodes, documents)
            score = _validation_score(logits, task, epoch)
            if best is None or score > best[0]:
                best = score, Expert(logits, embedding, {"epoch": epoch, "relations": len(model.relations.names)})
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
    model: RGCN, optimizer: torch.optim.Optimizer, nodes: Tensor, parts: list[_Targets], multi_label: bool
) -> float:
    model.train()
    logits = model(nodes)[0]
    functional = torch.nn.functional
    entropy = functional.binary_cross_entropy_with_logits if multi_label else functional.cross_entropy
    loss = torch.stack([entropy(logits[part.rows], part.targets) for part in parts]).sum()
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()
    return float(loss.detach())


def _look(model: RGCN, nodes: Tensor, documents: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    model.eval()
    with torch.no_grad():
        logits, embedding = model(nodes)
    return logits[:documents].numpy(), embedding[:documents].numpy()


def _logits(beliefs: NDArray[np.float32], multi_label: bool) -> NDArray[np.float32]:
    held = np.clip(beliefs, SMALLEST, 1 - SMALLEST)
    return np.asarray(logit(held) if multi_label else np.log(held), dtype=np.float32)
