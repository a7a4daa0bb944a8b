"""PyKEEN's side of benchmarks/link_prediction.py: one JSON task a line in, one JSON answer a line out.

It runs under an interpreter that has PyKEEN and knows nothing of this project.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from pykeen.datasets import dataset_resolver
from pykeen.evaluation import RankBasedEvaluator
from pykeen.models import ComplEx, DistMult, Model, RotatE
from pykeen.stoppers import EarlyStopper
from pykeen.training import SymmetricLCWATrainingLoop
from pykeen.utils import set_random_seed

MODELS: dict[str, type[Model]] = {"distmult": DistMult, "complex": ComplEx, "rotate": RotatE}
FREE: dict[str, dict[str, Any]] = {
    "distmult": {"entity_constrainer": None, "regularizer": None},
    "complex": {"regularizer": None},
}
"""What takes a model's constraints and penalties away, where it has any."""


def files(name: str) -> dict[str, str]:
    """Return where the files of a set that PyKEEN brings lie."""
    data = dataset_resolver.make(name)
    paths = {"training": data.training_path, "validation": data.validation_path, "test": data.testing_path}
    return {part: str(path) for part, path in paths.items()}


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Train one model and return what its own evaluator says of the epoch that validation likes best."""
    set_random_seed(task["seed"])
    data = dataset_resolver.make(task["set"])
    complex_numbers = task["decoder"] != "distmult"
    model = MODELS[task["decoder"]](
        triples_factory=data.training,
        embedding_dim=task["width"] // 2 if complex_numbers else task["width"],
        loss="crossentropy",
        random_seed=task["seed"],
        **(FREE[task["decoder"]] if task["free"] else {}),
    )
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        stopper = EarlyStopper(
            model=model,
            evaluator=RankBasedEvaluator(filtered=True),
            training_triples_factory=data.training,
            evaluation_triples_factory=data.validation,
            evaluation_batch_size=256,
            frequency=task["look_every"],
            patience=task["patience"],
            metric="both.realistic.inverse_harmonic_mean_rank",
            relative_delta=0.0,
            best_model_path=Path(folder) / "best.pt",
            clean_up_checkpoint=False,
        )
        optimizer = torch.optim.Adam(model.parameters(), lr=task["learning_rate"])
        loop = SymmetricLCWATrainingLoop(model=model, triples_factory=data.training, optimizer=optimizer)
        loop.train(
            triples_factory=data.training,
            num_epochs=task["epochs"],
            batch_size=task["batch"] // 2,
            stopper=stopper,
            use_tqdm=False,
            use_tqdm_batch=False,
        )
        model.load_state_dict(torch.load(Path(folder) / "best.pt"))
    seconds = time.perf_counter() - begin
    trained, validation = data.training.mapped_triples, data.validation.mapped_triples
    return {
        "seconds": seconds,
        "epoch": stopper.best_epoch,
        "validation": measures(model, validation, [trained]),
        "test": measures(model, data.testing.mapped_triples, [trained, validation]),
    }


def measures(model: Model, triples: torch.Tensor, others: list[torch.Tensor]) -> dict[str, float]:
    """Return the filtered measures of both sides, ties at their middle."""
    found = RankBasedEvaluator(filtered=True).evaluate(
        model=model, mapped_triples=triples, additional_filter_triples=others, batch_size=256, use_tqdm=False
    )
    names = {"mrr": "inverse_harmonic_mean_rank"} | {f"hits_at_{most}": f"hits_at_{most}" for most in (1, 3, 10)}
    return {name: float(found.get_metric(f"both.realistic.{theirs}")) for name, theirs in names.items()}


def main() -> None:
    """Answer until there are no more tasks; whatever PyKEEN says goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # PyKEEN collects garbage every epoch; that need not go through all of its libraries
    for line in sys.stdin:
        task = json.loads(line)
        if "version" in task:
            answer: dict[str, Any] = {"pykeen": version("pykeen"), "torch": version("torch")}
        else:
            answer = run(task) if "decoder" in task else files(task["set"])
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
