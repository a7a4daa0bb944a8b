"""AAD-style adaptation: a student of the source learns to make the target's texts look like the source's.

Source: Ryu & Lee, Knowledge Distillation for BERT Unsupervised Domain Adaptation, KAIS 2022 (arXiv 2010.11478), and the
last version of the code released with it (bzantium/bert-AAD f98c61a).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase, set_seed

from benchmarks.peers_task import Task
from cdkd_kg.teachers.models import load_classifier, load_tokenizer

TEMPERATURE, EPOCHS, LEARNING_RATE, CRITIC_WEIGHT, GRADIENT_NORM, WIDTH = 20.0, 3, 1e-5, 0.01, 1.0, 4
"""Those of the released code: weights of the critic stay within ± 0.01, and it is four times as wide as the encoder."""


def adapted_student(task: Task) -> PreTrainedModel:
    r"""Return the source's student after its encoder f was adapted to the target.

    In each step a critic D learns to tell :math:`f(x^S)` from :math:`f(x^T)`, and then f learns by

    .. math:: -\log D(f(x^T)) + T^2 \mathrm{KL}(p^{f_0}_T(x^S) \,\|\, p^f_T(x^S))

    with the encoder :math:`f_0` before adaptation, and the classifier of both, which stays as it is. There is no other
    teacher.
    """
    set_seed(task.seed)
    source = load_classifier(task.source_student, task.space.labels, multi_label=False).eval().requires_grad_(False)
    target = copy.deepcopy(source.base_model).train().requires_grad_(True)
    width = source.config.hidden_size
    critic = nn.Sequential(
        nn.Linear(width, WIDTH * width), nn.LeakyReLU(),
        nn.Linear(WIDTH * width, WIDTH * width), nn.LeakyReLU(),
        nn.Linear(WIDTH * width, 1),
    )  # fmt: skip
    adaptation = _Adaptation(source, target, critic)
    precision = task.config.distillation.training.bf16
    for theirs, ours in batches(task, load_tokenizer(task.source_student)):
        with torch.autocast("cpu", torch.bfloat16, enabled=precision):
            adaptation.step(theirs, ours)
    source.base_model.load_state_dict(target.state_dict())
    return source


class _Adaptation:
    def __init__(self, source: PreTrainedModel, target: PreTrainedModel, critic: nn.Module) -> None:
        self.source, self.target, self.critic = source, target, critic
        self.for_critic = torch.optim.Adam(critic.parameters(), lr=LEARNING_RATE)
        self.for_target = torch.optim.Adam(target.parameters(), lr=LEARNING_RATE)

    def step(self, theirs: Any, ours: Any) -> None:
        """Train critic and encoder on a batch of the source's texts and one of the target's."""
        with torch.no_grad():
            taught = F.softmax(self._answers(self.source.base_model(**theirs).pooler_output), dim=1)
        of_source, of_target = self.target(**theirs).pooler_output, self.target(**ours).pooler_output
        told_apart = self._taken_for(torch.cat([of_source, of_target]).detach(), len(of_source))
        self.for_critic.zero_grad()
        told_apart.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for weights in self.critic.parameters():
                weights.clamp_(-CRITIC_WEIGHT, CRITIC_WEIGHT)
        self.for_critic.step()
        fooled = self._taken_for(of_target, len(of_target))
        kept = F.kl_div(F.log_softmax(self._answers(of_source), dim=1), taught, reduction="batchmean")
        self.for_target.zero_grad()
        (fooled + TEMPERATURE**2 * kept).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.target.parameters(), GRADIENT_NORM)
        self.for_target.step()

    def _answers(self, features: Tensor) -> Tensor:
        answers: Tensor = self.source.classifier(features).float() / TEMPERATURE
        return answers

    def _taken_for(self, features: Tensor, source: int) -> Tensor:
        """Return how far the critic is from taking so many texts for the source's and the others for the target's."""
        labels = (torch.arange(len(features)) < source).float()
        return F.binary_cross_entropy_with_logits(self.critic(features)[:, 0].float(), labels)


def batches(task: Task, tokenizer: PreTrainedTokenizerBase) -> Iterator[tuple[Any, Any]]:
    """Yield batches of source and target texts in pairs, for every epoch in another order.

    An epoch is as long as the smaller of the two.
    """
    about, size = task.config.distillation, task.config.distillation.training.per_device_train_batch_size
    known = (task.texts.targets >= 0).all(axis=1)
    order = np.random.default_rng(task.seed)

    def read(places: Any) -> Any:
        texts = [task.texts.texts[place] for place in places]
        return tokenizer(texts, truncation=True, max_length=about.student.max_length, padding=True, return_tensors="pt")

    for _ in range(EPOCHS):
        theirs, ours = (order.permutation(np.flatnonzero(mine)) for mine in (known, ~known))
        for begin in range(0, min(len(theirs), len(ours)), size):
            yield read(theirs[begin : begin + size]), read(ours[begin : begin + size])
