"""Calibrate the experts on source validation, fuse them, and make one TeacherSignal of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import FusionConfig
from cdkd_kg.teachers.calibration import fit_temperature
from cdkd_kg.teachers.fusion import correct_prior, fit_weights, fuse
from cdkd_kg.teachers.graph import GraphTask

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Ensemble:
    """Fused logits ``[N, C]`` and, by expert, the temperature and the weight that went into them."""

    logits: Floats
    experts: dict[str, dict[str, Any]]
    calibrated: dict[str, Floats]


def fuse_experts(
    experts: Mapping[str, Floats],
    task: GraphTask,
    domains: NDArray[np.str_],
    target_domains: frozenset[str],
    config: FusionConfig,
) -> Ensemble:
    """Fuse the experts' logits into one calibrated opinion of every document.

    Args:
        experts: ``[N, C]`` raw logits by name.
        task: labels and masks; only validation rows are looked at. No expert was trained on them, but a graph
            teacher chose its edge families and its epoch by them, which flatters it here a little.
        domains: ``[N]`` the domain of each document.
        target_domains: domains whose class prior is unknown; theirs alone is corrected.
        config: how weights are found and whether the prior is corrected.
    """
    judged = task.validation
    truth = task.targets[judged]
    temperatures = {
        name: fit_temperature(logits[judged], truth, task.multi_label) for name, logits in sorted(experts.items())
    }
    calibrated = {name: np.asarray(logits) / temperatures[name] for name, logits in sorted(experts.items())}
    if config.weights == "uniform":
        weights = dict.fromkeys(calibrated, 1 / len(calibrated))
    else:
        groups = np.unique(domains, return_inverse=True)[1][judged]
        weights = fit_weights({name: z[judged] for name, z in calibrated.items()}, truth, groups, task.multi_label)
    fused = fuse(calibrated, weights)
    fused = fused / fit_temperature(fused[judged], truth, task.multi_label)
    if config.prior_correction and not task.multi_label and task.training.any():
        prior = task.targets[task.training].mean(axis=0)
        for domain in sorted(target_domains):
            member = domains == domain
            fused[member] = correct_prior(fused[member], prior)
    about = {name: {"temperature": temperatures[name], "weight": weights[name]} for name in calibrated}
    return Ensemble(fused, about, calibrated)
