"""Who is told how a training goes: TensorBoard, MLflow, Weights & Biases, through the callbacks of ``transformers``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import TrainerCallback
from transformers.integrations import MLflowCallback, TensorBoardCallback, WandbCallback

from cdkd_kg.config import Tracker


@dataclass(frozen=True)
class Tracking:
    """Where the losses of one training go.

    Attributes:
        report_to: the trackers.
        name: of the run in MLflow and Weights & Biases.
        folder: of TensorBoard's event files.
    """

    report_to: Sequence[Tracker]
    name: str
    folder: Path


@contextmanager
def tracked(tracking: Tracking | None) -> Iterator[list[TrainerCallback]]:
    """Give the callbacks for a ``transformers.Trainer``; what they began ends with the block, however that ends."""
    callbacks = [] if tracking is None else [_KINDS[name](tracking) for name in tracking.report_to]
    try:
        yield callbacks
    finally:
        for callback in callbacks:
            callback.end()


class _TensorBoard(TensorBoardCallback):  # type: ignore[misc]
    """Writes beside what was there; steps that are done again, as after a kill, take the place of the old ones."""

    def __init__(self, tracking: Tracking) -> None:
        super().__init__()
        self._folder = tracking.folder

    def on_train_begin(self, args: Any, state: Any, control: Any, **options: Any) -> None:
        if state.is_world_process_zero:
            self.tb_writer = self._SummaryWriter(str(self._folder), purge_step=state.global_step + 1)
        super().on_train_begin(args, state, control, **options)

    def end(self) -> None:
        if self.tb_writer is not None:
            self.tb_writer.close()


class _MLflow(MLflowCallback):  # type: ignore[misc]
    """One MLflow run a training, of its own name; one that an error cut short is marked so."""

    def __init__(self, tracking: Tracking) -> None:
        super().__init__()
        self._name = tracking.name

    def setup(self, args: Any, state: Any, model: Any) -> None:
        args.run_name = self._name
        super().setup(args, state, model)

    def end(self) -> None:
        if self._auto_end_run and self._ml_flow.active_run():
            self._ml_flow.end_run("FAILED")


class _Wandb(WandbCallback):  # type: ignore[misc]
    """One run a training, of its own name, which ``transformers`` would leave open for the next one."""

    def __init__(self, tracking: Tracking) -> None:
        super().__init__()
        self._name = tracking.name
        self._begun = False

    def setup(self, args: Any, state: Any, model: Any, **options: Any) -> None:
        args.run_name = self._name
        self._begun = self._wandb.run is None
        super().setup(args, state, model, **options)

    def on_train_end(self, args: Any, state: Any, control: Any, **options: Any) -> None:
        super().on_train_end(args, state, control, **options)
        self._finish(0)

    def end(self) -> None:
        self._finish(1)

    def _finish(self, status: int) -> None:
        if self._begun:
            self._begun = False
            self._wandb.finish(exit_code=status)


_KINDS: dict[Tracker, Any] = {"tensorboard": _TensorBoard, "mlflow": _MLflow, "wandb": _Wandb}
