"""What was tried against the tail of the service under load: each change alone, in turn, at the same rates.

    python -m benchmarks.tail [--quick] [--run FOLDER] [--json FILE]

The student of a run, that of configs/quickstart.yaml unless FOLDER holds another one, is served as ``cdkd serve`` does,
and with one thing changed at a time (benchmarks/tail_served.py). Each is asked one call after another, and at 60 % and
80 % of the capacity that results/inference.json has; see benchmarks/load.py. All take turns, several rounds.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.about import about
from benchmarks.inference import made, prepare
from benchmarks.service import ROOT, load, served
from benchmarks.tail_served import CHANGES
from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.evaluation.answered import RESULTS
from cdkd_kg.export.forms import Forms
from cdkd_kg.pipeline.export import export

SHARES = (0.6, 0.8)


def main() -> None:
    """Serve in every way in turn, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round of seconds")
    parser.add_argument("--run", type=Path, metavar="FOLDER", help="where the run is, or is made and kept")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    rounds, seconds = (1, 1.0) if options.quick else (3, 5.0)
    capacity = read_json(ROOT / "results" / "inference.json")["service"]["capacity"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        run = made(options.run or folder / "runs" / "quickstart")
        bundle = export(run, folder / "bundle", Forms())
        settings = prepare(folder, read_json(run / RESULTS), bundle, None)
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in CHANGES}
        for _ in range(rounds):
            for name, told in found.items():
                told.append(asked(bundle.folder, folder, name, capacity, seconds))
                print(f"{name:<60} {told[-1]}", flush=True)
    if options.json:
        said = {"settings": settings, "capacity": capacity, "seconds": seconds, "rounds": rounds, "changes": found}
        write_json(options.json, about("cdkd-kg", "onnxruntime", "uvicorn", "uvloop") | said)


def asked(bundle: Path, folder: Path, name: str, capacity: float, seconds: float) -> dict[str, Any]:
    """Return what a service with one change does: alone, and at each share of the capacity."""
    with served(bundle, "benchmarks.tail_served", {"CDKD_TAIL": name}) as (address, _, _):
        load(address, folder, "--calls", 100)
        single = load(address, folder, "--calls", 200)
        rates = {
            f"{share:.0%}": load(address, folder, "--rate", share * capacity, "--seconds", seconds) for share in SHARES
        }
    kept = ("p50_ms", "p99_ms", "errors")
    return {"single": {key: single[key] for key in kept}} | {
        share: {key: told[key] for key in kept} for share, told in rates.items()
    }


if __name__ == "__main__":
    main()
