"""``tune.json``: every trial, the best values as overrides of a run, and what mattered; the page is drawn from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from cdkd_kg.artifacts import write_json, write_text
from cdkd_kg.evaluation.metrics import primary_metric
from cdkd_kg.evaluation.speed import device_name
from cdkd_kg.pipeline.provenance import code_commit, provenance
from cdkd_kg.pipeline.run import LIBRARIES
from cdkd_kg.tune.config import Tune
from cdkd_kg.tune.report import render_tune

RESULTS, PAGE = "tune.json", "tune.html"
WHY = "why"
DIGITS = 6


def tune_results(tune: Tune, study: optuna.Study, command: Sequence[str]) -> dict[str, Any]:
    """Return the content of ``tune.json``.

    Args:
        tune: the search.
        study: its trials.
        command: how the search was started.
    """
    trials = [_trial(tune, frozen) for frozen in study.get_trials(deepcopy=False)]
    ended = [trial for trial in trials if trial["state"] != "running"]
    several = [task.multi_label for task in tune.base.corpus.tasks.values()]
    return {
        "name": tune.config.name,
        "metrics": sorted({primary_metric(one) for one in several}),
        "condition": tune.config.condition,
        "seeds": list(tune.base.seeds),
        "trials": trials,
        "whole": len(ended) >= tune.config.trials,
        "best": _best(tune, trials),
        "importance": _importance(study),
        "config": tune.config.model_dump(mode="json", exclude_unset=True),
        "base": tune.base.model_dump(mode="json"),
        "git": code_commit(),
        **provenance(command, (*LIBRARIES, "optuna"), device_name()),
    }


def write_tune(tune: Tune, results: Mapping[str, Any]) -> None:
    """Write ``tune.json`` and ``tune.html`` in the place of older ones; the page is drawn first and comes last."""
    page = render_tune(results)
    (tune.folder / PAGE).unlink(missing_ok=True)
    write_json(tune.folder / RESULTS, results)
    write_text(tune.folder / PAGE, page)


def overrides_of(values: Any, above: str = "") -> Iterator[str]:
    """Yield nested values as ``cdkd run`` takes them.

    Example:
        >>> list(overrides_of({"graph": {"hops": 1}, "teachers.graph.encoders": ["sgc"]}))
        ['graph.hops=1', 'teachers.graph.encoders=["sgc"]']
    """
    if isinstance(values, Mapping) and (values or not above):
        for key, value in values.items():
            yield from overrides_of(value, f"{above}.{key}" if above else str(key))
    else:
        yield f"{above}={json.dumps(values, ensure_ascii=False)}"


def _trial(tune: Tune, frozen: FrozenTrial) -> dict[str, Any]:
    seeds = {str(seed): frozen.user_attrs[str(seed)] for seed in tune.base.seeds if str(seed) in frozen.user_attrs}
    space = tune.config.space
    return {
        "number": frozen.number,
        "state": {"FAIL": "failed"}.get(frozen.state.name, frozen.state.name.lower()),
        "values": {key: space[key].read(value) for key, value in sorted(frozen.params.items())},
        "score": None if frozen.value is None else round(frozen.value, DIGITS),
        "seeds": seeds,
        "why": frozen.user_attrs.get(WHY, ""),
        "git": frozen.user_attrs.get("git", ""),
    }


def _best(tune: Tune, trials: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the trial of the highest score, of equals the first; None where none was judged by all seeds."""
    judged = [trial for trial in trials if trial["state"] == "complete"]
    if not judged:
        return None
    best = max(judged, key=lambda trial: (trial["score"], -trial["number"]))
    overrides = [*overrides_of(tune.config.overrides), *overrides_of(best["values"])]
    return {"number": best["number"], "score": best["score"], "values": best["values"], "overrides": overrides}


def _importance(study: optuna.Study) -> dict[str, float]:
    """Return the share of each key in what sets the best tenth of the trials apart; empty where that cannot be told."""
    judged = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len({trial.value for trial in judged}) < 2:
        return {}
    found = optuna.importance.get_param_importances(study, evaluator=optuna.importance.PedAnovaImportanceEvaluator())
    return {key: round(share, DIGITS) for key, share in found.items()}
