"""Decoders: each scores a triple from the vectors of its two entities, one a file."""

from __future__ import annotations

from cdkd_kg.errors import ConfigError, nearest
from cdkd_kg.teachers.pretraining.decoders.complex import ComplEx
from cdkd_kg.teachers.pretraining.decoders.decoder import Decoder
from cdkd_kg.teachers.pretraining.decoders.distmult import DistMult
from cdkd_kg.teachers.pretraining.decoders.rotate import RotatE

DECODERS: dict[str, type[Decoder]] = {"distmult": DistMult, "complex": ComplEx, "rotate": RotatE}


def make_decoder(name: str, relations: int, width: int) -> Decoder:
    """Return the decoder of that name for R ``relations`` and vectors of ``width`` real numbers.

    Raises:
        ConfigError: there is no such decoder, or it needs an even width.
    """
    if name not in DECODERS:
        raise ConfigError(
            f"there is no decoder {name!r}{nearest(name, DECODERS)}", remedy=f"choose one of {', '.join(DECODERS)}"
        )
    if width < 1 or width % DECODERS[name].multiple:
        raise ConfigError(
            f"{name} cannot use vectors of {width} numbers",
            why="it reads the first half as real and the second as imaginary parts" if width > 0 else "",
            remedy=f"choose a positive multiple of {DECODERS[name].multiple}",
        )
    return DECODERS[name](relations, width)
