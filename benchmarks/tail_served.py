"""``cdkd serve`` with one thing changed, which CDKD_TAIL names; a process of its own in benchmarks/tail.py."""

from __future__ import annotations

import concurrent.futures
import math
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import onnxruntime

from cdkd_kg.cli import main
from cdkd_kg.serving import batcher, service


def _put(owner: object, name: str, value: object) -> None:
    """Replace what a module imported or a class does; it is an error where nothing of that name is there any more."""
    getattr(owner, name)
    setattr(owner, name, value)


def _nothing() -> None:
    pass


def _threads(number: int) -> Callable[[], None]:
    def change() -> None:
        os.environ["CDKD_SERVE_THREADS"] = str(number)

    return change


def _two_in_a_call() -> None:
    make = onnxruntime.InferenceSession

    def session(file: object, options: Any, **more: Any) -> Any:
        options.intra_op_num_threads = 2
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return make(file, options, **more)

    _put(onnxruntime, "InferenceSession", session)


def _low_priority() -> None:
    def lower() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)

    def pool(threads: int, **more: Any) -> concurrent.futures.ThreadPoolExecutor:
        return concurrent.futures.ThreadPoolExecutor(threads, initializer=lower, **more)

    _put(batcher, "ThreadPoolExecutor", pool)


def _small_batches() -> None:
    _put(service, "LARGEST", 4)


def _parts() -> None:
    def take(batches: Any) -> list[Any]:
        part = math.ceil(len(batches._waiting) / len(batches._workers))
        return [batches._waiting.popleft() for _ in range(min(batches._largest, part))]

    _put(batcher.Batcher, "_next", take)


def _often() -> None:
    sys.setswitchinterval(0.0005)


CHANGES: dict[str, Callable[[], None]] = {
    "as it is": _nothing,
    "one thread that computes": _threads(1),
    "three threads that compute": _threads(3),
    "two threads a call in ONNX Runtime": _two_in_a_call,
    "threads that compute at a lower priority": _low_priority,
    "batches of 4 texts at most": _small_batches,
    "a thread takes only its part of what waits": _parts,
    "Python's threads take turns after 0.5 ms": _often,
}


if __name__ == "__main__":
    CHANGES[os.environ["CDKD_TAIL"]]()
    main()
