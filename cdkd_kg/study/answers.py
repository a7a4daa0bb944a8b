"""Answers that outlive the cache: which test documents each student got right, one small file a case and seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.artifacts import MANIFEST, canonical_json, read_json, sha256_text, write_json
from cdkd_kg.config import NOT_LEARNED, NOT_READ
from cdkd_kg.errors import ConfigError
from cdkd_kg.evaluation.metrics import decisions
from cdkd_kg.evaluation.speed import device_name
from cdkd_kg.pipeline.provenance import code_commit, provenance
from cdkd_kg.pipeline.run import LIBRARIES
from cdkd_kg.study.cases import Case
from cdkd_kg.study.coverage import PARTS, linked
from cdkd_kg.study.plan import Planned
from cdkd_kg.study.scores import Place, Scored, answered, score_right

LINKED_BITS = "linked"
NOT_ASKED: dict[str, Any] = {
    **dict.fromkeys(("name", "output", "seeds", "evaluation"), True),
    "entities": NOT_READ,
    "teachers": {"text": {"training": NOT_LEARNED}},
    "distillation": {"training": NOT_LEARNED},
}
"""Name, place, looks, who reads and who is told of a case: no part of what its students learned."""


class Answers:
    """A folder of kept answers.

    A file says for one case and seed which test documents the student of each condition got right, what the case was
    configured to do, and the commit, machine and seconds of the work. It stands in for the run as long as the
    configuration is the same, also where the code has moved on: the tables name the commits.

    Args:
        folder: made when the first answers are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def need_one_label(self, case: Case) -> None:
        """Refuse a case whose answers cannot be kept.

        Raises:
            ConfigError: a task has several labels a document, so that no answer is right or wrong as a whole.
        """
        for name, task in case.config.corpus.tasks.items():
            if task.multi_label:
                raise ConfigError(
                    f"answers to the task {name!r} cannot be kept",
                    where=case.name,
                    why="its documents have several labels, and only answers that are right or wrong are kept",
                    remedy="run the study without --answers",
                )

    def has(self, case: Case, seed: int) -> bool:
        """Say whether the folder knows all conditions of the case, as it is configured now."""
        file = self._file(case, seed)
        if not file.is_file():
            return False
        found = read_json(file)
        wanted = set(case.config.evaluation.conditions)
        return found["settings"] == settings(case) and all(wanted <= set(place["right"]) for place in found["places"])

    def keep(self, one: Planned, seed: int) -> None:
        """Write what the students of one seed got right, in place of what was kept before."""
        config = one.case.config.model_copy(update={"seeds": (seed,)})
        inputs = {name: job.folder(one.cache) for name, job in one.evaluation.needs.items()}
        places = []
        for place, answers, targets, _, ids in answered(replace(one.case, config=config), inputs):
            right = {name: _hex(_right(by_seed[seed], targets)) for name, by_seed in answers.items()}
            about = _about(place) | {"documents": len(targets), "right": right}
            if (bits := linked(ids, inputs)) is not None:
                about[LINKED_BITS] = _hex(bits)
            places.append(about)
        kept = {"case": one.case.name, "seed": seed, "settings": settings(one.case), "git": code_commit()}
        kept |= provenance(["cdkd", "study"], LIBRARIES, device_name())
        del kept["command"]
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self._file(one.case, seed), kept | {"places": places, "work": _work(one, seed)})

    def scored(self, case: Case) -> list[Scored]:
        """Return the scores of a case; all of its seeds are here."""
        return self._scored(case, None)

    def by_coverage(self, case: Case) -> dict[str, list[Scored]]:
        """Return what :func:`cdkd_kg.study.coverage.by_coverage` says; empty where it was not kept."""
        parts = {part: self._scored(case, part) for part in PARTS}
        return {part: scored for part, scored in parts.items() if scored}

    def _scored(self, case: Case, part: str | None) -> list[Scored]:
        found = [read_json(self._file(case, seed)) for seed in sorted(case.config.seeds)]
        scored = []
        for number, about in enumerate(found[0]["places"]):
            mine = [one["places"][number] for one in found]
            if len({one["tests"] for one in mine}) > 1:
                raise ConfigError(
                    f"the kept answers of {case.name} are to different test documents",
                    where=str(self.folder),
                    why="the data of its seeds were not the same",
                    remedy="delete the files of the older seeds, and run the study again",
                )
            place = Place(case=case.name, choices=case.choices, **{**_known(about), "sources": tuple(about["sources"])})
            right: dict[str, NDArray[np.bool_]] = {
                condition: np.stack([_bits(one["right"][condition], about["documents"]) for one in mine])
                for condition in case.config.evaluation.conditions
            }
            if part is not None:
                if LINKED_BITS not in about:
                    continue
                mask = _bits(about[LINKED_BITS], about["documents"]) == (part == "with")
                right = {condition: bits[:, mask] for condition, bits in right.items()}
                place = replace(place, tests=f"{place.tests} {part}")
                if not mask.any():
                    continue
            scored.append(score_right(place, right, case.config.evaluation))
        return scored

    def about(self, cases: list[Case]) -> dict[str, Any]:
        """Return the work behind the answers to all cases, their commits, and a machine that they were made on."""
        found = [read_json(self._file(case, seed)) for case in cases for seed in case.config.seeds]
        jobs: Counter[str] = Counter()
        seconds: Counter[str] = Counter()
        for one in found:
            for stage, work in one["work"].items():
                jobs[stage] += work["jobs"]
                seconds[stage] += work["seconds"]
        return {
            "work": {stage: {"jobs": jobs[stage], "seconds": round(seconds[stage], 2)} for stage in jobs},
            "git": ", ".join(sorted({one["git"] for one in found})),
            "created": max(one["created"] for one in found),
            "machine": found[-1]["machine"],
            "versions": found[-1]["versions"],
        }

    def _file(self, case: Case, seed: int) -> Path:
        return self.folder / f"{'-'.join(case.choices.values())}-seed{seed}.json"


def settings(case: Case) -> str:
    """Return the SHA-256 of what a case is configured to do; a file counts by its name, wherever it lies."""
    given = case.config.model_dump(mode="json", exclude_unset=True, exclude=NOT_ASKED)
    asked = {name: part for name, part in given.items() if part != {}}  # of which all that was set is not asked
    return sha256_text(canonical_json(_without_folders(asked)))


def _without_folders(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_folders(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_folders(one) for one in value]
    return Path(value).name if isinstance(value, str) and value.startswith("/") else value


def _about(place: Place) -> dict[str, Any]:
    return {key: value for key, value in asdict(place).items() if key not in ("case", "choices")}


def _known(about: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in about.items() if key not in ("documents", "right", LINKED_BITS)}


def _right(logits: NDArray[np.floating], targets: NDArray[np.floating]) -> NDArray[np.bool_]:
    return np.asarray((decisions(logits, False) == targets).all(axis=1))


def _hex(bits: NDArray[np.bool_]) -> str:
    return np.packbits(bits).tobytes().hex()


def _bits(text: str, count: int) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), dtype=np.uint8), count=count).astype(bool)


def _work(one: Planned, seed: int) -> dict[str, Any]:
    """Return jobs and seconds of the stages that are this seed's own."""
    found: dict[str, dict[str, float]] = {}
    for job in one.of_seed(seed):
        if "case" in job.options:
            stage = found.setdefault(job.stage, {"jobs": 0, "seconds": 0.0})
            stage["jobs"] += 1
            stage["seconds"] += read_json(job.folder(one.cache) / MANIFEST)["about"].get("seconds", 0)
    return found
