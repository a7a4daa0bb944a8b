"""What computes logits: one interface before ONNX Runtime, OpenVINO and PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from cdkd_kg.errors import need_installed
from cdkd_kg.inference.bundle import FILES, Form

Tokens = Mapping[str, NDArray[np.int64]]
"""``input_ids``, ``attention_mask`` and ``token_type_ids``, each ``[B, T]``."""
Runtime = Callable[[Tokens], NDArray[np.float32]]
"""Tokens to logits ``[B, C]``; it may be called from several threads at a time."""

SLOWER = ["SkipLayerNormFusion"]
"""What ONNX Runtime fuses to its loss: on a processor the sum and the norm take half as long one after the other."""


def open_runtime(folder: Path, form: Form) -> Runtime:
    """Return what computes the logits of a model in a folder.

    A call of ONNX Runtime uses one thread, so that several batches run side by side and wait for nothing; OpenVINO
    takes one at a time and shares it out itself.

    Raises:
        MissingResourceError: the package that the form needs is not installed.
    """
    if form == "torch":
        return _torch(folder)
    if form == "openvino":
        return _openvino(folder / FILES[form])
    return _onnx(folder / FILES[form])


def _onnx(file: Path) -> Runtime:
    need_installed("onnxruntime", "serving", str(file))
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        file, options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER
    )
    names = [one.name for one in session.get_inputs()]

    def run(tokens: Tokens) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = session.run(None, {name: tokens[name] for name in names})[0]
        return logits

    return run


def _openvino(file: Path) -> Runtime:
    need_installed("openvino", "openvino", str(file))
    import openvino

    compiled = openvino.Core().compile_model(str(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    names = [one.any_name for one in compiled.inputs]
    one_at_a_time = Lock()  # two threads that fill their inputs wait for each other without end

    def run(tokens: Tokens) -> NDArray[np.float32]:
        with one_at_a_time:
            answer = compiled({name: tokens[name] for name in names})
            return np.array(answer[0], dtype=np.float32)

    return run


def _torch(folder: Path) -> Runtime:
    import torch
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True).eval()
    takes = "token_type_ids" in model.forward.__code__.co_varnames

    def run(tokens: Tokens) -> NDArray[np.float32]:
        inputs = {
            name: torch.from_numpy(values) for name, values in tokens.items() if takes or name != "token_type_ids"
        }
        with torch.inference_mode():
            logits: NDArray[np.float32] = model(**inputs).logits.float().numpy()
        return logits

    return run
