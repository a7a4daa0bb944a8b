"""Optimum's side of benchmarks/inference.py: a student with 8-bit weights, quantised dynamically as it does by default.

    python -m benchmarks.inference_optimum FOLDER MODEL LENGTH

The student was saved by a later transformers than Optimum takes; its configuration and tokenizer are read as they are.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from optimum.onnxruntime import ORTModelForSequenceClassification, ORTQuantizer
from optimum.onnxruntime.configuration import AutoQuantizationConfig
from transformers import AutoTokenizer, pipeline

from benchmarks.inference_turns import in_turns


def main() -> None:
    """Export and quantise, and classify in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model")
    parser.add_argument("length", type=int)
    options = parser.parse_args()
    has_vnni = "avx512_vnni" in Path("/proc/cpuinfo").read_text("utf-8")
    kind = AutoQuantizationConfig.avx512_vnni if has_vnni else AutoQuantizationConfig.avx2
    load = ORTModelForSequenceClassification.from_pretrained
    with tempfile.TemporaryDirectory() as place:
        exported = load(options.model, export=True)  # which takes its file along when it goes
        quantizer = ORTQuantizer.from_pretrained(exported)
        quantizer.quantize(save_dir=place, quantization_config=kind(is_static=False, per_channel=False))
        model = load(place, file_name="model_quantized.onnx")
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    ask = pipeline("text-classification", model=model, tokenizer=tokenizer, batch_size=32)
    in_turns(
        options.folder,
        lambda texts: [one["label"] for one in ask(texts, truncation=True, max_length=options.length)],
    )


if __name__ == "__main__":
    main()
