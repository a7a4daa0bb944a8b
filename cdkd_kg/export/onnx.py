"""A student as an ONNX graph, with 32-bit weights and with 8-bit ones, and as OpenVINO's."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from cdkd_kg.errors import CdkdError, need_installed
from cdkd_kg.export.first_token import keep_first_token
from cdkd_kg.inference.runtime import Tokens

OPSET = 17
Calibration = Literal["dynamic", "static"]
"""Whether the range of activations is measured at every call, or once on training texts."""


class _Logits(nn.Module):
    """A classifier with tensors in and one tensor out, as a graph is."""

    def __init__(self, model: PreTrainedModel, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *tensors: Tensor) -> Tensor:
        logits: Tensor = self.model(**dict(zip(self.names, tensors, strict=True))).logits
        return logits


def write_onnx(model: PreTrainedModel, names: tuple[str, ...], file: Path) -> None:
    """Write a classifier as an ONNX graph of any number of texts, of any length.

    Where it answers from the first token, its last layer is of that token alone; see :func:`keep_first_token`.

    Args:
        model: the classifier; its attention is written out, which other runtimes fuse as they like.
        names: what it takes, such as ``input_ids`` and ``attention_mask``.
        file: where to write; its folder is made.

    Raises:
        CdkdError: the architecture has a part that no ONNX operator stands for.
        MissingResourceError: the package onnx is not installed.

    Source: ONNX opset 17, https://onnx.ai/onnx/operators/.
    """
    need_installed("onnx", "serving", str(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    model = model.eval()
    attention = model.config._attn_implementation
    model.set_attn_implementation("eager")
    example = tuple(torch.ones((2, 9), dtype=torch.int64) for _ in names)
    axes: dict[str, dict[int, str]] = {name: {0: "texts", 1: "tokens"} for name in names}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of the tracer, on shapes that are fixed on purpose
            torch.onnx.export(
                _Logits(model, names).eval(),  # or the exporter would leave the model in training
                example,
                file,
                input_names=list(names),
                output_names=["logits"],
                dynamic_axes=axes | {"logits": {0: "texts"}},
                opset_version=OPSET,
                dynamo=False,
            )
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
        raise CdkdError(
            f"{type(model).__name__} cannot be written as ONNX",
            where=str(file),
            why=str(error).splitlines()[0],
            remedy="export it without ONNX: --no-onnx --int8 none",
        ) from error
    finally:
        model.set_attn_implementation(attention)
    keep_first_token(file)


def quantise(file: Path, target: Path, calibration: Calibration, batches: Iterable[Tokens] = ()) -> None:
    """Write an ONNX graph with 8-bit weights, each channel with a scale of its own.

    Args:
        file: a graph of :func:`write_onnx`.
        target: where to write.
        calibration: of activations; ``static`` measures them on ``batches``.
        batches: tokens of texts like those that will be asked.

    Source: Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference, CVPR 2018.
    """
    need_installed("onnxruntime", "serving", str(file))
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_dynamic, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    options: dict[str, Any] = {"per_channel": True, "weight_type": QuantType.QInt8}
    prepared = target.with_name("prepared.onnx")
    try:
        quant_pre_process(file, prepared, skip_symbolic_shape=True)  # it does not know how positions are cut
        if calibration == "dynamic":
            quantize_dynamic(prepared, target, **options)
            return
        quantize_static(
            prepared,
            target,
            _Reader(batches),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],  # sums and norms lose more than they save
            **options,
        )
    finally:
        prepared.unlink(missing_ok=True)


class _Reader:
    """Tokens in the way that ONNX Runtime reads them for calibration."""

    def __init__(self, batches: Iterable[Tokens]) -> None:
        self._batches: Iterator[Tokens] = iter(batches)

    def get_next(self) -> Mapping[str, NDArray[np.int64]] | None:
        return next(self._batches, None)


def write_openvino(file: Path, target: Path) -> None:
    """Write a graph of :func:`write_onnx` as OpenVINO's two files, the weights beside ``target`` (``.xml``).

    Raises:
        MissingResourceError: OpenVINO is not installed.
    """
    need_installed("openvino", "openvino", str(target))
    import openvino

    target.parent.mkdir(parents=True, exist_ok=True)
    # `convert_model` would do the same, and tell its maker over the network.
    openvino.save_model(openvino.Core().read_model(str(file)), str(target), compress_to_fp16=False)
