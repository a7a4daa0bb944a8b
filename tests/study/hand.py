"""Scores made by hand: who is right about which document is written down."""

from collections.abc import Mapping, Sequence

import numpy as np

from cdkd_kg.config import EvaluationConfig
from cdkd_kg.study.scores import Place, Scored, score_place

QUICK = EvaluationConfig(bootstrap=400)


def place(direction: str = "there", budget: str = "2", **changes) -> Place:
    source, domain = ("news", "letters") if direction == "there" else ("letters", "news")
    known = {
        "case": f"small-{direction}-{budget}",
        "choices": {"direction": direction, "budget": budget},
        "task": "topic",
        "domain": domain,
        "role": "target",
        "sources": (source,),
        "tests": domain,
    }
    return Place(**known | changes)


def answers(right: Sequence[bool]) -> np.ndarray:
    """Return logits of two classes, the true one always the first."""
    return np.where(np.asarray(right)[:, None], [2.0, 0.0], [0.0, 2.0]).astype(np.float32)


def scored(where: Place, right: Mapping[str, Sequence[Sequence[bool]]], config: EvaluationConfig = QUICK) -> Scored:
    """Score students who are ``right`` about a document: by condition, one row a seed."""
    documents = len(next(iter(right.values()))[0])
    targets = np.tile(np.array([1.0, 0.0], dtype=np.float32), (documents, 1))
    by_seed = {name: {seed: answers(row) for seed, row in enumerate(rows)} for name, rows in right.items()}
    return score_place(where, by_seed, targets, False, config)


def shares(documents: int = 40, seeds: int = 2, **share: float) -> dict[str, list[list[bool]]]:
    """Return who is right when each condition is right about the first ``share`` of the documents."""
    return {name: [[at < part * documents for at in range(documents)]] * seeds for name, part in share.items()}
