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


@dataclass(frozen=True)
class Fold:
    """What experts say of documents that none of them learned from, and that judge how they are fused.

    Attributes:
        experts: ``[N, C]`` raw logits by name.
        task: the labels and masks that these experts saw.
        judged: ``[N]`` bool, the documents that judge.
    """

    experts: Mapping[str, Floats]
    task: GraphTask
    judged: NDArray[np.bool_]


def fuse_experts(
    experts: Mapping[str, Floats], task: GraphTask, config: FusionConfig, folds: Sequence[Fold] = ()
) -> Ensemble:
    """Fuse the experts' logits into one calibrated opinion of every document.

    Args:
        experts: ``[N, C]`` raw logits by name; those of :data:`UNMATCHED` keep their priors.
        task: labels, masks and domains. No expert was trained on the validation rows, but a graph teacher chose its
            edge families and its epoch by them, which flatters it here a little.
        config: how weights are found and whether priors are matched.
        folds: experts of the same names, each made without one source domain, whose documents judge them: they meet
            that domain as they will meet the target. Without any, validation rows judge.
    """
    folds, names = folds or [Fold(experts, task, task.validation)], sorted(experts)
    held = {name: calibrate(name, folds, config.prior_correction) for name in names}
    calibrated = {name: held[name].applied(experts[name], task) for name in names}
    judges = {
        name: np.concatenate([held[name].applied(fold.experts[name], fold.task)[fold.judged] for fold in folds])
        for name in names
    }
    truth = np.concatenate([fold.task.targets[fold.judged] for fold in folds])
    shares: Mapping[str, float] | Mapping[str, Floats] = dict.fromkeys(names, 1 / len(names))
    ours = shares
    if config.weights == "entropy":
        shares, ours = (entropy_gate(logits, task.multi_label) for logits in (calibrated, judges))
    elif config.weights != "uniform":
        domains = np.concatenate([fold.task.domains[fold.judged] for fold in folds])
        shares = ours = fit_weights(judges, truth, np.unique(domains, return_inverse=True)[1], task.multi_label)
    temperature = fit_temperature(fuse(judges, ours), truth, task.multi_label)
    about = {
        name: {
            "temperature": held[name].temperature,
            "weight": round(float(np.mean(shares[name])), 4),
            "prior_correction": held[name].correction,
        }
        for name in names
    }
    return Ensemble(fuse(calibrated, shares) / temperature, temperature, about, calibrated)


def believing(task: GraphTask, experts: Mapping[str, Expert], config: FusionConfig) -> GraphTask:
    """Return the task with what these experts believe together, for experts that build on them."""
    together = fuse_experts({name: one.logits for name, one in experts.items()}, task, config)
    return replace(task, beliefs=as_probabilities(together.logits, task.multi_label))


class Calibration(NamedTuple):
    """The temperature of an expert, and how far its priors are corrected."""

    temperature: float
    correction: float

    def applied(self, logits: Floats, task: GraphTask) -> Floats:
        """Return ``[N, C]`` logits divided by the temperature, their priors corrected."""
        cooled = np.asarray(logits, dtype=np.float64) / self.temperature
        if self.correction == 0:
            return cooled
        return np.asarray(cooled + self.correction * (_as_text_believes(cooled, task) - cooled))


def calibrate(name: str, folds: Sequence[Fold], correction: float | Literal["validation"]) -> Calibration:
    r"""Fit the temperature of an expert, and find how far its class priors are to be corrected.

    The mean belief in every domain is then brought to that of the text teachers there, by a share ``correction`` of
    the way in the logit scale: an expert may say which documents are what, not how many. With ``validation`` the share
    is the largest of 1, 0.5 and 0 whose likelihood on the judging documents is not worse than the best one's by more
    than the standard error of their difference: where text has seen so few labels that it does not know how many
    documents are what, nobody is held to it. Experts of :data:`UNMATCHED` are not corrected.
    """
    truth = np.concatenate([fold.task.targets[fold.judged] for fold in folds])
    multi_label = folds[0].task.multi_label
    logits = np.concatenate([fold.experts[name][fold.judged] for fold in folds])
    temperature = fit_temperature(logits, truth, multi_label)
    if name in UNMATCHED:
        return Calibration(temperature, 0.0)
    if correction != "validation" or len(truth) < 2:
        return Calibration(temperature, 1.0 if correction == "validation" else correction)
    tries = [Calibration(temperature, share) for share in CORRECTIONS]
    found = [
        log_likelihoods(
            np.concatenate([one.applied(fold.experts[name], fold.task)[fold.judged] for fold in folds]),
            truth,
            multi_label,
        )
        for one in tries
    ]
    return tries[_first_as_good_as_the_best(found)]


def _as_text_believes(logits: Floats, task: GraphTask) -> Floats:
    mine, matched = task.training | task.validation | task.unlabelled, logits.copy()
    for domain in np.unique(task.domains[mine]):
        member = mine & (task.domains == domain)
        matched[member] = match_prior(logits[member], task.beliefs[member].mean(axis=0), task.multi_label)
    return matched


def _first_as_good_as_the_best(found: Sequence[Floats]) -> int:
    """Return the first of several ``[J]`` likelihoods that is within a standard error of the highest."""
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
