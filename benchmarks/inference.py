"""Speed of an exported student beside its teacher, plain transformers and Optimum, and the service under load.

    python -m benchmarks.inference [--quick] [--run FOLDER] [--peers FOLDER] [--json FILE]

A run with a text teacher and a student, that of configs/quickstart.yaml unless FOLDER holds another one (it is made
there, or in a folder that goes), is exported with all its forms. All test texts of all domains are then classified by

- the teacher in ``pipeline("text-classification")`` of transformers, in batches of 32 and, as it does by default, one
  by one; texts are cut to the length that the teacher was trained and asked with, not to that which BERT could read;
- the student in the same pipeline;
- the bundle in each of its forms, by :class:`~cdkd_kg.inference.predictor.Predictor`, with calibrated probabilities;
- Optimum: the same student, exported and quantised as its documentation does (dynamically, for the machine's
  instructions), in the pipeline of transformers in batches of 32.

Each has a process of its own, with as many threads as it takes by itself, and all take turns; the first round warms up.
Turning texts into tokens is part of it. Optimum has an environment of its own with an earlier transformers, over the
libraries of this interpreter, so that ONNX Runtime and torch are the same: in FOLDER, where it stays, or one that goes.

The service is started (several times: from the start of the process to the first answer), asked one call after another,
then at rising rates until it falls behind or refuses, and for five minutes at 80 % of the highest rate that it bears;
see benchmarks/load.py, which shares the machine with it.

Goals: 8-bit weights at least 8 x as fast as the teacher (the faster way to ask it) and 1.3 x as fast as Optimum; the
service answers within 2 s, takes less than 400 MB, and at 80 % of its capacity gives no error, with a 99th percentile
of at most 4 x the median of a single call.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.about import about
from benchmarks.distillation import ROOT, epoch, log_of, waiting
from benchmarks.distillation_turns import TASK
from benchmarks.environment import python_of
from benchmarks.inference_table import INT8, OPTIMUM, TEACHERS, judged
from benchmarks.service import FULL, QUICK, measured
from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.config import Config
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.evaluation.answered import RESULTS
from cdkd_kg.export.forms import Forms
from cdkd_kg.inference.bundle import FILES, Bundle
from cdkd_kg.pipeline.export import export
from cdkd_kg.pipeline.publish import STUDENTS
from cdkd_kg.pipeline.run import MADE_IN
from cdkd_kg.pipeline.text_teacher_stage import MODEL, NOT_ASKED

CONFIG = "configs/quickstart.yaml"
PEER, VERSION = "optimum-onnx", "0.1.0"
OTHERS = {"transformers": "4.57.6", "tokenizers": "0.22.2", "huggingface_hub": "0.36.2"}
"""What Optimum needs in other versions than ours."""


LIBRARIES = ("torch", "transformers", "tokenizers", "onnxruntime", "openvino", "uvicorn", "uvloop", "httptools")


@dataclass(frozen=True)
class Way:
    """One way to classify.

    Attributes:
        name: what the table calls it.
        module: of this package, after ``inference_``.
        arguments: after the folder of the task.
        python: the interpreter.
    """

    name: str
    module: str
    arguments: tuple[str, ...]
    python: str = sys.executable


def main() -> None:
    """Make or read the run, export, classify in turns, serve, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="128 texts, one round, a load of seconds")
    parser.add_argument("--run", type=Path, metavar="FOLDER", help="where the run is, or is made and kept")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where the environment of Optimum is kept")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    rounds, most = (1, 128) if options.quick else (5, None)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        python = python_of(PEER, VERSION, options.peers or folder / "peers", OTHERS)
        run = made(options.run or folder / "runs" / "quickstart")
        results = read_json(run / RESULTS)
        bundle = export(run, folder / "bundle", Forms(openvino=find_spec("openvino") is not None))
        settings = prepare(folder, results, bundle, most) | {"rounds": rounds}
        ways = ways_of(run, results, bundle, str(python))
        found = {
            "settings": settings,
            "ways": throughput(ways, folder, rounds),
            "service": measured(bundle.folder, folder, QUICK if options.quick else FULL),
        }
    for goal in judged(found):
        print(f"{goal.what:<85} {goal.found} (goal: {goal.wanted}) {'met' if goal.met else 'NOT MET'}")
    if options.json:
        libraries = [name for name in LIBRARIES if find_spec(name)]
        said = about("cdkd-kg", *libraries) | found
        said["versions"] |= {PEER: VERSION} | {f"{name} of {PEER}": version for name, version in OTHERS.items()}
        write_json(options.json, said)


def made(run: Path) -> Path:
    """Return the folder of a run, made by the configuration of the quickstart where there is none."""
    if not (run / RESULTS).is_file():
        places = [f"output={run.parent}", f"name={run.name}"]
        subprocess.run([sys.executable, "-m", "cdkd_kg", "run", CONFIG, *places], check=True)
    return run


def prepare(folder: Path, results: dict[str, Any], bundle: Bundle, most: int | None) -> dict[str, Any]:
    """Write test texts with their labels into a folder, at most so many of them; return what is told of them."""
    task = bundle.about["task"]
    corpus = Corpus.load(Path(results[MADE_IN]["corpus"]))
    rows = corpus.labelled(task, "test")
    every = max(1, len(rows) // most) if most else 1
    texts = rows["text"][:][::every][:most]
    labels = [bundle.labels[int(row.argmax())] for row in corpus.targets(rows, task)][::every][:most]
    write_json(folder / TASK, {"texts": texts, "labels": labels})
    return {
        "run": results["name"],
        "texts": len(texts),
        "characters": int(median(map(len, texts))),
        "length": bundle.max_length,
        "teacher": results["config"]["teachers"]["text"]["model"],
    }


def teacher_of(results: dict[str, Any], task: str) -> Path:
    """Return the folder of the text teacher of a run's first seed; of several of other code, the newest."""
    config = Config.model_validate(results["config"])
    wanted = config.teachers.text.model_dump(mode="json", exclude=NOT_ASKED)
    found = []
    for folder in Path(results[MADE_IN]["corpus"]).parent.glob("text_teacher-*"):
        made = read_json(folder / "manifest.json")["about"]
        if made["key"] == f"{task}/seed{config.seeds[0]}" and made["options"]["teacher"] == wanted:
            found.append(folder)
    if not found:
        raise SystemExit(f"the cache of the run has no text teacher of {task!r}; run it again")
    return max(found, key=lambda folder: folder.stat().st_mtime) / MODEL


def ways_of(run: Path, results: dict[str, Any], bundle: Bundle, optimum: str) -> list[Way]:
    """Return all ways to classify."""
    task, length = bundle.about["task"], str(bundle.max_length)
    teacher, student = str(teacher_of(results, task)), str(run / STUDENTS / f"{task}-{bundle.about['condition']}")
    reads = str(results["config"]["teachers"]["text"]["max_length"])
    asked = zip(TEACHERS, ("32", "1"), strict=True)
    forms = [form for form, file in FILES.items() if (bundle.folder / file).is_file()]
    return [
        *(Way(name, "pipeline", (teacher, batch, reads)) for name, batch in asked),
        Way("student, transformers, batches of 32", "pipeline", (student, "32", length)),
        Way(OPTIMUM, "optimum", (student, length), optimum),
        *(Way(INT8.replace("int8", form), "ours", (str(bundle.folder), form)) for form in forms),
    ]


def throughput(ways: list[Way], folder: Path, rounds: int) -> list[dict[str, Any]]:
    """Return what each way took in each round; the first one is not counted."""
    with ExitStack() as stack:
        processes = [(way, stack.enter_context(classifying(way, folder))) for way in ways]
        _, *measured = [
            {way.name: epoch(way.name, process, folder) for way, process in processes} for _ in range(1 + rounds)
        ]
    return [{"name": way.name, "rounds": [one[way.name] for one in measured]} for way in ways]


@contextmanager
def classifying(way: Way, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that classifies all texts whenever it is asked."""
    command = [way.python, "-m", f"benchmarks.inference_{way.module}", str(folder), *way.arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    environment.pop("TOKENIZERS_PARALLELISM", None)
    with waiting(command, environment, log_of(way.name, folder)) as process:
        yield process


if __name__ == "__main__":
    main()
