"""Run the main job: do what is missing, gather what came out, draw the report."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdkd_kg.artifacts import need_writable, read_json
from cdkd_kg.config import Config
from cdkd_kg.errors import MissingResourceError
from cdkd_kg.evaluation.answered import ANSWERED, DECISIONS, RESULTS, SIGNALLED
from cdkd_kg.pipeline.evaluation_stage import DEVICE
from cdkd_kg.pipeline.graph_stage import ABOUT, GRAPH
from cdkd_kg.pipeline.plan import check_models, jobs_of
from cdkd_kg.pipeline.provenance import code_commit, provenance
from cdkd_kg.pipeline.publish import STUDENTS, publish
from cdkd_kg.pipeline.text_teacher_stage import MODEL
from cdkd_kg.pipeline.tracking import check_trackers
from cdkd_kg.processes import barrier, first_then_rest, is_first, need_one
from cdkd_kg.progress import is_terminal
from cdkd_kg.stages import Job, Step, plan, run_jobs, stage_named

LIBRARIES = ("cdkd-kg", "torch", "transformers", "torch-geometric", "datasets", "spacy", "pyoxigraph", "numpy")
FINGERPRINT = "fingerprint"
"""The key of ``results.json`` that says which evaluation it is of."""
MADE_IN = "made_in"
"""The key of ``results.json`` that says which folders of the cache hold the corpus and the published students."""
Listener = Callable[[Step], None]


@dataclass(frozen=True)
class RunResult:
    """What a run left behind.

    Attributes:
        folder: the run's folder; ``report.html``, ``results.json`` and ``students/`` are in it.
        results: the content of ``results.json``; empty when the run stopped before the evaluation.
        steps: every job, how long it took, and whether it was reused.
        graph: the knowledge graph as sorted N-Quads, in the cache; None when the run stopped before it.
    """

    folder: Path
    results: dict[str, Any]
    steps: tuple[Step, ...]
    graph: Path | None = None

    @property
    def warnings(self) -> list[str]:
        """What to know before the results are believed; of the graph alone when the run stopped before them."""
        if self.results or self.graph is None:
            return list(self.results.get("warnings", []))
        return list(read_json(self.graph.with_name(ABOUT))["warnings"])

    @property
    def decisions(self) -> dict[str, int]:
        """How many decisions of people hold in the graph (``count``), and how many ``documents`` they reach."""
        if self.graph is None:
            return {"count": 0, "documents": 0}
        return dict(read_json(self.graph.with_name(ABOUT))["decisions"])

    def student(self, task: str, condition: str = "graph_teacher") -> Path:
        """Return the folder of a student, to be loaded with ``AutoModelForSequenceClassification``.

        Raises:
            MissingResourceError: no such student was trained.
        """
        folder = self.folder / STUDENTS / f"{task}-{condition}"
        if not folder.is_dir():
            known = [path.name for path in sorted(folder.parent.glob("*-*"))]
            raise MissingResourceError(
                f"there is no student {folder.name!r}", where=str(folder.parent), why=f"there are {known}"
            )
        return folder


def plan_run(config: Config, until: str | None = None, force: str | None = None) -> list[tuple[Job, bool]]:
    """Return the jobs of a run, each with whether its result is there already."""
    for name in filter(None, (until, force)):
        stage_named(name)  # refused before anything is read
    return plan(jobs_of(config), cache_of(config), until, force)


def run(
    config: Config,
    until: str | None = None,
    force: str | None = None,
    on_step: Listener | None = None,
    command: Sequence[str] = (),
) -> RunResult:
    """Do what is missing of a run and return what came out.

    Of several processes all train, and the first does the rest, tells, and publishes; each returns what came out.

    Args:
        config: the run.
        until: the last stage to do; None is all of them.
        force: a stage to repeat, with everything after it.
        on_step: told of each job when it is done.
        command: how the run was started, for the record.

    Raises:
        ConfigError: the output folder cannot be written, or a stage, a model or a length is wrong.
        MissingResourceError: a file, a model or a pipeline is not there.
        DataRefusedError: the data may not be trained on.
    """
    if config.distillation.share_encoder:
        need_one("a student of several tasks", "distillation.share_encoder")
    commit = code_commit()  # of the code that does the work, not of what is there when it ends
    steps = []
    last = graph = None
    with first_then_rest():
        _need_output(config)
        planned = plan_run(config, until, force)
        if not all(reused for _, reused in planned):
            quiet_libraries()
        check_trackers(config, planned)
        check_models(config, planned)
    barrier()  # so that all have planned before the first begins
    for job, step in run_jobs(planned, cache_of(config), force):
        steps.append(step)
        if on_step and is_first():
            on_step(step)
        last = job
        if job.stage == "graph":
            graph = job.folder(cache_of(config)) / GRAPH
    if last is None or last.stage != "evaluation":
        return RunResult(config.folder, {}, tuple(steps), graph)
    with first_then_rest():
        folder = config.folder / RESULTS
        results = _published(config, last, steps, command, commit) if is_first() else read_json(folder)
    return RunResult(config.folder, results, tuple(steps), graph)


def cache_of(config: Config) -> Path:
    """Return where the results of stages lie, shared by all runs beside this one."""
    return config.output / "cache"


def about_run(config: Config, steps: Sequence[Step], command: Sequence[str], device: str) -> dict[str, Any]:
    """Return what was run: when, how, on what machine, with which versions and seeds.

    ``device`` is the one that the evaluation ran on; asking for it again would load torch for a reused run.
    """
    return provenance(command, LIBRARIES, device) | {
        "name": config.name,
        "seeds": list(config.seeds),
        "config": config.model_dump(mode="json"),
        "stages": [
            {name: getattr(step, name) for name in ("stage", "key", "seconds", "reused", "joules")} for step in steps
        ],
    }


def quiet_libraries() -> None:
    """Keep other libraries' bars and notices off the screen; their errors still come through."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import datasets
    import transformers

    transformers.logging.set_verbosity_error()
    datasets.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    if not is_terminal():
        transformers.logging.disable_progress_bar()
    for name in ("huggingface_hub", "httpx"):  # the hub's client tells of each attempt; the error says it once
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("rdflib").setLevel(logging.ERROR)


def _published(
    config: Config, evaluation: Job, steps: Sequence[Step], command: Sequence[str], commit: str
) -> dict[str, Any]:
    """Put what came out into the folder of the run, and return the content of ``results.json``."""
    cache = cache_of(config)
    scored = read_json(evaluation.folder(cache) / RESULTS)
    about = about_run(config, steps, command, scored.pop(DEVICE))
    results: dict[str, Any] = scored | about | {"git": commit, FINGERPRINT: evaluation.fingerprint}
    results["graph"] |= {"file": str(evaluation.needs["graph"].folder(cache) / GRAPH), "format": "N-Quads"}
    students = _students(config, evaluation)
    results[MADE_IN] = {
        "corpus": str(evaluation.needs["corpus"].folder(cache)),
        "students": {name: str(folder) for name, folder in students.items()},
    }
    models = {name: folder / MODEL for name, folder in students.items()}
    publish(config.folder, models, _files(evaluation, cache), results)
    return results


def _files(evaluation: Job, cache: Path) -> list[Path]:
    """Return what stages made that a user may ask for: rows set aside, decisions, what was answered."""
    from cdkd_kg.corpus.check import SET_ASIDE_FILE

    corpus, graph = (evaluation.needs[name].folder(cache) for name in ("corpus", "graph"))
    answered = evaluation.folder(cache)
    return [corpus / SET_ASIDE_FILE, graph / DECISIONS, answered / ANSWERED, answered / SIGNALLED]


def _need_output(config: Config) -> None:
    need_writable(cache_of(config))
    if config.folder.exists():
        need_writable(config.folder)


def _students(config: Config, evaluation: Job) -> dict[str, Path]:
    """Return where the students of the first seed lie, by the name that a user knows them under."""
    students = {}
    for job in evaluation.needs.values():
        if job.stage == "student" and job.options["case"][1] == config.seeds[0]:
            task, _, condition = job.options["case"]
            students[f"{task}-{condition}"] = job.folder(cache_of(config))
    return students
