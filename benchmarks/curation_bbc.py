"""What decisions of a person on a graph bought: the worked example of docs/curation.md, before and after.

    python -m benchmarks.curation_bbc [--quick] [--json FILE]

Runs configs/bbc.yaml without and with the decisions of graphs/bbc, each with three seeds, and compares the two runs;
what is in the cache of `runs` is not done twice. CDKD_DATA names the folder of topics.parquet. The number that counts
is the change of the graph teacher's student on BBC News; the others cannot see a decision, and are the same to the bit
unless something else changed, too.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.about import about
from benchmarks.curation_bbc_table import curation_bbc_table
from cdkd_kg.artifacts import write_json
from cdkd_kg.config import load_config
from cdkd_kg.evaluation.between_runs import compare_runs
from cdkd_kg.pipeline.run import run

ROOT = Path(__file__).parents[1]
DECIDED = ["name=bbc_curated", f"graph.decisions={ROOT / 'graphs' / 'bbc'}"]
QUICK = ["seeds=[0]", "teachers.text.training.num_train_epochs=1", "distillation.training.num_train_epochs=1"]


def main() -> None:
    """Run both, compare, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed and one epoch: to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    changes = [*QUICK, "output=runs/quick"] if options.quick else []
    before, after = (
        run(load_config(ROOT / "configs" / "bbc.yaml", [*changes, *more])).folder for more in ([], DECIDED)
    )
    found = about("cdkd-kg", "torch", "transformers", "spacy", "pyoxigraph") | {"compared": compare_runs(before, after)}
    print(curation_bbc_table(found))
    if options.json:
        write_json(options.json, found)


if __name__ == "__main__":
    main()
