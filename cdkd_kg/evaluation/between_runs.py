"""Two runs held against each other: what changed in the answers and in the teaching, and which decisions did it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import EvaluationConfig
from cdkd_kg.errors import ConfigError
from cdkd_kg.evaluation.answered import (
    ANSWERED,
    DECISIONS,
    FUSED,
    SIGNALLED,
    Said,
    mean_probabilities,
    multi_label_tasks,
    read_said,
    run_results,
)  # fmt: skip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

BEFORE, AFTER = "before", "after"
_NO_SETTING = {"name", "output"}
"""What two runs may differ in and still be the same run."""
_DECISIONS = "graph.decisions"


def compare_runs(before: Path, after: Path) -> dict[str, Any]:
    r"""Say what changed from one run to another, for each domain, and which decisions changed most documents' signals.

    A document's signal is what the teacher that sees the graph says of it in the mean over seeds. It moved by the total
    variation :math:`\frac12 \sum_c |p_c - q_c|` (with independent labels by the mean of :math:`|p_c - q_c|`), and is
    relabelled where its likeliest label, or its set of labels, is another one. A decision is told with the documents
    that it reaches (:func:`cdkd_kg.graph.decisions.reach.reach`): that these moved more than the others speaks for it,
    and proves it only where no other decision reaches them.

    Args:
        before: the folder of a run.
        after: that of another, on the same test documents.

    Returns:
        ``runs`` (name, commit, seeds and decisions of both), ``settings`` (what else was configured differently),
        ``scores`` (a row a task, domain and condition, paired over test documents, Holm-corrected over all rows),
        ``signals`` (a row a domain), ``decisions`` (new or gone, those first that relabelled most documents), and
        ``reached`` and ``elsewhere`` (the documents that these decisions reach, and the others).

    Raises:
        MissingResourceError: a folder is not that of a finished run.
        ConfigError: the runs have no test document in common, or a task has other labels in one than in the other.
    """
    runs = {BEFORE: run_results(before), AFTER: run_results(after)}
    _need_same_labels(runs[BEFORE], runs[AFTER], after)
    moved = _moves(before, after, multi_label_tasks(runs[AFTER]))
    decisions, reached = _decisions(before, after, moved)
    everywhere = {name for mine in moved.values() for name in mine}
    return {
        "runs": {name: _about(path, runs[name]) for name, path in ((BEFORE, before), (AFTER, after))},
        "settings": _differences(runs[BEFORE]["config"], runs[AFTER]["config"]),
        "scores": _scores(before, after, runs[AFTER]),
        "signals": [
            {"task": task, "domain": domain} | _summary(mine)
            for task, found in moved.items()
            for domain, mine in _by_domain(found).items()
        ],
        "decisions": decisions,
        "reached": _summary(_of(moved, reached)),
        "elsewhere": _summary(_of(moved, everywhere - reached)),
    }


def _need_same_labels(before: Mapping[str, Any], after: Mapping[str, Any], where: Path) -> None:
    old, new = (run["config"]["corpus"]["tasks"] for run in (before, after))
    for task in sorted(old.keys() & new.keys()):
        if any(old[task][name] != new[task][name] for name in ("labels", "multi_label")):
            raise ConfigError(
                f"the task {task!r} has other labels in one run than in the other",
                where=str(where),
                why=f"{old[task]['labels']} and {new[task]['labels']}",
                remedy="compare runs on the same task",
            )


def _about(folder: Path, results: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: results[name] for name in ("name", "git", "created", "seeds")}
    return {"folder": str(folder)} | said | {"decisions": len(_taken(folder))}


def _taken(folder: Path) -> list[dict[str, Any]]:
    """Return the decisions that hold in a run."""
    path = folder / DECISIONS
    return list(read_json(path)) if path.is_file() else []


def _differences(before: Any, after: Any, name: str = "") -> list[str]:
    """Return the names of the settings that differ, other than the decisions."""
    if name in _NO_SETTING or name == _DECISIONS or before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys())
        return [
            found
            for key in keys
            for found in _differences(before.get(key), after.get(key), f"{name}.{key}" if name else key)
        ]
    return [name]


def _scores(before: Path, after: Path, results: Mapping[str, Any]) -> list[dict[str, Any]]:
    from cdkd_kg.evaluation.compare import holm

    config = EvaluationConfig.model_validate(results["config"]["evaluation"])
    answers = {BEFORE: read_said(before / ANSWERED), AFTER: read_said(after / ANSWERED)}
    rows = []
    for task, multi_label in multi_label_tasks(results).items():
        mine = {name: said.get(task, {}) for name, said in answers.items()}
        for condition in (name for name in mine[AFTER] if name in mine[BEFORE]):
            both = {name: said[condition] for name, said in mine.items()}
            rows += _scored(task, condition, both, multi_label, config)
    if not rows:
        raise ConfigError(
            "the runs have no test document in common", where=str(after), remedy="compare runs on the same corpus"
        )
    corrected = holm([row["p"] for row in rows])
    return [row | {"p": round(p, 6)} for row, p in zip(rows, corrected, strict=True)]


def _scored(
    task: str,
    condition: str,
    both: Mapping[str, Mapping[int, Mapping[str, Said]]],
    multi_label: bool,
    config: EvaluationConfig,
) -> list[dict[str, Any]]:
    """Return a row for each domain in which both runs' students of a condition answered."""
    import numpy as np

    from cdkd_kg.evaluation.compare import compare_domain

    rows = []
    common = set.intersection(*(set(said) for seeds in both.values() for said in seeds.values()))
    known = next(iter(both[AFTER].values()))
    for domain, documents in _by_domain(dict.fromkeys(sorted(common))).items():
        names = sorted(documents)
        answers = {
            run: {seed: np.array([said[name].logits for name in names], np.float32) for seed, said in seeds.items()}
            for run, seeds in both.items()
        }
        targets = np.array([known[name].target for name in names], np.float32)
        for found in compare_domain(answers, targets, multi_label, config, AFTER, (BEFORE,)):
            means = {run: _mean(mine, targets, multi_label, found["metric"]) for run, mine in answers.items()}
            about = {"task": task, "domain": domain, "condition": condition, "documents": len(names)}
            rows.append(about | means | {key: found[key] for key in ("metric", "difference", "low", "high", "p")})
    return rows


def _mean(answers: Mapping[int, Floats], targets: Floats, multi_label: bool, metric: str) -> float:
    """Return the mean score over seeds on the labelled documents."""
    from cdkd_kg.evaluation.metrics import scores

    kept = (targets >= 0).all(axis=1)
    seeds = [scores(one[kept], targets[kept], multi_label, bins=1)[metric] for one in answers.values()]
    return round(sum(seeds) / len(seeds), 6)


def _moves(before: Path, after: Path, multi_label: Mapping[str, bool]) -> dict[str, dict[str, tuple[float, bool]]]:
    """Return how far the signal of each document of each task moved, and whether it is relabelled."""
    import numpy as np

    from cdkd_kg.evaluation.metrics import decisions

    signals = read_said(before / SIGNALLED), read_said(after / SIGNALLED)
    found: dict[str, dict[str, tuple[float, bool]]] = {}
    for task in (task for task in signals[1] if all(FUSED in said.get(task, {}) for said in signals)):
        seeds = [said[task][FUSED] for said in signals]
        names = sorted(set.intersection(*(set(said) for mine in seeds for said in mine.values())))
        old, new = (mean_probabilities(mine, names, multi_label=multi_label[task]) for mine in seeds)
        change = np.abs(new - old)
        far = change.mean(axis=1) if multi_label[task] else change.sum(axis=1) / 2
        above = 0.5 if multi_label[task] else 0.0
        other = (decisions(old - above, multi_label[task]) != decisions(new - above, multi_label[task])).any(axis=1)
        found[task] = {name: (float(f), bool(o)) for name, f, o in zip(names, far, other, strict=True)}
    return found


def _decisions(
    before: Path, after: Path, moved: Mapping[str, Mapping[str, tuple[float, bool]]]
) -> tuple[list[dict[str, Any]], set[str]]:
    """Return the decisions of one run alone with what became of their documents, and all these documents."""
    old, new = ({one["id"]: one for one in _taken(folder)} for folder in (before, after))
    rows, reached = [], set[str]()
    for name in old.keys() ^ new.keys():
        one = (new if name in new else old)[name]
        reached |= set(one["documents"])
        about = {key: one[key] for key in ("id", "kind", "label", "who", "why")}
        rows.append(about | {"state": "new" if name in new else "gone"} | _summary(_of(moved, one["documents"])))
    rows.sort(key=lambda row: (-row["relabelled"], -row["moved"] * row["documents"], row["id"]))
    return rows, reached


def _of(moved: Mapping[str, Mapping[str, tuple[float, bool]]], names: Sequence[str] | set[str]) -> dict[str, Any]:
    return {name: mine[name] for mine in moved.values() for name in names if name in mine}


def _summary(moved: Mapping[str, tuple[float, bool]]) -> dict[str, Any]:
    count = len(moved)
    return {
        "documents": count,
        "relabelled": sum(other for _, other in moved.values()),
        "moved": round(sum(far for far, _ in moved.values()) / count, 6) if count else 0.0,
    }


def _by_domain(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is known of documents, by their domain."""
    domains: dict[str, dict[str, Any]] = {}
    for name in sorted(found):
        domains.setdefault(name.partition("/")[0], {})[name] = found[name]
    return domains
