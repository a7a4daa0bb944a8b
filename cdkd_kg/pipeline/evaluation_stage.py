"""Stage ``evaluation``: score students and teachers, compare them, and say what the graph was worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.config import Config
from cdkd_kg.evaluation.answered import ANSWERED, RESULTS, SIGNALLED, Said, said_of, write_said
from cdkd_kg.pipeline.conditions import WITHOUT_TEACHER
from cdkd_kg.pipeline.corpus_stage import CHECK
from cdkd_kg.pipeline.graph_stage import ABOUT
from cdkd_kg.pipeline.student_stage import ANSWERS
from cdkd_kg.pipeline.teacher_signal_stage import EXPERTS, OPINIONS
from cdkd_kg.pipeline.text_teacher_stage import CURVE, MODEL
from cdkd_kg.stages import Job

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cdkd_kg.corpus.corpus import Corpus

DEVICE = "device"
Answers = dict[str, dict[int, "NDArray[np.float32]"]]


def evaluation_job(
    config: Config,
    shared: Mapping[str, Job],
    teachers: Sequence[Job],
    signals: Sequence[Job],
    students: Sequence[Job],
) -> Job:
    """Return the job that scores everything; it reads the folders of all the others."""
    needs = {
        **shared,
        **{f"{job.stage} {job.key}": job for job in (*teachers, *signals, *students)},
    }
    options = {
        "evaluation": config.evaluation.model_dump(mode="json"),
        "tasks": list(config.corpus.tasks),
        "labels_per_class": config.corpus.labels_per_class,
    }
    return Job("evaluation", "all students", options, needs, partial(_work, config))


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    del job
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.evaluation.speed import device_name

    corpus = Corpus.load(inputs["corpus"])
    report = read_json(inputs["corpus"] / CHECK)
    warnings = [problem for problem in report["problems"] if problem["severity"] == "warning"]
    graph = read_json(inputs["graph"] / ABOUT)
    results: dict[str, Any] = {
        "corpus": _as_trained(report["per_domain"], corpus, config.seeds[0], config.corpus.labels_per_class),
        "graph": graph,
        "teachers": {},
        "students": {},
        "comparisons": {},
        "curves": {},
        "sizes": {},
        "verdict": {},
        DEVICE: device_name(),
        "warnings": [f"{found['domain']}: {found['reason']}" for found in warnings] + graph.pop("warnings"),
    }
    for task in config.corpus.tasks:
        _add_task(config, corpus, task, inputs, results)
    write_json(folder / RESULTS, results)
    asked = [(config, corpus, task, inputs) for task in corpus.tasks]
    write_said((row for one in asked for row in _answered(*one)), folder / ANSWERED)
    write_said((row for one in asked for row in _signalled(*one)), folder / SIGNALLED)


def _answered(config: Config, corpus: Corpus, task: str, inputs: Mapping[str, Path]) -> Iterator[Said]:
    """Yield what each student answered to each test document of a task."""
    rows = corpus.rows(task, "test")
    targets = corpus.targets(rows, task)
    for condition, seeds in read_answers(config, task, inputs).items():
        for seed, logits in seeds.items():
            yield from said_of(task, condition, seed, rows["id"][:], logits, targets)


def _signalled(config: Config, corpus: Corpus, task: str, inputs: Mapping[str, Path]) -> Iterator[Said]:
    """Yield what each expert of the teacher that sees the graph said of each document of a task, and all together."""
    import numpy as np
    from safetensors.numpy import load_file

    from cdkd_kg.evaluation.compare import SUBJECT

    rows = corpus.graph_documents()
    mine = np.flatnonzero(np.array(rows["task"][:], dtype=str) == task)
    ids = [rows["id"][:][place] for place in mine]
    for condition, seed, key in _cases(config, task):
        if condition == SUBJECT:
            for expert, logits in sorted(load_file(inputs[f"teacher_signal {key}"] / OPINIONS).items()):
                yield from said_of(task, expert, seed, ids, logits[mine])


def _as_trained(domains: dict[str, Any], corpus: Corpus, seed: int, budget: int | None) -> dict[str, Any]:
    """Return the counts of rows with only those called labelled whose label may be used: the label budget."""
    from cdkd_kg.corpus.budget import label_budget

    names = [name for task in corpus.tasks for name in label_budget(corpus, task, seed, budget)]
    used = Counter(name.partition("/")[0] for name in names)
    for domain, about in domains.items():
        about["unlabelled"] += about["labelled"] - used[domain]
        about["labelled"] = used[domain]
    return domains


def _add_task(config: Config, corpus: Corpus, task: str, inputs: Mapping[str, Path], results: dict[str, Any]) -> None:
    from cdkd_kg.evaluation.collapse import student_warnings, told_first
    from cdkd_kg.evaluation.domain_teachers import weighing_warnings
    from cdkd_kg.evaluation.families import unused_graph
    from cdkd_kg.evaluation.students import compare_students, score_students
    from cdkd_kg.evaluation.verdict import verdict

    answers = read_answers(config, task, inputs)
    results["students"][task] = score_students(corpus, task, answers, config.evaluation)
    results["comparisons"][task] = compare_students(corpus, task, answers, config.evaluation)
    results["teachers"][task] = _teachers(config, corpus, task, inputs)
    found = verdict(task, results["students"][task], results["comparisons"][task], _targets(config, task))
    warnings = student_warnings(corpus, task, answers, config.evaluation)
    experts = results["teachers"][task]["experts"]
    unused = unused_graph(experts)
    found["text"] = f"{told_first(warnings)}{found['text']} {unused}".rstrip()
    results["verdict"][task] = found
    results["warnings"] += [f"{task}: {warning}" for warning in [*warnings, *weighing_warnings(experts)]]
    results["curves"][task] = _curves(config, task, inputs)
    results["sizes"][task] = _sizes(config, corpus, task, inputs)


def _targets(config: Config, task: str) -> list[str]:
    return [name for name, domain in config.corpus.domains.items() if domain.task == task and domain.role == "target"]


def _cases(config: Config, task: str) -> list[tuple[str, int, str]]:
    return [
        (condition, seed, f"{task}/seed{seed}/{condition}")
        for condition in config.evaluation.conditions
        for seed in config.seeds
    ]


def read_answers(config: Config, task: str, inputs: Mapping[str, Path]) -> Answers:
    """Return the logits of the test rows of a task by condition and seed; ``inputs`` are what the evaluation needs."""
    from safetensors.numpy import load_file

    answers: Answers = {}
    for condition, seed, key in _cases(config, task):
        answers.setdefault(condition, {})[seed] = load_file(inputs[f"student {key}"] / ANSWERS)["logits"]
    return answers


def _teachers(config: Config, corpus: Corpus, task: str, inputs: Mapping[str, Path]) -> dict[str, Any]:
    """Score each expert, and the fused signal, on the unlabelled training rows whose labels are hidden."""
    from safetensors.numpy import load_file

    from cdkd_kg.evaluation.teachers import score_hidden

    experts: dict[str, Any] = {}
    unlabelled: dict[str, Any] = {}
    for condition, seed, key in _cases(config, task):
        if condition in WITHOUT_TEACHER:
            continue
        folder = inputs[f"teacher_signal {key}"]
        experts.setdefault(str(seed), {})[condition] = read_json(folder / EXPERTS)["experts"]
        for expert, logits in sorted(load_file(folder / OPINIONS).items()):
            for domain, scores in score_hidden(corpus, task, logits, config.evaluation).items():
                name = f"{condition}: {expert}"
                unlabelled.setdefault(domain, {}).setdefault(name, {})[str(seed)] = scores
    return {"experts": experts, "unlabelled": unlabelled}


def _curves(config: Config, task: str, inputs: Mapping[str, Path]) -> dict[str, Any]:
    curves: dict[str, Any] = {}
    for condition, seed, key in _cases(config, task):
        curves.setdefault(condition, {})[str(seed)] = read_json(inputs[f"student {key}"] / CURVE)
    for name, folder in inputs.items():
        stage, _, key = name.partition(" ")
        if stage == "text_teacher" and key.startswith(f"{task}/"):
            run, *domain = key.removeprefix(f"{task}/seed").split("/")
            curves.setdefault(" ".join(["teacher", *domain]), {})[run] = read_json(folder / CURVE)
    return curves


def _sizes(config: Config, corpus: Corpus, task: str, inputs: Mapping[str, Path]) -> dict[str, Any]:
    from cdkd_kg.evaluation.speed import measure

    rows = corpus.rows(task, "test")
    texts = rows["text"][:] or corpus.rows(task, "train")["text"][:]
    seed, condition = config.seeds[0], config.evaluation.conditions[-1]
    teacher = next(folder for name, folder in inputs.items() if name.startswith(f"text_teacher {task}/"))
    student = inputs[f"student {task}/seed{seed}/{condition}"]
    labels, student_name = corpus.tasks[task].labels, config.distillation.student.model or f"student of {task}"
    settings = config.teachers.text
    return {
        "teacher": measure(teacher / MODEL, labels, texts, settings.max_length, settings.model),
        "student": measure(student / MODEL, labels, texts, config.distillation.student.max_length, student_name),
    }
