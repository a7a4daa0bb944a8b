"""Meta-KD-style weighting: texts that are typical of several domains, and of which the teacher is right, count more.

The teacher is the same as everywhere here; Meta-KD's own is trained with such weights and an adversarial loss, too.

Source: Pan et al., Meta-KD: A Meta Knowledge Distillation Framework for Language Model Compression across Domains,
ACL 2021, and its code in alibaba/EasyNLP (9c06bd9). See benchmarks/peers_layers.py for what is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor
from transformers import PreTrainedModel

from benchmarks.peers_layers import student_of_layers
from benchmarks.peers_task import Floats, Task
from cdkd_kg.teachers.calibration import as_probabilities


def prototype_student(task: Task) -> PreTrainedModel:
    """Return the student that is drawn more to the teacher's states of some texts than of others."""
    return student_of_layers(task, lambda _: _by_text, weights(task))


def _by_text(states: Sequence[Tensor], domain: Tensor, weight: Tensor) -> Tensor:
    del domain
    return weight.expand(len(states), -1) / len(weight)


def weights(task: Task) -> Floats:
    r"""Return ``[N]`` weights of texts.

    .. math:: \lambda_i = \frac{1 + t_i}{e^{\varepsilon_i} + 1}, \qquad
        t_i = \tfrac12 \Big(\cos(h_i, p_{d(i)}) + \cos\big(h_i, \tfrac{1}{D - 1} \sum_{k \ne d(i)} p_k\big)\Big)

    with prototypes p, the mean hidden state of each domain, and the teacher's squared error of the true label,
    :math:`\varepsilon = (1 - p_y)^2`. Of an unlabelled text, which Meta-KD does not have, that is what the teacher
    expects of itself, :math:`\sum_c p_c (1 - p_c)^2`.
    """
    names = sorted(set(task.domains))
    prototypes = np.stack([task.hidden[task.domains == name].mean(axis=0) for name in names])
    others = (prototypes.sum(axis=0) - prototypes) / (len(names) - 1)
    own = np.array([names.index(name) for name in task.domains])
    typical = (_cosines(task.hidden, prototypes[own]) + _cosines(task.hidden, others[own])) / 2
    believed = as_probabilities(task.logits, False)
    known = (task.texts.targets >= 0).all(axis=1, keepdims=True)
    error = (np.where(known, task.texts.targets, believed) * (1 - believed) ** 2).sum(axis=1)
    return np.asarray((1 + typical) / (np.exp(error) + 1), dtype=np.float32)


def _cosines(ones: Floats, others: Floats) -> Floats:
    lengths = np.linalg.norm(ones, axis=1) * np.linalg.norm(others, axis=1)
    return np.asarray((ones * others).sum(axis=1) / lengths)
