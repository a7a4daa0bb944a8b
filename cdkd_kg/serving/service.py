"""A bundle that answers many callers: predictions, what is kept of them, and how far they have drifted."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from safetensors.numpy import load_file

from cdkd_kg.artifacts import MANIFEST, read_json, sha256_file
from cdkd_kg.errors import ConfigError, MissingResourceError, nearest
from cdkd_kg.inference.predictor import Prediction, Predictor, Text
from cdkd_kg.inference.reference import REFERENCE, SURPRISALS, Features, features
from cdkd_kg.serving.batcher import Batcher
from cdkd_kg.serving.drift import Shift, shifts
from cdkd_kg.serving.meters import Meters
from cdkd_kg.serving.models import Answer, Asked, Feedback, One
from cdkd_kg.serving.store import Kept, Store

WINDOW = 1_000
"""So many of the newest documents of a domain are compared with its reference."""
LARGEST = 32
"""Texts of a batch."""


@dataclass(frozen=True)
class Limits:
    """What a service allows.

    Attributes:
        queue: texts that may wait; more are refused.
        timeout: seconds until an answer, and for a client to send or to take what it is owed.
        body: bytes of a request.
        held: bytes of all requests that are read or answered at a time.
        abstain_below: no label is given that is less probable.
    """

    queue: int = 2_000
    timeout: float = 10.0
    body: int = 8 << 20
    held: int = 16 << 20
    abstain_below: float = 0.0


class _Question(NamedTuple):
    text: Text
    domain: str | None


class Service:
    """A bundle with its queue; made and closed within a running event loop.

    Args:
        predictor: of the bundle.
        limits: what is allowed.
        store: where predictions and feedback are kept; None keeps none.
        meters: what is counted.
    """

    def __init__(self, predictor: Predictor, limits: Limits, store: Store | None, meters: Meters) -> None:
        self.predictor, self.bundle, self.limits, self.meters = predictor, predictor.bundle, limits, meters
        self.store = store
        self._bits = load_file(self.bundle.folder / SURPRISALS)["bits"]
        self._reference = read_json(self.bundle.folder / REFERENCE)
        self._seen: dict[str, deque[Features]] = {name: deque(maxlen=WINDOW) for name in self.bundle.domains}
        if self.store:
            for name, seen in self._seen.items():
                seen.extend(self.store.recent(name, WINDOW, self.bundle.digest[:12]))
        self.batcher: Batcher[_Question, tuple[Prediction, Features]] = Batcher(
            self._predict, predictor.threads, LARGEST, limits.queue, limits.timeout, meters.batch.observe
        )

    async def predict(self, asked: Asked) -> list[Answer]:
        """Return what is said of texts; where predictions are kept, they are when this returns.

        Raises:
            ConfigError: no such domain, or a pair where the student reads one text, or one where it reads a pair.
            BusyError: the queue is full.
            LateError: there was no answer in time.
        """
        self.bundle.temperature(asked.domain)  # refuses a domain that is not known
        texts = [_text(one) for one in asked.texts]
        self.predictor.check(texts)
        found = await self.batcher.ask([_Question(text, asked.domain) for text in texts])
        below = self.limits.abstain_below if asked.abstain_below is None else asked.abstain_below
        answers = [self._answer(prediction, below) for prediction, _ in found]
        self.meters.answered(asked.domain or "", answers)
        if asked.domain:
            self._seen[asked.domain].extend(one for _, one in found)
        if self.store:
            kept = [
                Kept(answer.id, self.bundle.digest[:12], asked.domain or "", *_parts(text), _rounded(prediction), seen)
                for answer, text, (prediction, seen) in zip(answers, texts, found, strict=True)
            ]
            await asyncio.to_thread(self.store.keep, kept)
        return answers

    async def judge(self, feedback: Feedback) -> int:
        """Keep feedback, on the disk, and return its number.

        Raises:
            ConfigError: a label that is none, or several where one holds.
            MissingResourceError: no such prediction is kept, or none at all.
        """
        if self.store is None:
            raise MissingResourceError(
                "this service keeps no predictions", where="/feedback", remedy="start it with --feedback FILE"
            )
        for label in feedback.labels:
            if label not in self.bundle.labels:
                raise ConfigError(
                    f"there is no label {label!r}{nearest(label, self.bundle.labels)}",
                    where="labels",
                    remedy=f"give one of {list(self.bundle.labels)}",
                )
        if not self.bundle.multi_label and len(feedback.labels) != 1:
            raise ConfigError("exactly one label holds of a text", where="labels", remedy="give one")
        if len(set(feedback.labels)) != len(feedback.labels):
            raise ConfigError("a label is given twice", where="labels", remedy="give each once")
        number = await asyncio.to_thread(
            self.store.judge, feedback.prediction, feedback.labels, feedback.who, feedback.note
        )
        self.meters.feedback.inc()
        return number

    def drift(self) -> dict[str, tuple[int, list[Shift]]]:
        """Return how many documents of each domain are watched, and how far they are from its reference.

        See :func:`~cdkd_kg.serving.drift.shifts`.
        """
        return {
            name: (len(seen), shifts(self._reference[name], list(seen), self.bundle.labels))
            for name, seen in self._seen.items()
        }

    def replaced(self) -> bool:
        """Return whether another bundle lies where this one was read, such as a retrained one."""
        try:
            return sha256_file(self.bundle.folder / MANIFEST) != self.bundle.digest
        except OSError:
            return True

    async def close(self) -> None:
        """Answer what waits, and let everything go."""
        await self.batcher.close()
        self.predictor.close()
        if self.store:
            self.store.close()

    def _predict(self, asked: Sequence[_Question]) -> list[tuple[Prediction, Features]]:
        said = self.predictor.predict([one.text for one in asked], [one.domain for one in asked])
        return [
            (prediction, features(one.text, prediction, self.bundle.labels, self._bits))
            for one, prediction in zip(asked, said, strict=True)
        ]

    def _answer(self, prediction: Prediction, below: float) -> Answer:
        labels, shares = self.bundle.labels, prediction.probabilities
        if self.bundle.multi_label:
            given = [label for label, share in zip(labels, shares, strict=True) if share >= max(0.5, below)]
            abstained = bool((abs(shares - 0.5) + 0.5 < below).any())
        else:
            best = int(shares.argmax())
            abstained = bool(shares[best] < below)
            given = [] if abstained else [labels[best]]
        return Answer(
            id=secrets.token_hex(16),
            labels=given,
            probabilities=dict(zip(labels, _rounded(prediction), strict=True)),
            abstained=abstained,
            truncated=prediction.truncated,
        )


def _text(one: One) -> Text:
    return one if isinstance(one, str) else (one.text, one.text_pair)


def _parts(text: Text) -> tuple[str, str | None]:
    return (text, None) if isinstance(text, str) else text


def _rounded(prediction: Prediction) -> list[float]:
    return [round(float(share), 6) for share in prediction.probabilities]
