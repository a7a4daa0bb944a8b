"""Calibrate the experts on source validation, fuse them, and make one TeacherSignal of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import FusionConfig
from cdkd_kg.teachers.calibration import fit_temperature
from cdkd_kg.teachers.fusion import fit_weights, fuse, match_prior
from cdkd_kg.teachers.graph import GraphTask

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Ensemble:
    """Fused logits ``[N, C]`` and, by expert, the temperature and the weight that went into them."""

    logits: Floats
    experts: dict[str, dict[str, Any]]
    calibrated: dict[str, Floats]


def fuse_experts(experts: Mapping[str, Floats], task: GraphTask, config: FusionConfig) -> Ensemble:
    """Fuse the experts' logits into one calibrated opinion of every document.

    Args:
        experts: ``[N, C]`` raw logits by name; ``text`` is the text teacher.
        task: labels, masks and domains; of the labels only those of validation rows are looked at. No expert was
            trained on them, but a graph teacher chose its edge families and its epoch by them, which flatters it
            here a little.
        config: how weights are found and whether priors are matched.
    """
    judged, names = task.validation, sorted(experts)
    truth = task.targets[judged]
    temperatures, calibrated = {}, {}
    for name in names:
        match = config.prior_correction and name != "text"
        temperatures[name], calibrated[name] = calibrate(experts[name], task, match)
    if config.weights == "uniform":
        weights = dict.fromkeys(names, 1 / len(names))
    else:
        groups = np.unique(task.domains, return_inverse=True)[1][judged]
        weights = fit_weights({name: z[judged] for name, z in calibrated.items()}, truth, groups, task.multi_label)
    fused = fuse(calibrated, weights)
    fused = fused / fit_temperature(fused[judged], truth, task.multi_label)
    about = {name: {"temperature": temperatures[name], "weight": weights[name]} for name in names}
    return Ensemble(fused, about, calibrated)


def calibrate(logits: Floats, task: GraphTask, match: bool) -> tuple[float, Floats]:
    """Return the temperature of an expert and its logits ``[N, C]`` divided by it.

    With ``match`` the mean belief in every domain is then brought to that of the text teacher there: an expert may
    say which documents are what, not how many.
    """
    temperature = fit_temperature(logits[task.validation], task.targets[task.validation], task.multi_label)
    cooled = np.asarray(logits, dtype=np.float64) / temperature
    if match:
        mine = task.training | task.validation | task.unlabelled
        for domain in np.unique(task.domains[mine]):
            member = mine & (task.domains == domain)
            cooled[member] = match_prior(cooled[member], task.beliefs[member].mean(axis=0), task.multi_label)
    return temperature, cooled
