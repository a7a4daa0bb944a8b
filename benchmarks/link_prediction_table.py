"""The table of benchmarks/link_prediction.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMES = {"distmult": "DistMult", "complex": "ComplEx", "rotate": "RotatE"}


def best(systems: Mapping[str, Any], side: str) -> str:
    """Return the system of one side that validation likes best."""
    mine = [system for system in systems if system.split(",")[0] == side]
    return max(mine, key=lambda system: systems[system]["validation_mrr"])


def gap(systems: Mapping[str, Any]) -> float:
    """Return by how much our MRR on test is above PyKEEN's, each side's system chosen on validation."""
    return float(systems[best(systems, "ours")]["mrr"] - systems[best(systems, "PyKEEN")]["mrr"])


def link_prediction_table(results: Mapping[str, Any]) -> str:
    """Return one row a set, decoder and system; the systems that are compared are in bold."""
    lines = [
        f"Means of {len(results['seeds'])} seed(s) on test, {results['settings']['width']} real numbers an entity. In "
        "bold the two systems that are compared, each the better of its side on validation.",
        "",
        "| set | decoder | system | MRR | Hits@1 / 3 / 10 | seconds | ours above PyKEEN |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for name, found in results["sets"].items():
        for decoder, systems in found["decoders"].items():
            for system, one in systems.items():
                chosen = system in (best(systems, "ours"), best(systems, "PyKEEN"))
                said = f"**{system}**" if chosen else system
                hits = " / ".join(f"{one[f'hits_at_{most}']:.3f}" for most in (1, 3, 10))
                above = f"{gap(systems):+.3f}" if system == best(systems, "ours") else ""
                lines.append(
                    f"| {name} | {NAMES[decoder]} | {said} | {one['mrr']:.3f} | {hits} | {one['seconds']:.1f} "
                    f"| {above} |"
                )
    return "\n".join(lines) + "\n"
