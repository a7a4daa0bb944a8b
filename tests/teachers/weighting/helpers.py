"""Drawn opinions of domain teachers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cdkd_kg.teachers.calibration import fit_temperature
from cdkd_kg.teachers.weighting.opinions import DomainOpinions


def drawn(
    seed: int, skills: Sequence[float], documents: int = 60, classes: int = 2, multi_label: bool = False
) -> DomainOpinions:
    """Return a teacher for each skill, with documents of its domain and of a target.

    All know their own domain as well, so that all are as sure of themselves; elsewhere one of skill 0 guesses. Half of
    the documents of a source domain judge; each teacher is calibrated on those of its own.
    """
    rng = np.random.default_rng(seed)
    teachers = tuple(f"domain{place}" for place in range(len(skills)))
    domains = np.repeat([*teachers, "target"], documents)
    truth = np.eye(classes)[rng.integers(0, classes, len(domains))]
    if multi_label:
        truth = rng.integers(0, 2, truth.shape).astype(float)
    centres = rng.normal(size=(len(skills) + 1, 6))
    geometry = np.repeat(centres, documents, axis=0) + 0.5 * rng.normal(size=(len(domains), 6))
    judged = (domains != "target") & (np.arange(len(domains)) % 2 == 0)
    logits = 1.5 * rng.normal(size=(len(skills), *truth.shape))
    for teacher, skill, said in zip(teachers, skills, logits, strict=True):
        home = domains == teacher
        said += np.where(home, 1.5, skill)[:, None] * (2 * truth - 1)
        mine = judged & home
        said /= fit_temperature(said[mine], truth[mine], multi_label)
    return DomainOpinions(teachers, logits, geometry, domains, truth, judged, multi_label)


def with_twin(opinions: DomainOpinions) -> DomainOpinions:
    """Return the same with the first domain once more: its documents, and a second teacher that says the same."""
    rows = np.concatenate([np.arange(len(opinions.domains)), np.flatnonzero(opinions.own[:, 0])])
    domains = opinions.domains[rows].copy()
    domains[len(opinions.domains) :] = "twin"
    logits = np.concatenate([opinions.logits, opinions.logits[:1]])[:, rows]
    return replace(
        opinions,
        teachers=(*opinions.teachers, "twin"),
        logits=logits,
        geometry=opinions.geometry[rows],
        domains=domains,
        targets=opinions.targets[rows],
        judged=opinions.judged[rows],
    )
