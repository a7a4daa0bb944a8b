"""Which layers of the teacher's model a student may take."""

from __future__ import annotations

from cdkd_kg.errors import ConfigError


def check_layers(layers: tuple[int, ...], count: int | None) -> None:
    """Refuse layers that a model of ``count`` layers does not have.

    Raises:
        ConfigError: it has no such layer, it does not say how many it has (None), or none is named.
    """
    if count is None:
        raise ConfigError(
            "no layer can be taken from the teacher",
            where="distillation.student.teacher_layers",
            why="its configuration has no num_hidden_layers",
            remedy="give distillation.student.model instead",
        )
    wrong = [layer for layer in layers if not 0 <= layer < count]
    if wrong or not layers:
        raise ConfigError(
            f"the teacher has no layer {wrong}" if wrong else "no layer is named",
            where="distillation.student.teacher_layers",
            why=f"its layers are 0 to {count - 1}",
            remedy="name layers that it has",
        )
