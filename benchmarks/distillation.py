"""Speed of distillation: cached teacher, teacher online, hard labels alone, and three peers, in turns of an epoch.

    python -m benchmarks.distillation [--quick] [--threads N] [--peers FOLDER] [--json FILE]

One teacher (MiniLM-L6, fine-tuned for an epoch), one student (three of its layers with a new head), the same texts,
labels, length, batch, AdamW, schedule and clipping for all. Each way trains in a process of its own with as many
threads; the first epoch warms up, and then all ways train an epoch in turn, five times, data loading included. Two
processes that do the same may differ by more than a twentieth, so that ways which are held to that, cached teacher and
hard labels alone, train in three processes each.

Ours is :func:`cdkd_kg.distillation.distill.distill` with its default losses. With the teacher online the losses are the
same, and the teacher reads each batch. Peers have their closest recipe: TextBrewer and torchdistill cross-entropy, KL
divergence of softened answers, and the last hidden states; sentence-transformers the mean squared error of embeddings
that were made beforehand. Batches and padding are what each brings or its examples show: ours has texts of like length
in a batch, TextBrewer's notebook on classification pads to the greatest length (its loader is the user's, so that it
also runs with padding to the longest of a batch), the others have texts in any order, padded to the longest of a
batch. So is the implementation of AdamW: ours and sentence-transformers' is the fused one.

A random BERT-base (12 layers of width 768) with the same student stands for teachers that are much larger.

Every peer is installed into an environment of its own over the libraries of this interpreter, so that all run on the
same torch: into FOLDER, where it stays, or into one that goes.

Goals: an epoch with the cache at least 3 x as fast as with the teacher online, and at most 1.05 x as long as with hard
labels alone; 1.5 x the samples/s of TextBrewer and of torchdistill, 1.0 x those of sentence-transformers; the cache is
read in less than 2 % of the time; the most memory at most 1.1 x that of training with hard labels alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertConfig, BertForSequenceClassification, PreTrainedModel, PreTrainedTokenizerBase, set_seed

from benchmarks.about import about
from benchmarks.distillation_ours import CACHED, HARD_LABELS, ONLINE, signal_of
from benchmarks.distillation_table import judged
from benchmarks.distillation_turns import TASK
from benchmarks.environment import python_of
from cdkd_kg.artifacts import write_json
from cdkd_kg.config import StudentConfig, TaskConfig, TextTeacherConfig, TrainingConfig
from cdkd_kg.data.corpora import read_corpus
from cdkd_kg.distillation.student import new_student
from cdkd_kg.teachers.models import load_tokenizer
from cdkd_kg.teachers.text import TextTeacher, train_text_teacher

ROOT = Path(__file__).parents[1]
MODEL, LAYERS, LARGE = "minilm-l6", (0, 2, 4), "bert-base"
PEERS = {
    "textbrewer": "0.2.1.post1",
    "torchdistill": "1.1.5",
    "sentence-transformers": "6.2.0",
}
SETTINGS: dict[str, Any] = {
    "max_length": 128, "batch": 32, "learning_rate": 1e-4, "weight_decay": 0.01, "warmup": 0.1,
}  # fmt: skip


@dataclass(frozen=True)
class Way:
    """One way to train.

    Attributes:
        name: what the table calls it.
        batches: which texts share a batch, and how far they are padded.
        module: of this package, after ``distillation_``.
        arguments: after the folder.
        peer: what it needs beside our libraries.
        processes: how many train so.
    """

    name: str
    batches: str
    module: str
    arguments: tuple[str, ...] = ()
    peer: str | None = None
    processes: int = 1


ALIKE, LONGEST, GREATEST = "of like length, to the longest", "any, to the longest", "any, to the greatest length"
WAYS = (
    Way("ours, cached teacher", ALIKE, "ours", ("teacher", CACHED), processes=3),
    Way("ours, teacher online", ALIKE, "ours", ("teacher", ONLINE)),
    Way("ours, hard labels alone", ALIKE, "ours", ("teacher", HARD_LABELS), processes=3),
    Way("TextBrewer", LONGEST, "textbrewer", ("longest",), "textbrewer"),
    Way("TextBrewer as in its notebook", GREATEST, "textbrewer", ("max_length",), "textbrewer"),
    Way("torchdistill", LONGEST, "torchdistill", (), "torchdistill"),
    Way("sentence-transformers", LONGEST, "sentence_transformers", (), "sentence-transformers"),
    Way("ours, cached BERT-base teacher", ALIKE, "ours", (LARGE, CACHED)),
    Way("ours, BERT-base teacher online", ALIKE, "ours", (LARGE, ONLINE)),
)


def main() -> None:
    """Prepare, train in turns, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a quarter of the texts, one round")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where the environments of peers are kept")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    count, rounds = (128, 1) if options.quick else (512, 5)
    torch.set_num_threads(options.threads)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        places = options.peers or folder / "peers"
        pythons = {peer: python_of(peer, version, places) for peer, version in PEERS.items()}
        prepared = prepare(folder, count, rounds + 1)
        trainings = [
            (way, name, stack.enter_context(training(way, name, folder, pythons, options.threads)))
            for number in range(max(way.processes for way in WAYS))
            for way in WAYS
            if number < way.processes and (name := f"{way.name} {number}".removesuffix(" 0"))
        ]
        _, *measured = [
            [(way.name, epoch(name, process, folder)) for way, name, process in trainings] for _ in range(1 + rounds)
        ]
    results = {
        "settings": SETTINGS | {"texts": count, "rounds": rounds, "threads": options.threads} | prepared,
        "ways": [
            {
                "name": way.name,
                "batches": way.batches,
                "epochs": [told for one in measured for name, told in one if name == way.name],
            }
            for way in WAYS
        ],
    }
    for line in lines(results):
        print(line)
    if options.json:
        said = about("cdkd-kg", "torch", "transformers") | results
        said["versions"] |= PEERS
        write_json(options.json, said)


def prepare(folder: Path, count: int, epochs: int) -> dict[str, Any]:
    """Write the task, both teachers with their signals, and the student into a folder; return what was found."""
    source, texts, names = labelled_texts(count)
    labels = tuple(sorted(set(names)))
    task = SETTINGS | {
        "texts": texts, "labels": labels, "targets": [labels.index(name) for name in names], "epochs": epochs
    }  # fmt: skip
    write_json(folder / TASK, task)
    teachers = {"teacher": fine_tuned(task), LARGE: TextTeacher(random_bert(labels), load_tokenizer(MODEL), [])}
    student, _ = new_student(StudentConfig(teacher_layers=LAYERS), MODEL, TaskConfig(labels=labels))
    TextTeacher(student, teachers["teacher"].tokenizer, []).save(folder / "student")
    seconds, bounds = {}, {}
    for name, teacher in teachers.items():
        teacher.save(folder / name)
        begin = time.perf_counter()
        signal = signal_of(teacher, name, task)
        seconds[name] = round(time.perf_counter() - begin, 2)
        (folder / f"signal-{name}").mkdir()
        signal.save(folder / f"signal-{name}")
        bounds[name] = round(bound(teacher.model, student, teacher.tokenizer, texts[: SETTINGS["batch"]]), 2)
    return {"source": source, "signal_seconds": seconds, "bounds": bounds}


def labelled_texts(count: int) -> tuple[str, list[str], list[str]]:
    """Return where texts are from, so many, and their labels: news and newsgroups of CDKD_DATA, or else BBC News."""
    topics = Path(os.environ.get("CDKD_DATA", "")) / "topics.parquet"
    if "CDKD_DATA" in os.environ and topics.is_file():
        source, rows = "topics", pq.read_table(topics, columns=["text", "label"]).to_pylist()
    else:
        source, rows = "bbc-news", list(read_corpus("bbc-news"))
    chosen = list(islice(rows, 0, None, max(1, len(rows) // count)))[:count]
    return source, [row["text"] for row in chosen], [row["label"] for row in chosen]


def fine_tuned(task: dict[str, Any]) -> TextTeacher:
    """Return the text teacher after an epoch: that takes as long as any other."""
    config = TextTeacherConfig(
        model=MODEL,
        max_length=SETTINGS["max_length"],
        training=TrainingConfig(num_train_epochs=1, per_device_train_batch_size=SETTINGS["batch"]),
    )
    targets = np.eye(len(task["labels"]), dtype=np.float32)[task["targets"]]
    return train_text_teacher(task["texts"], targets, TaskConfig(labels=task["labels"]), config, seed=0)


def random_bert(labels: tuple[str, ...]) -> PreTrainedModel:
    """Return BERT-base as it was before it learned anything, for the vocabulary of MiniLM."""
    set_seed(0)
    names = dict(enumerate(labels))
    return BertForSequenceClassification(BertConfig(id2label=names, label2id={y: x for x, y in names.items()}))


def bound(
    teacher: PreTrainedModel, student: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: list[str]
) -> float:
    r"""Return how much faster a step can be without the teacher, if every multiplication takes as long as any other.

    .. math:: \frac{F_S + B_S + F_T}{F_S + B_S}

    in floating-point operations of student and teacher, forward and backward, counted on a batch.
    """
    length = SETTINGS["max_length"]
    inputs = tokenizer(texts, truncation=True, max_length=length, padding=True, return_tensors="pt")
    with FlopCounterMode(display=False) as learns:
        student(**inputs).logits.sum().backward()
    student.zero_grad()
    with torch.no_grad(), FlopCounterMode(display=False) as reads:
        teacher(**inputs)
    return 1 + float(reads.get_total_flops()) / float(learns.get_total_flops())


@contextmanager
def training(
    way: Way, name: str, folder: Path, pythons: dict[str, Path], threads: int
) -> Iterator[subprocess.Popen[str]]:
    """Start a process that trains an epoch whenever it is asked."""
    python = sys.executable if way.peer is None else str(pythons[way.peer])
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads)) | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    environment.pop("TOKENIZERS_PARALLELISM", None)
    command = [python, "-m", f"benchmarks.distillation_{way.module}", str(folder), *way.arguments]
    with waiting(command, environment, log_of(name, folder)) as process:
        yield process


@contextmanager
def waiting(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that works whenever it is written to, and what it tells of errors goes into a file."""
    with log.open("w") as told, subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, text=True, env=environment
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def epoch(name: str, process: subprocess.Popen[str], folder: Path) -> dict[str, float]:
    """Let one of them train for an epoch, and return what it says of it."""
    assert process.stdin is not None  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    try:
        process.stdin.write("\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass
    if not (line := process.stdout.readline()):
        raise SystemExit(f"{name} ended:\n{log_of(name, folder).read_text('utf-8')[-4000:]}")
    answer: dict[str, float] = json.loads(line)
    used = f"{answer['seconds']:7.2f} s, of processors {answer['processor']:7.2f} s"
    print(f"{name:<32} {used}, {answer['mib']:7,.0f} MiB", flush=True)
    return answer


def log_of(name: str, folder: Path) -> Path:
    """Return where a training says what else it has to say."""
    return folder / f"{name.replace(' ', '_')}.log"


def lines(results: dict[str, Any]) -> Iterator[str]:
    """Yield the goals and what was found, a line each."""
    for goal in judged(results):
        yield f"{goal.what:<75} {goal.found} (goal: {goal.wanted}) {'met' if goal.met else 'NOT MET'}"


if __name__ == "__main__":
    main()
