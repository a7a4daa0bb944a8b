"""How long `cdkd --help` and `import cdkd_kg` take, beside an empty Python and `import torch`.

    python -m benchmarks.startup [--quick] [--json FILE]

Goals: `cdkd --help` under 0.7 s, `import cdkd_kg` without torch.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.about import about
from cdkd_kg.artifacts import write_json

COMMANDS = {
    "empty Python": ["-c", "pass"],
    "import cdkd_kg": ["-c", "import cdkd_kg"],
    "cdkd --help": ["-m", "cdkd_kg", "--help"],
    "import torch": ["-c", "import torch"],
}


def seconds(arguments: list[str]) -> float:
    """Time one process."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    """Time every command in turn, several rounds, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 rounds instead of 15")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    rounds = [{name: seconds(command) for name, command in COMMANDS.items()} for _ in range(3 if options.quick else 15)]
    medians = {name: round(median(times[name] for times in rounds), 3) for name in COMMANDS}
    for name, value in medians.items():
        print(f"{name:<16} {value:6.3f} s   x {value / medians['empty Python']:5.1f} of an empty Python")
    if options.json:
        write_json(options.json, about("cdkd-kg", "torch") | {"median_seconds": medians, "rounds": len(rounds)})


if __name__ == "__main__":
    main()
