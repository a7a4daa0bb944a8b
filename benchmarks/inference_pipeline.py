"""A classifier in plain transformers, for benchmarks/inference.py.

python -m benchmarks.inference_pipeline FOLDER MODEL BATCH LENGTH
"""

from __future__ import annotations

import argparse
from pathlib import Path

from transformers import pipeline

from benchmarks.inference_turns import in_turns


def main() -> None:
    """Load, and classify in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model")
    parser.add_argument("batch", type=int)
    parser.add_argument("length", type=int)
    options = parser.parse_args()
    ask = pipeline("text-classification", model=options.model, batch_size=options.batch, device="cpu")
    in_turns(
        options.folder,
        lambda texts: [one["label"] for one in ask(texts, truncation=True, max_length=options.length)],
    )


if __name__ == "__main__":
    main()
