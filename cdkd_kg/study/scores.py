"""What the students of one case reach on the test documents of one domain, with every resample of these documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.artifacts import sha256_text
from cdkd_kg.config import EvaluationConfig
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.evaluation.metrics import primary_metric
from cdkd_kg.evaluation.resampling import means, resampled_scores, resamples
from cdkd_kg.evaluation.students import by_domain
from cdkd_kg.pipeline.evaluation_stage import read_answers
from cdkd_kg.study.cases import Case

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Place:
    """Where scores come from.

    Attributes:
        case: the name of the run.
        choices: its choice of each dimension.
        task: the label space.
        domain: whose test documents.
        role: ``target`` or ``source``; in a case without targets every domain is judged, so it is ``target``.
        sources: the domains that taught.
        tests: the SHA-256 of the ids of the documents: cases that share them share their resamples.
    """

    case: str
    choices: Mapping[str, str]
    task: str
    domain: str
    role: str
    sources: tuple[str, ...]
    tests: str

    @property
    def pair(self) -> str:
        """The domain pair: who taught, and where it was measured."""
        return f"{self.task}: {', '.join(self.sources)} to {self.domain}"

    def among(self, documents: NDArray[np.str_]) -> Place:
        """Return the place with these documents as its tests."""
        return replace(self, tests=sha256_text("\n".join(documents)))


@dataclass(frozen=True)
class Scored:
    """The primary metric of every condition at one place.

    Attributes:
        place: where.
        documents: how many labelled test documents.
        metric: which score.
        seeds: the score of each seed, by condition.
        drawn: ``[B]`` the mean over seeds in each resample of the documents, by condition.
    """

    place: Place
    documents: int
    metric: str
    seeds: Mapping[str, tuple[float, ...]]
    drawn: Mapping[str, Floats]


class Answered(NamedTuple):
    """The answers to the labelled test documents at a place.

    Attributes:
        place: where.
        answers: ``[N, C]`` logits by condition and seed.
        targets: ``[N, C]`` of 0 and 1.
        multi_label: whether labels are independent.
        ids: ``[N]``, the documents.
    """

    place: Place
    answers: Mapping[str, Mapping[int, Floats]]
    targets: Floats
    multi_label: bool
    ids: NDArray[np.str_]


def answered(case: Case, inputs: Mapping[str, Path]) -> Iterator[Answered]:
    """Yield the answers of a case, one entry a task and domain with labelled test documents.

    Args:
        case: the run.
        inputs: the folders that its evaluation reads, by the names it knows them under.
    """
    corpus = Corpus.load(inputs["corpus"])
    for task, about in corpus.tasks.items():
        mine = {name: domain for name, domain in corpus.domains.items() if domain.task == task}
        sources = tuple(sorted(name for name, domain in mine.items() if domain.role == "source"))
        ids = np.array(corpus.rows(task, "test")["id"][:], dtype=str)
        for domain, (logits, targets) in by_domain(corpus, task, read_answers(case.config, task, inputs)).items():
            role = mine[domain].role if len(sources) < len(mine) else "target"
            names = ids[np.char.startswith(ids, f"{domain}/")]
            kept = (targets >= 0).all(axis=1)
            if kept.any():
                place = Place(case.name, case.choices, task, domain, role, sources, "").among(names[kept])
                judged = {name: {seed: z[kept] for seed, z in seeds.items()} for name, seeds in logits.items()}
                yield Answered(place, judged, targets[kept], about.multi_label, names[kept])


def score_case(case: Case, inputs: Mapping[str, Path]) -> list[Scored]:
    """Return the scores of a case; see :func:`answered`."""
    return [score_place(*found[:4], case.config.evaluation) for found in answered(case, inputs)]


def score_place(
    place: Place,
    answers: Mapping[str, Mapping[int, Floats]],
    targets: Floats,
    multi_label: bool,
    config: EvaluationConfig,
) -> Scored:
    """Score every condition on all documents, and on each of ``config.bootstrap`` resamples of them.

    Args:
        place: where the answers are from.
        answers: ``[N, C]`` logits by condition and seed.
        targets: ``[N, C]`` of 0 and 1.
        multi_label: whether labels are independent.
        config: resamples and calibration bins.
    """
    metric, draws = primary_metric(multi_label), _draws(len(targets), config)
    scores = {
        condition: np.stack(
            [
                resampled_scores(by_seed[seed], targets, multi_label, config.calibration_bins, draws)[metric]
                for seed in sorted(by_seed)
            ]
        )
        for condition, by_seed in answers.items()
    }
    return _scored(place, len(targets), metric, scores)


def score_right(place: Place, right: Mapping[str, NDArray[np.bool_]], config: EvaluationConfig) -> Scored:
    """Return what :func:`score_place` would say of answers of which only is known whether they are right.

    Args:
        place: where the answers are from.
        right: ``[seeds, N]`` by condition.
        config: resamples.
    """
    count = next(iter(right.values())).shape[1]
    draws = _draws(count, config)
    scores = {name: np.stack([means(draws, one.astype(np.float32)) for one in mine]) for name, mine in right.items()}
    return _scored(place, count, primary_metric(False), scores)


def _draws(count: int, config: EvaluationConfig) -> NDArray[np.float32]:
    """Return the documents themselves, then their resamples."""
    return np.concatenate([np.ones((1, count), dtype=np.float32), resamples(count, config.bootstrap)])


def _scored(place: Place, documents: int, metric: str, scores: Mapping[str, Floats]) -> Scored:
    """Take ``[seeds, 1 + B]`` scores apart: those on the documents themselves come first."""
    seeds = {name: tuple(float(score) for score in mine[:, 0]) for name, mine in scores.items()}
    drawn = {name: np.asarray(mine[:, 1:].mean(axis=0)) for name, mine in scores.items()}
    return Scored(place, documents, metric, seeds, drawn)


def over_pairs(differences: Sequence[Floats], tests: Sequence[str], seed: int = 0) -> Floats:
    r"""Resample domain pairs and documents together and return ``[B]`` means over pairs.

    In replicate b pairs :math:`j_1 \dots j_K` are drawn with replacement, and for every test set t one of its
    resamples :math:`r_t`, which all pairs that are measured on it share:

    .. math:: \bar\Delta^*_b = \frac1K \sum_k \Delta_{j_k}[r_{t(j_k)}]

    Pairs with a common test set are not independent; drawing its documents once for all of them is what keeps the
    interval wide enough. With one pair there is nothing to draw but documents.

    Args:
        differences: ``[B]`` resampled differences of each of K pairs.
        tests: which test set each pair is measured on.
        seed: of the draws.

    Source: Owen, The Pigeonhole Bootstrap, Annals of Applied Statistics 1(2), 2007.
    """
    table = np.stack(differences)
    pairs, count = table.shape
    if pairs == 1:
        return np.asarray(table[0])
    generator = np.random.default_rng(seed)
    chosen = generator.integers(pairs, size=(count, pairs))
    sets, place = np.unique(np.asarray(tests), return_inverse=True)
    resample = generator.integers(count, size=(count, len(sets)))
    return np.asarray(table[chosen, np.take_along_axis(resample, place[chosen], axis=1)].mean(axis=1))
