"""Arrays of a safetensors file that stay on disk until a row of them is asked for."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

KINDS = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "BOOL": np.bool_}


def mapped(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a safetensors file, mapped into memory and read-only.

    The libraries' own readers copy an array whole, which a signal of millions of documents need not be.

    Raises:
        SafetensorError: the file is cut, or no such file.
        OSError: it is not there.

    Source: the description of the safetensors format: the size of the header in 8 bytes,
    the header as JSON, then the arrays at the places that it says.
    """
    with safe_open(path, framework="np"):  # it checks header, places and size
        pass
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return {name: _array(path, about, 8 + size) for name, about in header.items()}


def _array(path: Path, about: dict[str, Any], begin: int) -> NDArray[Any]:
    kind, shape = KINDS[about["dtype"]], tuple(about["shape"])
    if math.prod(shape) == 0:
        return np.empty(shape, kind)  # nothing can be mapped to nothing
    return np.memmap(path, kind, mode="r", offset=begin + about["data_offsets"][0], shape=shape)
