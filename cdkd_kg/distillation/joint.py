"""Joint distillation: a graph network on the student's own encoder, both learning at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch_geometric.data import HeteroData
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cdkd_kg.config import GraphTeacherConfig, Network
from cdkd_kg.distillation.subject import Subject
from cdkd_kg.distillation.trainer import DistillationTrainer
from cdkd_kg.graph.tensors import DOCUMENT
from cdkd_kg.teachers.adjacency import Relations
from cdkd_kg.teachers.encoders.build import NodeClassifier, encoder
from cdkd_kg.teachers.models import predict
from cdkd_kg.teachers.network import FANOUT, cross_entropies, scaled
from cdkd_kg.teachers.same_training import digest
from cdkd_kg.teachers.subgraphs import Subgraphs


@dataclass(frozen=True)
class JointGraph:
    """What a joint teacher reads.

    Attributes:
        data: the graph with its similar-text edges; document nodes are the rows of the teacher's signal.
        texts: of documents, then of entities, in the order of the nodes.
        network: on the student's encoder.
        config: of the network.
    """

    data: HeteroData
    texts: Sequence[str]
    network: Network
    config: GraphTeacherConfig


class JointTrainer(DistillationTrainer):
    r"""Trains a student and a graph network that share the student's encoder.

    .. math:: L = L_{\text{student}}(y, z^{\text{graph}}) + \frac{1}{|B_L|} \sum_{i \in B_L} H(y_i, p_i)
        + \frac{1}{|B_U|} \sum_{i \in B_U} H(b_i, p_i)

    with what the network says :math:`p_i` of each document of a batch, its label :math:`y_i` or, where it has none, the
    beliefs :math:`b_i` of the signal. The student's losses take the network's logits, without their gradient, for the
    teacher's. The gradient of the network's own loss goes through the batch's documents into the encoder; their
    neighbours are what the encoder last made of them (a document is renewed whenever it is in a batch). The network
    is trained on the processor, wherever the student is. In several processes each has it whole, and learns from the
    batch of all.

    Args:
        subject: what is learned.
        graph: what the network reads.
        max_length: of its texts, in tokens.
        seed: decides the network's start and which neighbours it samples.
        **options: as for :class:`DistillationTrainer`; the collator gives ``teacher_row``.

    Source: Mavromatis et al., Train Your Own GNN Teacher: Graph-Aware Distillation on Textual Graphs, ECML PKDD 2023
    (GRAD-Joint); Fey et al., GNNAutoScale, ICML 2021 (neighbours from memory).
    """

    def __init__(self, *, subject: Subject, graph: JointGraph, max_length: int, seed: int, **options: Any) -> None:
        super().__init__(subject=subject, **options)
        relations, config = Relations.of(graph.data), graph.config
        self._graph = digest([graph.data.to_dict(), graph.texts, graph.network, config])
        model: PreTrainedModel = options["model"]
        tokenizer: PreTrainedTokenizerBase = options["data_collator"].tokenizer
        encoded = predict(model, tokenizer, graph.texts, max_length, self.args.eval_batch_size, "encoding the graph")[1]
        model.train()
        self._memory = scaled(torch.from_numpy(encoded))
        self._multi_label = subject.multi_label
        self._documents = int(graph.data[DOCUMENT].num_nodes)
        self._parts = Subgraphs(relations, FANOUT, config.layers)
        self._chance = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            learned = torch.zeros(len(graph.texts) - self._documents, config.hidden)
            layers = encoder(graph.network, relations, config)
            self.network = NodeClassifier(encoded.shape[1], model.config.num_labels, layers, learned, config.dropout)
        self._network_options = {"lr": config.learning_rate, "weight_decay": config.weight_decay}

    def taught(self, hidden: Tensor, targets: Tensor, teacher: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        """Return what the network says of a batch in place of the cached teacher, and the network's own loss."""
        rows, mine = teacher["row"].cpu(), scaled(hidden).cpu()
        graph = self._parts.around(rows, self._chance)
        features = self._memory[graph.nodes].index_copy(0, graph.seeds, mine)
        logits, embedding = self.network(features, graph.nodes, self._documents, graph.relations)
        logits, embedding = logits[graph.seeds].to(hidden.device), embedding[graph.seeds].to(hidden.device)
        self._memory[rows] = mine.detach()
        loss = self._own_loss(logits, targets, teacher["logits"])
        return teacher | {"logits": logits.detach(), "embedding": embedding.detach()}, loss

    def _own_loss(self, logits: Tensor, targets: Tensor, beliefs: Tensor) -> Tensor:
        labelled = (targets >= 0).all(dim=1)
        believed = beliefs.sigmoid() if self._multi_label else beliefs.softmax(1)
        terms = cross_entropies(logits, torch.where(labelled[:, None], targets, believed), self._multi_label)
        return terms.new_zeros(()) + sum(terms[part].mean() for part in (labelled, ~labelled) if part.any())

    def parameters_beside(self) -> list[Parameter]:
        """Return what is trained beside the model."""
        return [*super().parameters_beside(), *self.network.parameters()]

    def learns_from(self) -> dict[str, Any]:
        """Add the graph."""
        return super().learns_from() | {"the graph": self._graph}

    def extra_state(self) -> dict[str, Tensor]:
        """Return the network, what it remembers of nodes, and the state of its sampling."""
        network = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        return super().extra_state() | network | {"memory": self._memory, "chance": self._chance.get_state()}

    def load_extra_state(self, state: dict[str, Tensor]) -> None:
        """Take back what :meth:`extra_state` gave."""
        super().load_extra_state(state)
        names = [name for name in state if name.startswith("network.")]
        self.network.load_state_dict({name.removeprefix("network."): state[name] for name in names})
        self._memory = state["memory"]
        self._chance.set_state(state["chance"])

    def create_optimizer(self, *arguments: Any, **options: Any) -> torch.optim.Optimizer:
        """Add the network's parameters, with its own learning rate, to the optimiser."""
        fresh = self.optimizer is None
        optimizer = super().create_optimizer(*arguments, **options)
        if fresh:
            optimizer.add_param_group({"params": list(self.network.parameters()), **self._network_options})
        return optimizer
