"""Calibrate the experts on source validation, fuse them, and make one TeacherSignal of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import FusionConfig
from cdkd_kg.teachers.calibration import as_probabilities, fit_temperature, log_likelihoods
from cdkd_kg.teachers.fusion import entropy_gate, fit_weights, fuse, match_prior
from cdkd_kg.teachers.graph import Expert, GraphTask

Floats = NDArray[np.floating]
UNMATCHED = ("text", "probe", "names", "concepts", "sgc")
"""The experts whose class priors are their own: text is what others are held to, and these judge each text alone."""
CORRECTIONS = (1.0, 0.5, 0.0)
SURE = 20.0


@dataclass(frozen=True)
class Ensemble:
    """What the experts say together.

    Attributes:
        logits: ``[N, C]``, fused.
        temperature: that they were divided by.
        experts: temperature, (mean) weight and prior correction of each.
        calibrated: ``[N, C]`` logits of each.
    """

    logits: Floats
    temperature: float
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
    found = {
        name: calibrate(experts[name], task, 0.0 if name in UNMATCHED else config.prior_correction) for name in names
    }
    calibrated = {name: one.logits for name, one in found.items()}
    shares: Mapping[str, float] | Mapping[str, Floats] = dict.fromkeys(names, 1 / len(names))
    if config.weights == "entropy":
        shares = entropy_gate(calibrated, task.multi_label)
    elif config.weights == "validation":
        groups = np.unique(task.domains, return_inverse=True)[1][judged]
        judges = {name: z[judged] for name, z in calibrated.items()}
        shares = fit_weights(judges, truth, groups, task.multi_label)
    fused = fuse(calibrated, shares)
    weights = {name: round(float(np.mean(share)), 4) for name, share in shares.items()}
    temperature = fit_temperature(fused[judged], truth, task.multi_label)
    about = {
        name: {"temperature": one.temperature, "weight": weights[name], "prior_correction": one.correction}
        for name, one in found.items()
    }
    return Ensemble(fused / temperature, temperature, about, calibrated)


def believing(task: GraphTask, experts: Mapping[str, Expert], config: FusionConfig) -> GraphTask:
    """Return the task with what these experts believe together, for experts that build on them."""
    together = fuse_experts({name: one.logits for name, one in experts.items()}, task, config)
    return replace(task, beliefs=as_probabilities(together.logits, task.multi_label))


class Calibrated(NamedTuple):
    """The temperature of an expert, how far its priors were corrected, and its logits ``[N, C]`` after both."""

    temperature: float
    correction: float
    logits: Floats


def calibrate(logits: Floats, task: GraphTask, correction: float | Literal["validation"]) -> Calibrated:
    r"""Divide the logits of an expert by its temperature, and correct its class priors.

    The mean belief in every domain is brought to that of the text teachers there, by a share ``correction`` of the
    way in the logit scale: an expert may say which documents are what, not how many. With ``validation`` the share is
    the largest of 1, 0.5 and 0 whose likelihood on source validation is not worse than the best one's by more than
    the standard error of their difference: where text has seen so few labels that it does not know how many documents
    are what, nobody is held to it.
    """
    temperature = fit_temperature(logits[task.validation], task.targets[task.validation], task.multi_label)
    cooled = np.asarray(logits, dtype=np.float64) / temperature
    if correction == 0:
        return Calibrated(temperature, 0.0, cooled)
    full = _as_text_believes(cooled, task)
    shares = CORRECTIONS if correction == "validation" else (correction,)
    tries = [cooled + share * (full - cooled) for share in shares]
    chosen = _first_as_good_as_the_best(tries, task)
    return Calibrated(temperature, shares[chosen], tries[chosen])


def _as_text_believes(logits: Floats, task: GraphTask) -> Floats:
    mine, matched = task.training | task.validation | task.unlabelled, logits.copy()
    for domain in np.unique(task.domains[mine]):
        member = mine & (task.domains == domain)
        matched[member] = match_prior(logits[member], task.beliefs[member].mean(axis=0), task.multi_label)
    return matched


def _first_as_good_as_the_best(tries: Sequence[Floats], task: GraphTask) -> int:
    judged = task.validation
    if len(tries) == 1 or judged.sum() < 2:
        return 0
    found = [log_likelihoods(logits[judged], task.targets[judged], task.multi_label) for logits in tries]
    best = max(found, key=lambda terms: float(terms.mean()))
    losses = [best - terms for terms in found]
    return next(n for n, loss in enumerate(losses) if loss.mean() <= loss.std(ddof=1) / np.sqrt(len(loss)))


def as_decided(logits: Floats, multi_label: bool) -> Floats:
    """Return logits ``[N, C]`` that are sure of what these say: the pseudo-labels of self-training.

    Source: Lee, Pseudo-Label, ICML 2013 workshop.
    """
    if multi_label:
        return np.where(logits > 0, SURE, -SURE)
    return np.asarray(SURE * np.eye(logits.shape[1])[logits.argmax(axis=1)])
