"""A small but whole ``results.json``: scores are computed from drawn answers, the rest is written down."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from cdkd_kg.config import EvaluationConfig
from cdkd_kg.evaluation.compare import compare_domain, score_domain
from cdkd_kg.evaluation.verdict import verdict

QUICK = EvaluationConfig(bootstrap=200, calibration_bins=10)
SKILL = {
    "no_distillation": 1.1,
    "text_teacher": 1.6,
    "graph_teacher": 1.9,
    "shuffled_graph": 1.5,
    "similar_text": 1.7,
}
FAMILIES = {"knowledge": 0.0, "mentions": 0.5, "similar": 1.0}
LABELS = {
    "topics": ["business", "entertainment", "politics", "science and technology", "sport"],
    "disease groups": ["cancer", "heart and vessels", "infection", "nervous system"],
}
DOMAINS = {
    "ag_news": {"task": "topics", "role": "source", "test": 300},
    "bbc": {"task": "topics", "role": "target", "test": 400},
    "newsgroups": {"task": "topics", "role": "target", "test": 0},
    "abstracts": {"task": "disease groups", "role": "source", "test": 200},
    "leaflets": {"task": "disease groups", "role": "target", "test": 250},
}


def draw_answers(targets: np.ndarray, skill: float, seed: int, multi_label: bool = False, noise: int = 0) -> np.ndarray:
    """Draw logits that favour the truth by ``skill``; ``noise`` picks what all students share."""
    shared = np.random.default_rng(noise).normal(0, 1, targets.shape)
    own = np.random.default_rng([noise, seed, int(skill * 100)]).normal(0, 0.4, targets.shape)
    return (shared + own + skill * (targets - (0.5 if multi_label else 0))).astype(np.float32)


def draw_targets(documents: int, classes: int, multi_label: bool, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    if multi_label:
        return (generator.random((documents, classes)) < 0.4).astype(np.float32)
    return np.eye(classes, dtype=np.float32)[generator.integers(classes, size=documents)]


def _task(task: str, seeds: tuple[int, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    multi_label = task == "disease groups"
    students: dict[str, Any] = {condition: {} for condition in SKILL}
    comparisons: dict[str, Any] = {}
    for place, (domain, about) in enumerate(DOMAINS.items()):
        if about["task"] == task:
            targets = draw_targets(about["test"], len(LABELS[task]), multi_label, place)
            answers = {
                condition: {seed: draw_answers(targets, skill, seed, multi_label, place) for seed in seeds}
                for condition, skill in SKILL.items()
            }
            for condition in SKILL:
                students[condition][domain] = score_domain(answers[condition], targets, multi_label, QUICK)
            comparisons[domain] = compare_domain(answers, targets, multi_label, QUICK)
    return students, comparisons


def _teachers(seeds: tuple[int, ...], domain: str, extra: dict[str, float]) -> dict[str, Any]:
    experts = {
        str(seed): {
            "text_teacher": {"text": {"temperature": 1.31 + 0.02 * seed, "weight": 1.0}},
            "graph_teacher": {
                "text": {"temperature": 1.31 + 0.02 * seed, "weight": 0.52},
                "propagation": {"temperature": 0.42 + 0.01 * seed, "weight": 0.71, "edge_families": FAMILIES},
                "rgcn": {"temperature": 1.12, "weight": 0.66},
            },
        }
        for seed in seeds
    }
    scored = {
        str(seed): {"accuracy": 0.79 + 0.01 * seed, "macro_f1": 0.77, "ece": 0.051, "nll": 0.61} | extra
        for seed in seeds
    }
    names = ("text_teacher: text", "text_teacher: fused", "graph_teacher: propagation", "graph_teacher: fused")
    return {"experts": experts, "unlabelled": {domain: dict.fromkeys(names, scored)}}


def _curves(seeds: tuple[int, ...]) -> dict[str, Any]:
    return {
        condition: {
            str(seed): [
                {"step": step, "epoch": step / 100, "loss": height * float(np.exp(-step / 120)) + 0.2 + 0.02 * seed}
                for step in range(10, 410, 10)
            ]
            for seed in seeds
        }
        for condition, height in (*zip(SKILL, (1.4, 2.0, 2.2, 2.3, 2.1), strict=True), ("teacher", 1.6))
    }


def _picture() -> dict[str, Any]:
    names = {
        "London": "place", "United Kingdom": "place", "Tony Blair": "person", "Labour Party": "organisation",
        "Microsoft": "organisation", "Bill Gates": "person", "European Union": "organisation", "Brussels": "place",
        "Chelsea F.C.": "organisation", "election": "concept", "software": "concept", "World Cup": "concept",
    }  # fmt: skip
    nodes = [
        {"id": f"urn:{place}", "label": name, "kind": kind, "documents": 214 - 16 * place}
        for place, (name, kind) in enumerate(names.items())
    ]
    ends = (
        (0, 1, "capital_of"), (2, 3, "lead"), (2, 1, "related_by_text"), (3, 9, "win"), (5, 4, "found"),
        (4, 10, "sell"), (1, 6, "member_of"), (7, 6, "seat_of"), (8, 0, "located_in"), (2, 9, "comention"),
        (1, 9, "hold"),
    )  # fmt: skip
    edges = [{"source": f"urn:{a}", "target": f"urn:{b}", "label": label} for a, b, label in ends]
    return {"nodes": nodes, "edges": edges}


def make_results(seeds: tuple[int, ...] = (0, 1, 2)) -> dict[str, Any]:
    students, comparisons, verdicts = {}, {}, {}
    for task in LABELS:
        students[task], comparisons[task] = _task(task, seeds)
        targets = [name for name, about in DOMAINS.items() if about["role"] == "target"]
        verdicts[task] = verdict(task, students[task], comparisons[task], targets)
    teacher = {"model": "minilm-l6", "parameters": 22_713_216, "bytes": 90_900_000, "documents_per_second": 118.4}
    student = {"model": "student", "parameters": 17_389_824, "bytes": 69_600_000, "documents_per_second": 231.9}
    jobs = [
        "corpus",
        "entities",
        "graph",
        "geometry",
        *["text_teacher"] * 3,
        *["teacher_signal"] * 6,
        *["student"] * 15,
    ]
    return {
        "name": "news-topics",
        "created": "2026-03-14T09:26:53+00:00",
        "command": "cdkd run configs/news-topics.yaml seeds=[0,1,2]",
        "versions": {"python": "3.11.7", "cdkd-kg": "0.1.0", "torch": "2.10.0", "transformers": "5.1.0"},
        "git": "c763587d0f3a",
        "machine": {"processor": "Some CPU at 2.4 GHz", "cores": 8, "memory_gib": 31.2, "device": "cpu"},
        "seeds": list(seeds),
        "config": {
            "name": "news-topics",
            "corpus": {
                "tasks": {task: {"labels": labels, "multi_label": task != "topics"} for task, labels in LABELS.items()}
            },
            "evaluation": QUICK.model_dump(mode="json"),
        },
        "corpus": {
            name: about
            | {
                "labelled": 80 * (about["role"] == "source"),
                "unlabelled": 1_912,
                "validation": 200,
                "set_aside": 30,
                "left_out": 20,
                "over_row_limit": 7,
            }
            for name, about in DOMAINS.items()
        },
        "graph": {
            "revision": "9f2c" * 16,
            "triples": 184_211,
            "documents": 6_212,
            "entities": 9_120,
            "mentions": 88_412,
            "linked": 51_310,
            "nil_new": 33_001,
            "nil_ambiguous": 4_101,
            "linked_documents": 0.913,
            "edges": {"mentions": 48_210, "comention": 12_004, "broader": 3_220, "related_by_text": 1_950, "lead": 120},
            "picture": _picture(),
        },
        "teachers": {
            "topics": _teachers(seeds, "bbc", {}),
            "disease groups": _teachers(seeds, "leaflets", {"micro_f1": 0.7}),
        },
        "students": students,
        "comparisons": comparisons,
        "curves": {"topics": _curves(seeds), "disease groups": {}},
        "sizes": {task: {"teacher": teacher, "student": student} for task in LABELS},
        "verdict": verdicts,
        "warnings": ["newsgroups: no test rows, so no score", "bbc: 3 texts are longer than 128 tokens and were cut"],
        "stages": [
            {"stage": stage, "key": str(place), "seconds": 4.2 + 3 * place, "reused": place % 4 == 3}
            for place, stage in enumerate([*jobs, "evaluation"])
        ],
    }


@pytest.fixture(scope="session")
def _results() -> dict[str, Any]:
    return make_results()


@pytest.fixture
def results(_results: dict[str, Any]) -> dict[str, Any]:
    """A copy that a test may change."""
    return copy.deepcopy(_results)
