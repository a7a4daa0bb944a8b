"""Scores and comparisons of the students of one task, domain by domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import EvaluationConfig
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.evaluation.compare import compare_domain, score_domain

Floats = NDArray[np.floating]
Answers = Mapping[str, Mapping[int, Floats]]


def score_students(corpus: Corpus, task: str, answers: Answers, config: EvaluationConfig) -> dict[str, Any]:
    """Return ``{condition: {domain: scores}}`` on the test rows of a task.

    Args:
        corpus: where the test rows are.
        task: the label space.
        answers: logits ``[N, C]`` by condition and seed, for the test rows of the task in the corpus's order.
        config: resamples and bins.
    """
    return {
        condition: {
            domain: score_domain(mine[condition], targets, corpus.tasks[task].multi_label, config)
            for domain, (mine, targets) in by_domain(corpus, task, answers).items()
        }
        for condition in answers
    }


def compare_students(corpus: Corpus, task: str, answers: Answers, config: EvaluationConfig) -> dict[str, Any]:
    """Return ``{domain: paired comparisons}`` of the graph teacher's student with the others."""
    return {
        domain: compare_domain(mine, targets, corpus.tasks[task].multi_label, config)
        for domain, (mine, targets) in by_domain(corpus, task, answers).items()
    }


def by_domain(corpus: Corpus, task: str, answers: Answers) -> dict[str, tuple[Answers, Floats]]:
    """Return the answers, by condition and seed, and the targets ``[N, C]`` of the test rows of each domain."""
    rows = corpus.rows(task, "test")
    domains, targets = np.array(rows["domain"][:], dtype=str), corpus.targets(rows, task)
    found: dict[str, tuple[Answers, Floats]] = {}
    for domain in (name for name, about in corpus.domains.items() if about.task == task):
        member = domains == domain
        mine = {name: {seed: z[member] for seed, z in seeds.items()} for name, seeds in answers.items()}
        found[domain] = mine, targets[member]
    return found
