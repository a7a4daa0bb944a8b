"""Calibrate the experts on source validation, fuse them, and make one TeacherSignal of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import FusionConfig
from cdkd_kg.teachers.calibration import as_probabilities, fit_temperature
from cdkd_kg.teachers.fusion import entropy_gate, fit_weights, fuse, match_prior
from cdkd_kg.teachers.graph import Expert, GraphTask

Floats = NDArray[np.floating]
UNMATCHED = ("text", "probe", "sgc")
"""The experts whose class priors are their own: text is what others are held to, and sgc judges each text alone."""
SURE = 20.0


@dataclass(frozen=True)
class Ensemble:
    """Fused logits ``[N, C]`` and, by expert, the temperature and the (mean) weight that went into them."""

    logits: Floats
    experts: dict[str, dict[str, Any]]
    calibrated: dict[str, Floats]


def fuse_experts(experts: Mapping[str, Floats], task: GraphTask, config: FusionConfig) -> Ensemble:
    """Fuse the experts' logits into one calibrated opinion of every document.

    Args:
        experts: ``[N, C]`` raw logits by name; those of :data:`UNMATCHED` keep their priors.
        task: labels, masks and domains; of the labels only those of validation rows are looked at. No expert was
            trained on them, but a graph teacher chose its edge families and its epoch by them, which flatters it
            here a little.
        config: how weights are found and whether priors are matched.
    """
    judged, names = task.validation, sorted(experts)
    truth = task.targets[judged]
    temperatures, calibrated = {}, {}
    for name in names:
        match = 0.0 if name in UNMATCHED else config.prior_correction
        temperatures[name], calibrated[name] = calibrate(experts[name], task, match)
    shares: Mapping[str, float] | Mapping[str, Floats] = dict.fromkeys(names, 1 / len(names))
    if config.weights == "entropy":
        shares = entropy_gate(calibrated, task.multi_label)
    elif config.weights == "validation":
        groups = np.unique(task.domains, return_inverse=True)[1][judged]
        judges = {name: z[judged] for name, z in calibrated.items()}
        shares = fit_weights(judges, truth, groups, task.multi_label)
    fused = fuse(calibrated, shares)
    weights = {name: round(float(np.mean(share)), 4) for name, share in shares.items()}
    fused = fused / fit_temperature(fused[judged], truth, task.multi_label)
    about = {name: {"temperature": temperatures[name], "weight": weights[name]} for name in names}
    return Ensemble(fused, about, calibrated)


def believing(task: GraphTask, experts: Mapping[str, Expert], config: FusionConfig) -> GraphTask:
    """Return the task with what these experts believe together, for experts that build on them."""
    together = fuse_experts({name: one.logits for name, one in experts.items()}, task, config)
    return replace(task, beliefs=as_probabilities(together.logits, task.multi_label))


def calibrate(logits: Floats, task: GraphTask, match: float) -> tuple[float, Floats]:
    r"""Return the temperature of an expert and its logits ``[N, C]`` divided by it.

    The mean belief in every domain is then brought to that of the text teachers there, by a share ``match`` of the
    way in the logit scale: an expert may say which documents are what, not how many.
    """
    temperature = fit_temperature(logits[task.validation], task.targets[task.validation], task.multi_label)
    cooled = np.asarray(logits, dtype=np.float64) / temperature
    if match:
        mine = task.training | task.validation | task.unlabelled
        for domain in np.unique(task.domains[mine]):
            member = mine & (task.domains == domain)
            matched = match_prior(cooled[member], task.beliefs[member].mean(axis=0), task.multi_label)
            cooled[member] += match * (matched - cooled[member])
    return temperature, cooled


def as_decided(logits: Floats, multi_label: bool) -> Floats:
    """Return logits ``[N, C]`` that are sure of what these say: the pseudo-labels of self-training.

    Source: Lee, Pseudo-Label, ICML 2013 workshop.
    """
    if multi_label:
        return np.where(logits > 0, SURE, -SURE)
    return np.asarray(SURE * np.eye(logits.shape[1])[logits.argmax(axis=1)])
