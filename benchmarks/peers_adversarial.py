"""AAD-style adaptation: a student of the source learns to make the target's texts look like the source's.

Source: Ryu & Lee, Knowledge Distillation for BERT Unsupervised Domain Adaptation, KAIS 2022 (arXiv 2010.11478).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase, set_seed

from benchmarks.peers_task import Task
from cdkd_kg.teachers.models import load_classifier, load_tokenizer

TEMPERATURE, EPOCHS, LEARNING_RATE, WIDTH = 20.0, 3, 1e-5, 4
"""Those of the released code; its critic is four times as wide as the encoder."""


def adapted_student(task: Task) -> PreTrainedModel:
    r"""Return the source's student after its encoder f was adapted to the target.

    In each step a critic D learns to tell :math:`f(x^T)` from :math:`f(x^S)`, and then f learns by

    .. math:: \mathrm{CE}(D(f(x^T)), \text{source}) + T^2 \mathrm{KL}(p^{f_0}_T(x^S) \,\|\, p^f_T(x^S)) + e^{-1/\delta}

    with the encoder :math:`f_0` before adaptation, the classifier of both, which stays as it is, and the distance
    :math:`\delta` of the mean features of the two batches. There is no other teacher.
    """
    set_seed(task.seed)
    source = load_classifier(task.source_student, task.space.labels, multi_label=False).eval()
    tokenizer = load_tokenizer(task.source_student)
    target = copy.deepcopy(source)
    target.classifier.requires_grad_(False)
    width = source.config.hidden_size
    critic = nn.Sequential(
        nn.Linear(width, WIDTH * width), nn.LeakyReLU(),
        nn.Linear(WIDTH * width, WIDTH * width), nn.LeakyReLU(),
        nn.Linear(WIDTH * width, 2),
    )  # fmt: skip
    optimizers = [
        torch.optim.Adam(parameters, lr=LEARNING_RATE) for parameters in (critic.parameters(), target.bert.parameters())
    ]
    target.train()
    precision = torch.autocast("cpu", torch.bfloat16, enabled=task.config.distillation.training.bf16)
    for theirs, ours in batches(task, tokenizer):
        _step(source, target, critic, optimizers, theirs, ours, precision)
    return target.eval()


def _step(
    source: PreTrainedModel,
    target: PreTrainedModel,
    critic: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    theirs: Any,
    ours: Any,
    precision: torch.autocast,
) -> None:
    for_critic, for_target = optimizers
    labels = (
        torch.ones(len(theirs["input_ids"]), dtype=torch.long),
        torch.zeros(len(ours["input_ids"]), dtype=torch.long),
    )
    with precision:
        with torch.no_grad():
            taught = F.softmax(source.classifier(_features(source, theirs)).float() / TEMPERATURE, dim=1)
        of_source, of_target = _features(target, theirs), _features(target, ours)
        told_apart = F.cross_entropy(critic(torch.cat([of_source, of_target]).detach()).float(), torch.cat(labels))
    _learn(for_critic, told_apart)
    with precision:
        fooled = F.cross_entropy(critic(of_target).float(), torch.ones_like(labels[1]))
        said = F.log_softmax(target.classifier(target.dropout(of_source)).float() / TEMPERATURE, dim=1)
    kept = TEMPERATURE**2 * F.kl_div(said, taught, reduction="batchmean")
    apart = (of_target.float().mean(0) - of_source.float().mean(0)).norm()
    _learn(for_target, fooled + kept + torch.exp(-1 / apart))


def batches(task: Task, tokenizer: PreTrainedTokenizerBase) -> Iterator[tuple[Any, Any]]:
    """Yield batches of source and target texts in pairs, for every epoch in another order.

    An epoch is as long as the smaller of the two.
    """
    about, size = task.config.distillation, task.config.distillation.training.per_device_train_batch_size
    known = (task.texts.targets >= 0).all(axis=1)
    order = np.random.default_rng(task.seed)
    for _ in range(EPOCHS):
        places = [order.permutation(np.flatnonzero(mine)) for mine in (known, ~known)]
        for begin in range(0, min(map(len, places)), size):
            yield tuple(
                tokenizer(
                    [task.texts.texts[place] for place in mine[begin : begin + size]],
                    truncation=True,
                    max_length=about.student.max_length,
                    padding=True,
                    return_tensors="pt",
                )
                for mine in places
            )


def _features(model: PreTrainedModel, inputs: Any) -> Tensor:
    features: Tensor = model.bert(**inputs).pooler_output
    return features


def _learn(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
