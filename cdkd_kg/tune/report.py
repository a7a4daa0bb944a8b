"""``tune.html``: the best values first, then how the search went, what mattered, and every trial."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.page import render_page
from cdkd_kg.evaluation.sections import run
from cdkd_kg.evaluation.view import Block, Cell, Listing, Paragraph, Picture, Section, Table, empty
from cdkd_kg.evaluation.words import condition_name, in_text, listed, percent, plural
from cdkd_kg.tune.plots import history, importance

Found = Mapping[str, Any]
HOW = (
    "Trials are judged by their student on the labelled validation rows of source domains: no answer to a test row and "
    "no label of a target domain was looked at. The score of the best trial is the largest of many, so it flatters; a "
    "run with its values says what they are worth on test documents."
)
IMPORTANCE = (
    "How much each key sets the best tenth of the trials apart (PED-ANOVA, Watanabe et al., IJCAI 2023). It takes some "
    "fifty trials until such shares say something."
)
NO_IMPORTANCE = "It takes two trials judged by all seeds, of different scores, to say what mattered."
NONE = "No trial was judged by all of its seeds."


def render_tune(results: Found) -> str:
    """Return the page of a search.

    Args:
        results: the content of ``tune.json``.
    """
    states = Counter(trial["state"] for trial in results["trials"])
    return render_page(
        title=f"{results['name']}: which values are best?",
        verdicts=[{"text": sentence(results), "helped": False}],
        facts=[f"{count} {state}" for state, count in sorted(states.items())]
        + [plural(len(results["seeds"]), "seed"), results["created"][:10]],
        warned="",
        sections=_sections(results),
    )


def sentence(results: Found) -> str:
    """Return what came out in one sentence or two."""
    best = results["best"]
    if best is None:
        why = next((trial["why"] for trial in results["trials"] if trial["why"]), "")
        return f"{NONE} The first that failed: {why}" if why else NONE
    count = sum(trial["state"] == "complete" for trial in results["trials"])
    text = (
        f"Trial {best['number']} is the best of {count}: {_metric(results)} {percent(best['score'])} on source "
        f"validation, mean over {plural(len(results['seeds']), 'seed')} of the student of {_who(results)}."
    )
    return text if results["whole"] else f"{text} The search is not finished."


def _sections(results: Found) -> list[Section]:
    config = json.dumps({key: results[key] for key in ("config", "base")}, indent=1, ensure_ascii=False)
    blocks: list[Block] = [run.facts(results), run.versions(results), Listing("Search and base", config)]
    return [
        Section("best", "The best values", _best(results)),
        Section("history", "How the search went", _history(results)),
        Section("importance", "What mattered", _importance(results)),
        Section("trials", "The trials", [_trials(results)]),
        Section("run", "What was run", blocks),
    ]


def _best(results: Found) -> list[Block]:
    if results["best"] is None:
        return [Paragraph(NONE)]
    rows = [[key, _written(value)] for key, value in results["best"]["values"].items()]
    return [
        Table("The best values", ["Key", "Value"], rows, frozenset({1})),
        Paragraph(HOW, note=True),
        Listing("As overrides of the base, for cdkd run", shlex.join(results["best"]["overrides"])),
    ]


def _history(results: Found) -> list[Block]:
    if results["best"] is None:
        return [Paragraph(NONE)]
    caption = (
        f"{_metric(results).capitalize()} of every trial on source validation, mean over the seeds it was judged by."
    )
    return [Picture(history(results["trials"], _metric(results), f"Trials of {results['name']}"), caption)]


def _importance(results: Found) -> list[Block]:
    shares = results["importance"]
    if not shares:
        return [Paragraph(NO_IMPORTANCE)]
    rows = [[key, percent(share)] for key, share in shares.items()]
    picture = Picture(importance(shares, f"What mattered in {results['name']}"), "The share of each key.")
    return [picture, Table("Shares", ["Key", "Share"], rows), Paragraph(IMPORTANCE, note=True)]


def _trials(results: Found) -> Table:
    keys = list(results["config"]["space"])
    rows: list[list[Cell | str]] = [
        [
            str(trial["number"]),
            Cell(trial["state"], trial["why"]),
            empty() if trial["score"] is None else percent(trial["score"]),
            *(_written(trial["values"][key]) if key in trial["values"] else empty() for key in keys),
        ]
        for trial in results["trials"]
    ]
    columns = ["Trial", "State", "Score", *keys]
    return Table("Every trial", columns, rows, frozenset({1, *range(3, len(columns))}))


def _written(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _metric(results: Found) -> str:
    return listed([in_text(metric) for metric in results["metrics"]])


def _who(results: Found) -> str:
    return f"the {condition_name(results['condition'])}"
