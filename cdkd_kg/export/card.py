"""The model card: what a student is made of, how good it is, and where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cdkd_kg.config import DomainConfig
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.data.manifest import load_manifest
from cdkd_kg.evaluation.metrics import primary_metric
from cdkd_kg.export.calibration import ENOUGH

RENEWAL = "--"
"""Between the name of a run and what tells its renewals from each other."""
_TEMPLATES = Path(__file__).parent


def original_name(name: str) -> str:
    """Return the name of the run that a renewal began with.

    Example:
        >>> original_name("quickstart--0a1b2c3d")
        'quickstart'
    """
    return name.split(RENEWAL)[0]


def model_card(results: Mapping[str, Any], corpus: Corpus, about: Mapping[str, Any], condition: str) -> str:
    """Return the card as Markdown with the header that the Hugging Face hub reads.

    What is said comes from data, and is escaped: a label or a name cannot become markup.

    Args:
        results: of the run.
        corpus: of the run.
        about: what is known of the bundle; see ``cdkd_kg/pipeline/export.py``.
        condition: whose student it is.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown; `cell` and `code` escape what comes from data
    )
    environment.filters |= {
        "cell": _cell, "code": _code, "number": _number, "points": _points, "interval": _interval,
    }  # fmt: skip
    return environment.get_template("card.md.j2").render(_facts(results, corpus, about, condition))


def _facts(results: Mapping[str, Any], corpus: Corpus, about: Mapping[str, Any], condition: str) -> dict[str, Any]:
    task, config, graph = about["task"], results["config"], results["graph"]
    text, student = config["teachers"]["text"]["model"], config["distillation"]["student"]
    metric = primary_metric(about["multi_label"])
    licences = {name: entry.licence for name, entry in load_manifest().items()}
    scored = results["students"][task][condition]
    return {
        **{
            key: about[key]
            for key in ("task", "labels", "multi_label", "max_length", "smaller", "parameters", "made", "run", "seed")
        },
        **{key: about[key] for key in ("abstention", "forms")},
        "name": f"{original_name(config['name'])}: {task}",
        "people": any(domain.part_of for domain in corpus.domains.values() if domain.task == task),
        "base": student["model"] or text,
        "taught_by": _TAUGHT.get(condition, f"the teacher of the condition `{condition}`"),
        "domains": [
            _domain(name, domain, about["domains"][domain.part_of or name], results, licences)
            for name, domain in sorted(corpus.domains.items())
            if domain.task == task
        ],
        "enough": ENOUGH,
        "budget": config["corpus"]["labels_per_class"],
        "teacher": text,
        "student": student["model"] or f"layers {student['teacher_layers']} of {text}",
        "losses": ", ".join(about["losses"]),
        "graph": {
            "name": config["graph"]["name"],
            "revision": about["graph_revision"],
            "triples": graph["triples"],
            "background": [
                {"name": one, "licence": licences.get(one, _YOURS)} for one in config["graph"]["background"]
            ],
            "decisions": graph["decisions"]["count"],
            "reached": graph["decisions"]["documents"],
        },
        "verdict": results["verdict"][task]["text"],
        "metric": metric.replace("_", " "),
        "seeds": results["seeds"],
        "scores": [
            {"name": name, "n": one["n"], "primary": one["scores"][metric], "macro_f1": one["scores"]["macro_f1"]}
            | about["domains"][corpus.domains[name].part_of or name]["calibration_error"]
            for name, one in sorted(scored.items())
            if one["n"]
        ],
        "cost": _cost(results, about, task, condition),
    }


_TAUGHT = {
    "no_distillation": "labels alone: nothing taught it",
    "text_teacher": "a text teacher",
    "graph_teacher": "a text teacher and a graph teacher over a knowledge graph",
}
_YOURS, _SENDERS = "not told: of who made it", "not told: of who sent them"


def _file(path: Path | None) -> str:
    """Return where texts lie, without what only one machine has."""
    return path.name if path and path.is_absolute() else str(path)


def _domain(
    name: str, domain: DomainConfig, about: Mapping[str, Any], results: Mapping[str, Any], licences: Mapping[str, str]
) -> dict[str, Any]:
    source, counts = domain.source, results["corpus"][name]
    place = source.name or source.hub or source.url or _file(source.path)
    if domain.part_of:
        place = "a service: texts that it was asked about"
    return {
        "name": name,
        "role": domain.role,
        "source": place,
        "licence": _SENDERS if domain.part_of else licences.get(place, _YOURS),
        "train": counts["labelled"] + counts["unlabelled"],
        "labelled": counts["labelled"],
        "test": counts["test"],
        "temperature": about["temperature"],
        "judged": about["judged"],
    }


def _cost(results: Mapping[str, Any], about: Mapping[str, Any], task: str, condition: str) -> str:
    case, machine = f"{task}/seed{about['seed']}", results["machine"]
    mine = [
        step
        for step in results["stages"]
        if "/seed" not in step["key"]
        or (step["key"].startswith(case) and step["stage"] == "text_teacher")
        or step["key"] == f"{case}/{condition}"
    ]
    mine = [step for step in mine if step["stage"] != "evaluation"]
    minutes, joules = sum(step["seconds"] for step in mine) / 60, [step.get("joules") for step in mine]
    energy = "Energy was not metered."
    if metered := [one for one in joules if one is not None]:
        part = "" if len(metered) == len(joules) else f" for {len(metered)} of {len(joules)} steps"
        energy = f"The processors took {sum(metered) / 3600:.1f} Wh{part}, by their own counters (RAPL)."
    return (
        f"{minutes:.0f} minutes of work, from reading the texts to this student, on {_cell(machine['processor'])}, "
        f"{machine['cores']} cores, {_cell(machine['device'])}. {energy}"
    )


def _cell(text: object) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    plain = " ".join(str(text).split())
    for mark in "\\`*_{}[]()<>#|!~":
        plain = plain.replace(mark, "\\" + mark)
    return plain


def _code(text: object) -> str:
    """Return a text as code: in a table no bar may stand, and a backtick would end it."""
    plain = " ".join(str(text).split()).replace("`", "'").replace("|", "/")
    return f"`{plain}`"


def _number(count: int) -> str:
    return f"{count:,}"


def _points(share: float) -> str:
    return f"{100 * share:.1f} %"


def _interval(score: Mapping[str, float]) -> str:
    return f"{100 * score['mean']:.1f} ({100 * score['low']:.1f} to {100 * score['high']:.1f})"
