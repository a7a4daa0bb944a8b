"""Students of which a verdict means little: those that always say the same, say what another says, or unlearned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import EvaluationConfig
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.evaluation.compare import SIGNIFICANT, SUBJECT, compare_domain
from cdkd_kg.evaluation.students import Answers, by_domain
from cdkd_kg.evaluation.words import condition_name, points, span

Floats = NDArray[np.floating]
BASE = "no_distillation"
TOLD = 3
"""How many warnings the first paragraph spells out."""


def student_warnings(corpus: Corpus, task: str, answers: Answers, config: EvaluationConfig) -> list[str]:
    """Return a sentence for each student, or pair of students, that a reader must not take at face value.

    A student may give one answer to every test document of a domain with several; two may agree on every document; a
    distilled one may be clearly worse than the one without distillation: paired 95 % interval below 0, p below 0.05.

    Args:
        corpus: where the test rows are.
        task: the label space.
        answers: logits ``[N, C]`` by condition and seed, for the test rows of the task in the corpus's order.
        config: resamples and bins.
    """
    about, found = corpus.tasks[task], list[str]()
    for domain, (mine, targets) in by_domain(corpus, task, answers).items():
        kept = np.asarray((targets >= 0).all(axis=1))
        if not kept.any():
            continue
        truth = targets[kept]
        said = {
            name: [_decided(z[kept], about.multi_label) for _, z in sorted(seeds.items())]
            for name, seeds in mine.items()
        }
        found += _one_answer(domain, said, truth, about.labels)
        found += _same_answers(domain, said)
        found += _unlearned(domain, mine, targets, about.multi_label, config)
    return found


def told_first(warnings: Sequence[str]) -> str:
    """Return what the first paragraph of the report says of these warnings."""
    if not warnings:
        return ""
    rest = len(warnings) - TOLD
    return " ".join(["Beware:", *warnings[:TOLD], *([f"The warnings name {rest} more."] if rest > 0 else []), ""])


def _decided(logits: Floats, multi_label: bool) -> NDArray[np.bool_]:
    """Return ``[N, C]`` of which labels are said to apply."""
    if multi_label:
        return np.asarray(logits > 0)
    return np.asarray(np.arange(logits.shape[1]) == logits.argmax(axis=1)[:, None])


def _one_answer(
    domain: str, said: Mapping[str, Sequence[NDArray[np.bool_]]], truth: Floats, labels: Sequence[str]
) -> list[str]:
    if len(np.unique(truth, axis=0)) < 2:
        return []
    found = []
    for name, seeds in said.items():
        collapsed = [answer for answer in seeds if len(np.unique(answer, axis=0)) == 1]
        if collapsed:
            words = [label for label, on in zip(labels, collapsed[0][0], strict=True) if on]
            often = f" in {len(collapsed)} of {len(seeds)} seeds" if len(seeds) > 1 else ""
            what = ", ".join(map(repr, words)) or "no label"
            found.append(
                f"On {domain} the student of '{condition_name(name)}' answers {what} to every test document{often}."
            )
    return found


def _same_answers(domain: str, said: Mapping[str, Sequence[NDArray[np.bool_]]]) -> list[str]:
    return [
        f"On {domain} the students of '{condition_name(a)}' and '{condition_name(b)}' give the same answer to every "
        "test document, so nothing tells them apart."
        for a, b in combinations(said, 2)
        if all(np.array_equal(one, other) for one, other in zip(said[a], said[b], strict=True))
    ]


def _unlearned(domain: str, mine: Answers, targets: Floats, multi_label: bool, config: EvaluationConfig) -> list[str]:
    found = []
    for name in mine:
        if BASE in mine and name != BASE:
            (row,) = compare_domain({SUBJECT: mine[name], BASE: mine[BASE]}, targets, multi_label, config)
            if row["high"] < 0 and row["p"] < SIGNIFICANT:
                found.append(
                    f"On {domain} the student of '{condition_name(name)}' is clearly worse than the one without "
                    f"distillation: {points(row['difference'])} points (95 % interval {span(row['low'], row['high'])})."
                )
    return found
