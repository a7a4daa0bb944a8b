"""A bundle in one of its forms, for benchmarks/inference.py.

python -m benchmarks.inference_ours FOLDER BUNDLE FORM
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.inference_turns import in_turns
from cdkd_kg.inference.bundle import FILES
from cdkd_kg.inference.predictor import Predictor


def classified(predictor: Predictor, texts: Sequence[str]) -> list[str]:
    """Return the likeliest label of each text."""
    return [predictor.bundle.labels[int(one.probabilities.argmax())] for one in predictor.predict(texts)]


def main() -> None:
    """Load, and classify in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("form", choices=FILES)
    options = parser.parse_args()
    predictor = Predictor.from_pretrained(options.bundle, options.form)
    in_turns(options.folder, lambda texts: classified(predictor, texts))


if __name__ == "__main__":
    main()
