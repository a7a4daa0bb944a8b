"""Meta-KD-style weighting: texts that are typical of several domains, and of which the teacher is right, count more.

The teacher is the same as everywhere here; Meta-KD's own is trained with such weights and an adversarial loss, too.

Source: Pan et al., Meta-KD: A Meta Knowledge Distillation Framework for Language Model Compression across Domains,
ACL 2021.
"""

from __future__ import annotations

import numpy as np
from transformers import PreTrainedModel

from benchmarks.peers_task import Floats, Task
from cdkd_kg.config import LossesConfig
from cdkd_kg.teachers.calibration import as_probabilities


def prototype_student(task: Task) -> PreTrainedModel:
    """Return the student that learns more from some texts than from others."""
    return task.taught(LossesConfig(), weights(task))


def weights(task: Task) -> Floats:
    r"""Return ``[N]`` weights of which the largest is 1.

    .. math:: \lambda_i \propto \frac{1 + t_i}{e^{\varepsilon_i} + 1}, \qquad
        t_i = \tfrac12 \cos(h_i, p_{d(i)}) + \tfrac{1}{2 (D - 1)} \sum_{k \ne d(i)} \cos(h_i, p_k)

    with prototypes p, the mean hidden state of each domain, and the teacher's squared error :math:`\varepsilon`. Of an
    unlabelled text that is what the teacher expects of itself, :math:`1 - \sum_c p_c^2`.
    """
    names = sorted(set(task.domains))
    prototypes = np.stack([task.hidden[task.domains == name].mean(axis=0) for name in names])
    cosines = _unit(task.hidden) @ _unit(prototypes).T
    own = np.array([names.index(name) for name in task.domains])
    mine = cosines[np.arange(len(own)), own]
    others = (cosines.sum(axis=1) - mine) / (len(names) - 1)
    believed = as_probabilities(task.logits, False)
    known = (task.texts.targets >= 0).all(axis=1)
    error = np.where(known, ((believed - task.texts.targets) ** 2).sum(axis=1), 1 - (believed**2).sum(axis=1))
    found = (1 + (mine + others) / 2) / (np.exp(error) + 1)
    return np.asarray(found / found.max(), dtype=np.float32)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
