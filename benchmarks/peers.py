"""Quality of students beside those of peers' methods, on product reviews of four domains.

    python -m benchmarks.peers [--quick] [--seeds 0,1,2] [--only CASES] [--answers FOLDER] [--json FILE]

All students are the same three layers of MiniLM-L6 and learn from the same texts for as many steps (the adapted one for
those of its adaptation besides), by:

* hard labels: labelled texts alone;
* plain distillation: labels and softened answers of a teacher that was fine-tuned on the labelled texts, read over all
  texts, unlabelled ones too;
* AAD-style adversarial adaptation: the student of hard labels is drawn to the unlabelled target (pairs alone);
* Meta-KD-style weighting of texts and HRKD-style weighting of domains and layers, with the same teacher;
* ours: the graph teacher's student with the default losses.

Supervised, each of four domains teaches, with labels for all of its texts, and is tested on its own. In the twelve
pairs one domain teaches another, whose labels nobody sees. Test texts are in no training, in no graph, and choose
nothing. A case and seed that FOLDER knows, as it is configured now, is not run again; CDKD_DATA names the folder of
reviews.parquet.

Goal: ours first in both means.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from transformers import PreTrainedModel

from benchmarks.about import about
from benchmarks.peers_adversarial import adapted_student
from benchmarks.peers_domain_graph import domain_graph_student
from benchmarks.peers_prototype import prototype_student
from benchmarks.peers_table import (
    ADVERSARIAL,
    DOMAIN_GRAPH,
    HARD,
    OURS,
    PLAIN,
    PROTOTYPE,
    peers_table,
    protocols,
)  # fmt: skip
from benchmarks.peers_task import NONE, SUPERVISED, TASK, Task, cases, students_of, task_of
from benchmarks.peers_task import OURS as OUR_CONDITION
from cdkd_kg.artifacts import read_json, sha256_text, write_json
from cdkd_kg.config import LossesConfig
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.pipeline.provenance import code_commit
from cdkd_kg.pipeline.run import cache_of, quiet_libraries
from cdkd_kg.pipeline.student_stage import ANSWERS
from cdkd_kg.stages import Job
from cdkd_kg.study.answers import settings
from cdkd_kg.study.cases import Case
from cdkd_kg.teachers.models import predict

QUICK_ROWS, QUICK_CASES = 32, (SUPERVISED, "books_to_dvd", "kitchen_to_electronics")


def plain_student(task: Task) -> PreTrainedModel:
    """Return the student of labels and of the teacher's softened answers."""
    return task.taught(LossesConfig.model_validate({"hidden_states": 0, "document_relations": 0}))


TRAINED: dict[str, Callable[[Task], PreTrainedModel]] = {
    PLAIN: plain_student,
    ADVERSARIAL: adapted_student,
    PROTOTYPE: prototype_student,
    DOMAIN_GRAPH: domain_graph_student,
}
BY_CONDITION = {HARD: NONE, OURS: OUR_CONDITION}
Labels = NDArray[np.integer]


def main() -> None:
    """Run what is missing, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few texts of three cases and one seed")
    parser.add_argument("--seeds", type=lambda text: tuple(map(int, text.split(","))), default=(0, 1, 2))
    parser.add_argument("--answers", type=Path, metavar="FOLDER", help="what is known already, and is added to")
    parser.add_argument("--only", metavar="CASE[,CASE]", help="some of the cases, for a slice; no table is drawn")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    quiet_libraries()
    seeds = (0,) if options.quick else options.seeds
    asked = cases(seeds, QUICK_ROWS if options.quick else None)
    only = QUICK_CASES if options.quick else options.only and options.only.split(",")
    chosen = [one for one in asked if not only or one.choices["direction"] in only]
    folder = None if options.quick else options.answers
    found = [answers(case, seed, folder) for seed in seeds for case in chosen]
    if options.only:
        return
    results = about("cdkd-kg", "torch", "transformers", "torch-geometric") | protocols(found)
    print(peers_table(results))
    if options.json:
        write_json(options.json, results)


def answers(case: Case, seed: int, folder: Path | None) -> dict[str, Any]:
    """Return which test texts each way's student gets right in a case, from the folder where that is known."""
    direction = case.choices["direction"]
    file = folder and folder / f"{direction}-seed{seed}.json"
    if file and file.is_file():
        known: dict[str, Any] = read_json(file)
        if known.get("settings") == settings(case):
            return known
    begin = time.perf_counter()
    jobs = students_of(case, seed)
    seconds = {"shared stages and ours": time.perf_counter() - begin}
    corpus = Corpus.load(jobs[OUR_CONDITION].needs["corpus"].folder(cache_of(case.config)))
    places = _places(case, corpus, dict(_said(case, seed, jobs, corpus, seconds)))
    rounded = {way: round(one, 1) for way, one in seconds.items()}
    kept = {"case": direction, "seed": seed, "settings": settings(case), "git": code_commit()}
    kept |= {"seconds": rounded, "places": places}
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, kept)
    print(json.dumps({"case": direction, "seed": seed, "seconds": rounded}), flush=True)
    return kept


def _places(case: Case, corpus: Corpus, said: Mapping[str, Labels]) -> list[dict[str, Any]]:
    """Return which test texts each way is right about, a domain that is asked about at a time."""
    rows = corpus.rows(TASK, "test")
    truth, domains = corpus.targets(rows, TASK).argmax(axis=1), np.array(rows["domain"][:], dtype=str)
    ids, supervised = np.array(rows["id"][:], dtype=str), case.choices["direction"] == SUPERVISED
    found = []
    for domain in sorted(set(domains)):
        if supervised or case.config.corpus.domains[domain].role == "target":
            mine = domains == domain
            right = {way: "".join("01"[int(one)] for one in (labels == truth)[mine]) for way, labels in said.items()}
            tests = sha256_text("\n".join(ids[mine]))
            found.append({"domain": domain, "documents": int(mine.sum()), "tests": tests, "right": right})
    return found


def _said(
    case: Case, seed: int, jobs: Mapping[str, Job], corpus: Corpus, seconds: dict[str, float]
) -> Iterator[tuple[str, Labels]]:
    """Yield the label that each way's student gives each test text."""
    for way, condition in BY_CONDITION.items():
        logits = load_file(jobs[condition].folder(cache_of(case.config)) / ANSWERS)["logits"]
        yield way, logits.argmax(axis=1)
    task = task_of(case, seed, jobs)
    ways = [way for way in TRAINED if way != ADVERSARIAL or case.choices["direction"] != SUPERVISED]
    for way in ways:
        begin = time.perf_counter()
        student = TRAINED[way](task)
        seconds[way] = time.perf_counter() - begin
        length = task.config.distillation.student.max_length
        logits, _ = predict(student, task.teacher.tokenizer, corpus.rows(TASK, "test")["text"][:], length, 64)
        yield way, logits.argmax(axis=1)


if __name__ == "__main__":
    main()
