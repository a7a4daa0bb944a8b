"""Link prediction beside PyKEEN on its sets nations, kinships and umls.

    python -m benchmarks.link_prediction --peer PYTHON [--seeds N] [--quick] [--json FILE]

PYTHON is an interpreter that has PyKEEN, which brings the sets; left out, it is the one that runs this. To make one:
`python3 -m venv peer && peer/bin/pip install torch pykeen`, then `--peer peer/bin/python`.

Both sides have the same files, real numbers an entity, loss (cross-entropy of the right answer against all
entities, for tails and for heads), optimiser, steps, most epochs, and early stopping on validation MRR, and each
judges itself: filtered ranks of heads and tails, ties at their middle. PyKEEN is run as it is delivered and, where it
constrains or penalises vectors, without that as well; ours as it is delivered, with dropout, and without. Of
either side's two ways the one with the better validation MRR, of all seeds together, is compared. One thread each;
seconds are those of training with its looks at validation.

Our dropout, which PyKEEN's models lack, is the default of ours; it was chosen by the mean validation MRR of DistMult
and ComplEx over these three sets, seed 0.

Goal: for each set and decoder, MRR on test within 0.01 of PyKEEN's or above.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import mean, median
from typing import Any

import torch

from benchmarks.about import about
from benchmarks.link_prediction_table import best, gap
from cdkd_kg.artifacts import write_json
from cdkd_kg.teachers.pretraining.decoders import DECODERS
from cdkd_kg.teachers.pretraining.train import Pretraining, pretrain
from cdkd_kg.teachers.pretraining.triples import Triples

SETS = ("nations", "kinships", "umls")
SETTINGS: dict[str, Any] = {
    "width": 64, "epochs": 200, "batch": 512, "learning_rate": 0.01, "look_every": 5, "patience": 5,
}  # fmt: skip
Ask = Callable[[dict[str, Any]], dict[str, Any]]


def main() -> None:
    """Train every decoder on every set with both, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", default=sys.executable, metavar="PYTHON", help="an interpreter that has PyKEEN")
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    parser.add_argument("--quick", action="store_true", help="nations alone, one seed, 20 epochs")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    seeds, sets = (1, SETS[:1]) if options.quick else (options.seeds, SETS)
    settings = SETTINGS | ({"epochs": 20} if options.quick else {})
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home, peer(options.peer, home) as process:
        ask = talk(process)
        versions = ask({"version": True})
        results = {name: measure(name, seeds, settings, ask) for name in sets}
    if options.json:
        said = about("cdkd-kg", "torch") | {"seeds": list(range(seeds)), "settings": settings, "sets": results}
        said["versions"] |= {"pykeen": versions["pykeen"], "torch of pykeen": versions["torch"]}
        write_json(options.json, said)


def peer(python: str, home: str) -> subprocess.Popen[str]:
    """Start PyKEEN's side, which keeps whatever it writes in a folder that will go."""
    if subprocess.run([python, "-c", "import pykeen"], capture_output=True, check=False).returncode:
        raise SystemExit(
            f"{python} has no PyKEEN. Make an interpreter that has it: "
            "python3 -m venv peer && peer/bin/pip install torch pykeen, then --peer peer/bin/python"
        )
    return subprocess.Popen(
        [python, str(Path(__file__).with_name("link_prediction_peer.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PYSTOW_HOME": home},
    )


def talk(process: subprocess.Popen[str]) -> Ask:
    """Return what sends a task and waits for its answer."""

    def ask(task: dict[str, Any]) -> dict[str, Any]:
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
        if not (line := process.stdout.readline()):
            raise SystemExit(f"PyKEEN's side ended at {task}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    return ask


def measure(name: str, seeds: int, settings: dict[str, Any], ask: Ask) -> dict[str, Any]:
    """Return the measures of both sides on one set, by decoder, then by system."""
    files = ask({"set": name})
    triples = Triples.read(files["training"], files["validation"], files["test"])
    found = {}
    for decoder in DECODERS:
        runs: dict[str, list[dict[str, Any]]] = {}
        for seed in range(seeds):
            for system, dropout in (("ours", Pretraining().dropout), ("ours, no dropout", 0.0)):
                config = Pretraining(decoder=decoder, dropout=dropout, **settings)
                runs.setdefault(system, []).append(ours(triples, config, seed))
            task = settings | {"set": name, "decoder": decoder, "seed": seed}
            for system, free in (("PyKEEN", False), ("PyKEEN, free vectors", True)):
                if not free or decoder != "rotate":  # PyKEEN's RotatE has nothing that could be taken away
                    runs.setdefault(system, []).append(ask(task | {"free": free}))
        found[decoder] = {system: summary(several) for system, several in runs.items()}
        for line in lines(name, decoder, found[decoder]):
            print(line, flush=True)
    sizes = {"entities": len(triples.entities), "relations": len(triples.relations), "training": len(triples.training)}
    return {"sizes": sizes, "decoders": found}


def ours(triples: Triples, config: Pretraining, seed: int) -> dict[str, Any]:
    """Train and judge one of ours."""
    begin = time.perf_counter()
    found = pretrain(triples, config, seed)
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "epoch": found.epoch} | {
        "validation": asdict(found.validation), "test": asdict(found.test) if found.test else {},
    }  # fmt: skip


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return means over seeds of the measures, the median of the seconds, and each seed's MRR."""
    names = ("mrr", "hits_at_1", "hits_at_3", "hits_at_10")
    return {name: mean(run["test"][name] for run in runs) for name in names} | {
        "validation_mrr": mean(run["validation"]["mrr"] for run in runs),
        "seconds": median(run["seconds"] for run in runs),
        "epochs": [run["epoch"] for run in runs],
        "mrr_of_seeds": [run["test"]["mrr"] for run in runs],
    }


def lines(name: str, decoder: str, systems: dict[str, Any]) -> list[str]:
    """Return the measures of one set and decoder as text."""
    said = [
        f"{name:<9} {decoder:<9} {system:<22} MRR {found['mrr']:.3f} (validation {found['validation_mrr']:.3f})  "
        f"Hits@1/3/10 {found['hits_at_1']:.3f} {found['hits_at_3']:.3f} {found['hits_at_10']:.3f}  "
        f"{found['seconds']:6.1f} s"
        for system, found in systems.items()
    ]
    goal = "reached" if gap(systems) >= -0.01 else "MISSED"
    chosen = f"{best(systems, 'ours')} against {best(systems, 'PyKEEN')}"
    return [*said, f"{'':<19} {chosen}: {gap(systems):+.3f}, goal {goal}"]


if __name__ == "__main__":
    main()
