"""HRKD-style weighting: a graph of domains says how much each domain's layers count.

Source: Dong et al., HRKD: Hierarchical Relational Knowledge Distillation for Cross-domain Language Model Compression,
EMNLP 2021. As in the released code, the graph is drawn at random and never trained: its parameters are in no optimiser.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_geometric.nn import GATConv
from transformers import DataCollatorWithPadding, PreTrainedModel, set_seed

from benchmarks.peers_task import Task
from cdkd_kg.distillation.distill import optimisation_steps
from cdkd_kg.distillation.losses.layer_states import evenly
from cdkd_kg.distillation.student import new_student
from cdkd_kg.teachers.models import pooled
from cdkd_kg.teachers.resumable import ResumableTrainer
from cdkd_kg.teachers.training import tokenised, train_quietly, training_arguments

HEADS = 8
UNLABELLED = -1


class DomainGraph(nn.Module):
    r"""Weights of D domains in M layers, from the mean states of their texts.

    Each layer compares domains with the bilinear likeness of their prototypes, looks back at the same domain's layers
    so far, and asks a graph attention network of two layers over all domains, each tied to each:

    .. math:: r_m = \operatorname{softmax}_d \mathrm{GAT}_m\Big(\sum_{l \le m} a_{mdl} \, p_{ld}\Big)

    Args:
        width: H of the student.
        layers: M, what comes before the first layer included.
        domains: D.
    """

    def __init__(self, width: int, layers: int, domains: int) -> None:
        super().__init__()
        self.compare = nn.Parameter(torch.empty(layers, width, width))
        self.aggregate = nn.Parameter(torch.empty(layers, domains, width, width))
        for matrix in (*self.compare.data, *self.aggregate.data.flatten(0, 1)):
            nn.init.xavier_uniform_(matrix, gain=1.414)
        self.inner = nn.ModuleList(GATConv(width, width, HEADS, dropout=0.1) for _ in range(layers))
        self.outer = nn.ModuleList(GATConv(HEADS * width, 1, dropout=0.1) for _ in range(layers))
        self.edges: Tensor
        ends = torch.cartesian_prod(torch.arange(domains), torch.arange(domains)).T
        self.register_buffer("edges", ends[:, ends[0] != ends[1]])

    def forward(self, prototypes: Tensor) -> Tensor:
        """Return ``[M, D]`` weights that sum to 1 in each layer, for ``[M, D, H]`` prototypes."""
        return torch.stack([self._weights(prototypes, layer) for layer in range(len(prototypes))])

    def _weights(self, prototypes: Tensor, layer: int) -> Tensor:
        mine = prototypes[layer]
        if layer:
            reference = torch.softmax(mine @ self.compare[layer] @ mine.T, dim=1) @ mine
            so_far = prototypes[: layer + 1].transpose(0, 1)  # [D, layers so far, H]
            likeness = torch.einsum("dlh,dhk,dk->dl", so_far, self.aggregate[layer], reference)
            mine = torch.einsum("dl,dlh->dh", torch.softmax(likeness, dim=1), so_far)
        inner = F.elu(self.inner[layer](F.dropout(mine, 0.1), self.edges))
        return torch.softmax(F.elu(self.outer[layer](inner, self.edges))[:, 0], dim=0)


class DomainGraphTrainer(ResumableTrainer):
    """Distils states of all layers and answers, each domain's states as much as the graph of domains says.

    Args:
        teacher: reads each batch beside the student.
        graph: of the domains.
        **options: as for ``transformers.Trainer``.
    """

    def __init__(self, *, teacher: PreTrainedModel, graph: DomainGraph, **options: Any) -> None:
        super().__init__(**options)
        self.teacher, self.graph = teacher.eval().requires_grad_(False), graph.requires_grad_(False)
        self.pairs = evenly(self.model.config.num_hidden_layers, teacher.config.num_hidden_layers)

    def compute_loss(self, model: Any, inputs: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        """Return the loss of a batch: states, softened answers, and true labels where they are known."""
        del arguments, options
        domain, target = inputs.pop("domain"), inputs.pop("target")
        mask = inputs["attention_mask"]
        said = model(**inputs, output_hidden_states=True)
        with torch.no_grad():
            told = self.teacher(**inputs, output_hidden_states=True)
        here = sorted(set(domain.tolist()))
        members = torch.stack([(domain == one).float() for one in range(len(self.graph.aggregate[0]))])
        shares = members / members.sum(1, keepdim=True).clamp_min(1)  # [D, B]
        states = [said.hidden_states[layer].float() for layer in self.pairs]
        prototypes = torch.stack([shares @ pooled(one, mask) for one in states])
        weights = self.graph(prototypes)[:, here]
        weights = weights / weights.sum(1, keepdim=True)
        apart = torch.stack(
            [
                pooled((one - told.hidden_states[layer].float()) ** 2, mask).mean(1)
                for one, layer in zip(states, self.pairs.values(), strict=True)
            ]
        )  # [M, B]
        of_states = (weights * (apart @ shares[here].T)).sum()
        soft = -(F.softmax(told.logits.float(), 1) * F.log_softmax(said.logits.float(), 1)).sum(1)
        of_answers = (shares[here] @ soft).mean()
        hard = F.cross_entropy(said.logits.float(), target, ignore_index=UNLABELLED, reduction="sum")
        return of_states + of_answers + hard / (target != UNLABELLED).sum().clamp_min(1)


def domain_graph_student(task: Task) -> PreTrainedModel:
    """Return the student whose domains a graph weighs."""
    set_seed(task.seed)
    settings = task.config.distillation
    student, tokenizer = new_student(settings.student, task.config.teachers.text.model, task.space)
    names, known = sorted(set(task.domains)), (task.texts.targets >= 0).all(axis=1)
    rows = tokenised(
        tokenizer,
        task.texts.texts,
        settings.student.max_length,
        domain=[names.index(name) for name in task.domains],
        target=np.where(known, task.texts.targets.argmax(axis=1), UNLABELLED).tolist(),
    )
    with TemporaryDirectory() as folder:
        arguments = training_arguments(settings.training, task.seed, Path(folder))
        arguments.max_steps = optimisation_steps(len(task.texts.ids), settings.training)
        trainer = DomainGraphTrainer(
            teacher=task.teacher.model,
            graph=DomainGraph(student.config.hidden_size, student.config.num_hidden_layers + 1, len(names)),
            model=student,
            args=arguments,
            train_dataset=rows,
            data_collator=DataCollatorWithPadding(tokenizer),
            domains=task.texts.domains,
            domain_exponent=0.0,  # as many texts of each domain in a batch
        )
        train_quietly(trainer)
    return trainer.finished()
