"""A student of a run as a bundle: calibrated, in the forms that are wanted, checked, and with its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdkd_kg.artifacts import new_folder, read_json, verify, write_json, write_text
from cdkd_kg.config import Config, Split
from cdkd_kg.errors import ArtifactError, ConfigError, MissingResourceError, nearest
from cdkd_kg.evaluation.answered import run_results
from cdkd_kg.inference.bundle import ABOUT, FORMAT, Bundle, open_bundle
from cdkd_kg.pipeline.provenance import code_commit, provenance
from cdkd_kg.pipeline.run import MADE_IN, quiet_libraries
from cdkd_kg.pipeline.student_stage import ANSWERS
from cdkd_kg.pipeline.text_teacher_stage import MODEL

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.export.forms import Forms
    from cdkd_kg.inference.predictor import Predictor, Text

CARD = "README.md"
UNSEEN: tuple[Split, ...] = ("validation", "test")
LIBRARIES = ("cdkd-kg", "torch", "transformers", "tokenizers", "onnx", "onnxruntime")


def export(
    run: Path,
    output: Path,
    forms: Forms,
    task: str | None = None,
    condition: str = "graph_teacher",
    command: Sequence[str] = (),
) -> Bundle:
    """Write a student of a finished run as a bundle, and return it.

    Args:
        run: the run's folder.
        output: a folder that is not there yet.
        forms: what to make beside the Hugging Face folder.
        task: the student's; None where the run has one alone.
        condition: whose student.
        command: how the export was started, for the record.

    Raises:
        ConfigError: the folder is there, the task is not told, or a form cannot be made of this student.
        MissingResourceError: there is no such run or student, or its cache is gone.
        ExportRefusedError: a form does not say what the student says.
    """
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.corpus.pairs import is_pair
    from cdkd_kg.export.card import model_card
    from cdkd_kg.teachers.models import load_tokenizer

    if output.exists():
        raise ConfigError("the folder is there already", where=str(output), remedy="name another one, or move it away")
    results = run_results(run)
    task = _task(results, task)
    corpus_folder, student = _made_in(run, results, task, condition)
    quiet_libraries()
    corpus, config = Corpus.load(corpus_folder), Config.model_validate(results["config"])
    space, tokenizer = corpus.tasks[task], load_tokenizer(student / MODEL)
    about = read_json(student / MODEL / ABOUT) | {
        "format": FORMAT,
        "labels": list(space.labels),
        "multi_label": space.multi_label,
        "reads": sorted({"pair" if is_pair(text) else "text" for text in corpus.rows(task)["text"][:]}, reverse=True),
        "smaller": forms.smaller,
        "asked": asdict(forms),
        "run": {"git": results["git"], "command": results["command"], "created": results["created"]}
        | {"name": config.name, "folder": str(run.resolve()), "config": config.model_dump(mode="json")},
        "made": provenance(command, LIBRARIES, "cpu") | {"git": code_commit()},
    }
    with new_folder(output) as folder:
        bundle = Bundle(folder, "", about)
        _fill(bundle, forms, corpus, task, student, tokenizer)
        write_json(folder / ABOUT, about)
        write_text(folder / CARD, model_card(results, corpus, about, condition))
    return open_bundle(output)


def _task(results: Mapping[str, Any], task: str | None) -> str:
    tasks: list[str] = sorted(results["students"])
    if task is None and len(tasks) == 1:
        return tasks[0]
    if task is not None and task in tasks:
        return task
    raise ConfigError(
        f"there is no task {task!r}{nearest(task, tasks)}" if task else "the run has several tasks",
        where="--task",
        remedy=f"give one of {tasks}",
    )


def _made_in(run: Path, results: Mapping[str, Any], task: str, condition: str) -> tuple[Path, Path]:
    """Return the folders of the cache that hold the corpus and a student; both are what was written."""
    name = f"{task}-{condition}"
    made = results.get(MADE_IN, {"corpus": "", "students": {}})
    if made["students"] and name not in made["students"]:
        known = sorted(one.removeprefix(f"{task}-") for one in made["students"] if one.startswith(f"{task}-"))
        raise MissingResourceError(
            f"the run has no student of the condition {condition!r}{nearest(condition, known)}",
            where=f"--condition, {run}",
            remedy=f"name one of {known}",
        )
    folders = Path(made["corpus"]), Path(made["students"].get(name, ""))
    try:
        for folder in folders:
            verify(folder)
    except ArtifactError as error:
        raise MissingResourceError(
            "what the run was made of is not there any more",
            where=error.where,
            why="an export asks the student about the corpus, which both lie in the cache of the run",
            remedy="run it again with `cdkd run`, from the same working folder",
        ) from error
    return folders


def _fill(
    bundle: Bundle, forms: Forms, corpus: Corpus, task: str, student: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    """Write the model in its forms, and what its domains looked like; the bundle's ``about`` learns the rest."""
    from safetensors.numpy import load_file

    from cdkd_kg.export.forms import as_text, checked_forms, write_forms
    from cdkd_kg.inference.predictor import Predictor
    from cdkd_kg.teachers.models import load_classifier

    space, about, test = corpus.tasks[task], bundle.about, corpus.rows(task, "test")
    train = corpus.rows(task)["text"][:]
    model = load_classifier(student / MODEL, space.labels, space.multi_label)
    write_forms(forms, model, tokenizer, train, bundle)
    about["parameters"] = sum(parameter.numel() for parameter in model.parameters())
    said = load_file(student / ANSWERS)["logits"]
    about["forms"] = checked_forms(bundle, test["text"][:], said, corpus.targets(test, task))
    predictor = Predictor(bundle)
    _calibrate(about, predictor, corpus, task)
    _write_reference(bundle, predictor, corpus, task, [as_text(text) for text in train])
    predictor.close()


def _calibrate(about: dict[str, Any], predictor: Predictor, corpus: Corpus, task: str) -> None:
    """Tell temperatures, fitted on labelled validation rows, and how far they are right on test rows."""
    from cdkd_kg.export.calibration import abstention, calibration_errors, temperatures
    from cdkd_kg.export.forms import as_text

    multi_label, judges, test = about["multi_label"], corpus.labelled(task, "validation"), corpus.labelled(task, "test")
    logits, targets = predictor.logits([as_text(text) for text in judges["text"][:]]), corpus.targets(judges, task)
    domains = _known_as(corpus, judges["domain"][:])
    pooled, each = temperatures(logits, targets, domains, multi_label)
    about["temperature"], about["abstention"] = pooled, abstention(logits / pooled, targets, multi_label)
    about["domains"] = {
        name: {"role": domain.role, "temperature": each.get(name, pooled), "judged": domains.count(name)}
        for name, domain in corpus.domains.items()
        if domain.task == task and domain.part_of in (None, name)
    }
    logits, targets = predictor.logits([as_text(text) for text in test["text"][:]]), corpus.targets(test, task)
    asked = _known_as(corpus, test["domain"][:])
    for name, one in about["domains"].items():
        mine = [place for place, domain in enumerate(asked) if domain == name]
        one["calibration_error"] = calibration_errors(logits[mine], targets[mine], one["temperature"], multi_label)


def _write_reference(bundle: Bundle, predictor: Predictor, corpus: Corpus, task: str, train: Sequence[Text]) -> None:
    """Write how unseen texts of each domain look, for who watches the service: those of validation and of test."""
    from safetensors.numpy import save_file

    from cdkd_kg.export.forms import as_text
    from cdkd_kg.inference.reference import REFERENCE, SURPRISALS, features, reference, surprisals

    bits = surprisals(predictor.token_counts(train))
    save_file({"bits": bits}, bundle.folder / SURPRISALS)
    unseen: dict[str, list[Text]] = {name: [] for name in bundle.domains}
    for split in UNSEEN:
        rows = corpus.rows(task, split)
        for text, domain in zip(rows["text"][:], _known_as(corpus, rows["domain"][:]), strict=True):
            unseen[domain].append(as_text(text))
    found = {}
    for name, texts in unseen.items():
        said = zip(texts, predictor.predict(texts, name), strict=True)
        found[name] = reference([features(*one, bundle.labels, bits) for one in said], bundle.labels)
    write_json(bundle.folder / REFERENCE, found)


def _known_as(corpus: Corpus, domains: Sequence[str]) -> list[str]:
    """Return under which name the bundle knows each of some domains: its own, or that of the one it is part of."""
    return [corpus.domains[name].part_of or name for name in domains]
