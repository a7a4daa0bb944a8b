"""An epoch a turn, for the trainings of benchmarks/distillation.py that go through ``transformers.Trainer``."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from benchmarks.distillation_turns import Turns


class Pace(TrainerCallback):  # type: ignore[misc]
    """Trains an epoch whenever it is this training's turn."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def on_epoch_begin(self, *arguments: Any, **options: Any) -> None:
        del arguments, options
        self._turns.begin()

    def on_epoch_end(self, *arguments: Any, **options: Any) -> None:
        del arguments, options
        self._turns.end(**self.more())

    def more(self) -> dict[str, float]:
        """Return what else is told of an epoch."""
        return {}
