"""The table of benchmarks/linking.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ORDER = (
    "spaCy exact look-up", "max-prior", "ours, unfitted", "ours, fitted on the other files", "ours, cross-validated",
)  # fmt: skip


def linking_table(results: Mapping[str, Any]) -> str:
    """Return one row a file and system."""
    lines = [
        "| file | system | InKB accuracy, % (95 % interval) | link precision | NIL precision | NIL recall "
        "| candidate recall at 1 / 10 / 30 | ECE |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, systems in results["files"].items():
        for system in ORDER:
            found = systems[system]
            accuracy = " to ".join(f"{100 * found[key]:.1f}" for key in ("low", "high"))
            cells = [f"{found[key]:.3f}" for key in ("link_precision", "nil_precision", "nil_recall")]
            recall = " / ".join(f"{found[f'recall_at_{most}']:.3f}" for most in (1, 10, 30))
            cells += [recall if system.startswith("ours") else "-", f"{found['ece']:.3f}"]
            lines.append(f"| {name} | {system} | {100 * found['accuracy']:.1f} ({accuracy}) | {' | '.join(cells)} |")
    lines += ["", "Mentions found and linked by ours alone, F1 in %: of the spans, and InKB of spans and links:", ""]
    lines += ["| file | strong: spans | micro | macro | weak: spans | micro | macro |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for name, systems in results["files"].items():
        ours = next(found for found in systems.values() if "strong_micro_f1" in found)
        cells = [
            f"{100 * ours[f'{match}_{mean}_f1']:.1f}"
            for match in ("strong", "weak")
            for mean in ("mention", "micro", "macro")
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
