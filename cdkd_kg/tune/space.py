"""What a key may be: numbers from low to high, or one of several choices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, model_validator

from cdkd_kg.artifacts import canonical_json
from cdkd_kg.config_model import Model

if TYPE_CHECKING:
    from optuna.trial import Trial

INSIDE = 0.382
"""Where, between low and high, a number is tried that is no whole one."""
EXACT = 1e-9


def _number(value: Any) -> Any:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(f"it must be a number, got {value!r}")
    return value


Number = Annotated[Any, AfterValidator(_number)]


class RangeConfig(Model):
    """Numbers from ``low`` to ``high``, both included, or one of ``choices``.

    Whole numbers are tried where ``low``, ``high`` and ``step`` are written without a point. With ``log`` a number
    twice as large is as far away wherever it lies.
    """

    low: Number = None
    high: Number = None
    log: bool = False
    step: Number = None
    choices: tuple[Any, ...] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.choices is None) == (self.low is None or self.high is None):
            raise ValueError("give low and high, or choices")
        if self.choices is not None:
            self._check_choices(self.choices)
        else:
            self._check_numbers()
        return self

    def _check_choices(self, choices: tuple[Any, ...]) -> None:
        if any(given is not None for given in (self.low, self.high, self.step)) or self.log:
            raise ValueError("choices have no low, high, log or step")
        if len(choices) < 2:
            raise ValueError(f"choices must be two at least, got {list(choices)}; what is fixed stands under overrides")
        if len(set(map(canonical_json, choices))) < len(choices):
            raise ValueError(f"choices must be distinct, got {list(choices)}")

    def _check_numbers(self) -> None:
        if self.low >= self.high:
            raise ValueError(f"low ({self.low}) must be less than high ({self.high})")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("log needs a low above 0, and no step")
        if self.step is not None:
            steps = (self.high - self.low) / self.step if self.step > 0 else 0.5
            if abs(steps - round(steps)) > EXACT:
                raise ValueError(f"whole steps of {self.step} must lead from low ({self.low}) to high ({self.high})")

    @property
    def whole(self) -> bool:
        """Whether whole numbers alone are tried."""
        return all(isinstance(value, int) for value in (self.low, self.high, self.step) if value is not None)

    def probes(self) -> list[Any]:
        """Return values that show whether all of them are valid: the ends and one inside, or every choice."""
        if self.choices is not None:
            return list(self.choices)
        inside = self.low + (self.step or (self.high - self.low) * INSIDE)
        return [self.low, self.high, *([] if self.whole else [inside])]

    def suggest(self, trial: Trial, key: str) -> Any:
        """Return what a trial has, or is now given, for a key."""
        if self.choices is not None:
            return json.loads(trial.suggest_categorical(key, [canonical_json(choice) for choice in self.choices]))
        if self.whole:
            return trial.suggest_int(key, self.low, self.high, log=self.log, step=self.step or 1)
        return trial.suggest_float(key, self.low, self.high, log=self.log, step=self.step)

    def read(self, kept: Any) -> Any:
        """Return the value that the storage keeps as ``kept``."""
        return kept if self.choices is None else json.loads(kept)
