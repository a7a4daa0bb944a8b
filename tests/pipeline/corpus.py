"""A tiny corpus of two domains whose words decide the label, and a configuration over it."""

import csv
import random
import subprocess
import sys
from pathlib import Path

import yaml

from tests.models import tiny_bert

SPORT = ["ball", "goal", "team", "match", "coach", "player", "league", "stadium", "referee", "Arsenal", "Liverpool"]
MONEY = ["bank", "rate", "stock", "market", "profit", "loan", "trader", "budget", "Microsoft", "Siemens", "inflation"]
FILL = [
    "the",
    "of",
    "a",
    "in",
    "near",
    "with",
    "after",
    "before",
    "while",
    "Paris",
    "London",
    "Berlin",
    "Monday",
    "people",
]
SKOS = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
LETTERS = ["Dear", "regards", "hello", "thanks", "sincerely"]


def write_corpus(folder: Path, seed: int = 0) -> list[str]:
    """Write ``news.csv`` and ``letters.csv`` and return every word in them."""
    drawn = random.Random(seed)
    for name, extra in (("news", []), ("letters", LETTERS)):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle)
            writer.writerow(["id", "text", "label"])
            for number in range(60):
                label, words = (("sport", SPORT), ("business", MONEY))[number % 2]
                chosen = drawn.sample(words, 4) + drawn.sample(FILL, 5) + extra[: drawn.randint(0, 3)]
                drawn.shuffle(chosen)
                writer.writerow([f"r{number:02}", " ".join(chosen) + ".", label])
    return [*SPORT, *MONEY, *FILL, *LETTERS, "."]


def settings(folder: Path, **changes) -> dict:
    """Return a configuration of the tiny corpus as plain values; two layers teach one."""
    training = {"num_train_epochs": 8, "learning_rate": 0.004, "per_device_train_batch_size": 8, "logging_steps": 2}
    domain = {"task": "topic", "role": "source", "source": {"path": str(folder / "news.csv")}}
    values = {
        "name": "tiny",
        "output": str(folder / "runs"),
        "corpus": {
            "tasks": {"topic": {"labels": ["sport", "business"]}},
            "labels_per_class": 8,
            "domains": {
                "news": domain,
                "letters": domain | {"role": "target", "source": {"path": str(folder / "letters.csv")}},
            },
        },
        "graph": {"name": "tiny", "similar_texts": 3},
        "teachers": {
            "text": {"model": str(folder / "bert"), "max_length": 24, "training": training},
            "graph": {"epochs": 20, "hidden": 8},
        },
        "distillation": {"student": {"teacher_layers": [1], "max_length": 24}, "training": training},
        "evaluation": {"bootstrap": 200},
    }
    return values | changes


def write_config(folder: Path, values: dict) -> Path:
    """Write a configuration as YAML."""
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return path


def prepare(folder: Path) -> Path:
    """Write corpus, model and configuration, and return the configuration's path."""
    tiny_bert(folder / "bert", write_corpus(folder))
    return write_config(folder, settings(folder))


def write_vocabulary(folder: Path) -> str:
    """Write ``words.ttl``, in which every word is a kind of its label, and return its name."""
    lines = [f'<urn:{name}> a skos:Concept ; skos:prefLabel "{name}"@en .' for name in ("sport", "business")]
    for top, words in (("sport", SPORT), ("business", MONEY)):
        lines += [
            f'<urn:{word}> a skos:Concept ; skos:prefLabel "{word}"@en ; skos:broader <urn:{top}> .' for word in words
        ]
    (folder / "words.ttl").write_text(SKOS + "\n".join(lines), encoding="utf-8")
    return str(folder / "words.ttl")


def cdkd(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "cdkd_kg", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
