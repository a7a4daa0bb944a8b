"""What the processes of benchmarks/inference.py share: all texts are classified whenever that is asked for.

Peers run under interpreters that know nothing of this project, so nothing of it is imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.distillation_turns import Turns, read_task


def in_turns(folder: Path, classify: Callable[[list[str]], list[str]]) -> None:
    """Classify the texts of a task, each time that it is this process's turn, and tell the share that is right."""
    task, turns = read_task(folder), Turns()
    texts, labels = task["texts"], task["labels"]
    while True:
        turns.begin()
        said = classify(texts)
        turns.end(accuracy=sum(map(str.__eq__, said, labels)) / len(labels))
