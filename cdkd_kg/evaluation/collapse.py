"""Students of which a verdict means little: those that always say the same, say what another says, or unlearned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.config import EvaluationConfig
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.evaluation.compare import SIGNIFICANT, SUBJECT, compare_domain
from cdkd_kg.evaluation.metrics import decisions
from cdkd_kg.evaluation.students import Answers, by_domain
from cdkd_kg.evaluation.words import condition_name, listed, points, span

Floats = NDArray[np.floating]
Said = Mapping[str, Sequence[NDArray[np.bool_]]]
BASE = "no_distillation"
TOLD = 3
"""How many warnings the first paragraph spells out."""


def student_warnings(corpus: Corpus, task: str, answers: Answers, config: EvaluationConfig) -> list[str]:
    """Return a sentence for each student, or pair of students, that a reader must not take at face value.

    A student may give one answer to every test document of a domain with several; two may agree on every document; a
    distilled one may be clearly worse than the one without distillation: paired 95 % interval below 0, p below 0.05.
    Target domains come first.

    Args:
        corpus: where the test rows are.
        task: the label space.
        answers: logits ``[N, C]`` by condition and seed, for the test rows of the task in the corpus's order.
        config: resamples and bins.
    """
    about, found = corpus.tasks[task], list[str]()
    domains = by_domain(corpus, task, answers).items()
    for domain, (mine, targets) in sorted(domains, key=lambda item: corpus.domains[item[0]].role != "target"):
        kept = np.asarray((targets >= 0).all(axis=1))
        if not kept.any():
            continue
        truth = targets[kept]
        said = {
            name: [decisions(z[kept], about.multi_label) for _, z in sorted(seeds.items())]
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


def _one_answer(domain: str, said: Said, truth: Floats, labels: Sequence[str]) -> list[str]:
    alike: dict[tuple[str, str], list[str]] = {}
    for name, seeds in said.items() if len(np.unique(truth, axis=0)) > 1 else ():
        collapsed = [answer for answer in seeds if _collapsed(answer)]
        if collapsed:
            words = {_words(answer[0], labels) for answer in collapsed}
            often = f" in {len(collapsed)} of {len(seeds)} seeds" if len(seeds) > 1 else ""
            alike.setdefault((words.pop() if len(words) == 1 else "the same", often), []).append(name)
    return [
        f"On {domain} {_students(names)} {_verb(names, 'answer')} {what} to every test document{often}."
        for (what, often), names in alike.items()
    ]


def _same_answers(domain: str, said: Said) -> list[str]:
    alike: dict[bytes, list[str]] = {}
    for name, seeds in said.items():
        if not all(map(_collapsed, seeds)):
            alike.setdefault(np.concatenate(seeds).tobytes(), []).append(name)
    return [
        f"On {domain} {_students(names)} give the same answer to every test document, so nothing tells them apart."
        for names in alike.values()
        if len(names) > 1
    ]


def _collapsed(answer: NDArray[np.bool_]) -> bool:
    return bool((answer == answer[0]).all())


def _words(row: NDArray[np.bool_], labels: Sequence[str]) -> str:
    return ", ".join(repr(label) for label, on in zip(labels, row, strict=True) if on) or "no label"


def _students(names: Sequence[str]) -> str:
    quoted = listed([f"'{condition_name(name)}'" for name in names])
    return f"the student{'s' * (len(names) > 1)} of {quoted}"


def _verb(names: Sequence[str], verb: str) -> str:
    return verb + "s" * (len(names) == 1)


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
