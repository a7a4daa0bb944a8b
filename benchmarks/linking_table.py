"""The table of benchmarks/linking.py as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ORDER = (
    "spaCy exact look-up", "max-prior", "ours, unfitted", "ours, fitted on the other files", "ours, cross-validated",
)  # fmt: skip


ENDS = tuple(f"{match}_{mean}_f1" for match in ("strong", "weak") for mean in ("mention", "micro", "macro"))


def linking_table(results: Mapping[str, Any]) -> str:
    """Return one row a file and system: given the mentions, and finding them too."""
    lines = [
        "| file | system | InKB accuracy, % | link precision, % | NIL precision | NIL recall "
        "| candidate recall at 1 / 10 / 30 | ECE |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, system, found in _rows(results):
        recall = [found[f"recall_at_{most}"] for most in (1, 10, 30)]
        cells = [percent(found, "accuracy"), percent(found, "link_precision")]
        cells += [f"{found[key]:.3f}" for key in ("nil_precision", "nil_recall")]
        cells += ["-" if None in recall else " / ".join(f"{value:.3f}" for value in recall), f"{found['ece']:.3f}"]
        lines.append(f"| {name} | {system} | {' | '.join(cells)} |")
    lines += [
        "",
        "Mentions found and linked, F1 in %: of the spans, and InKB of spans and links (in brackets 95 % intervals):",
        "",
        "| file | system | strong: spans | micro | macro | weak: spans | micro | macro |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, system, found in _rows(results):
        cells = [percent(found, key) if "micro" in key else f"{100 * found[key]:.1f}" for key in ENDS]
        lines.append(f"| {name} | {system} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def percent(found: Mapping[str, Any], key: str) -> str:
    """Return a measure in percent with its interval."""
    low, high = (100 * bound for bound in found["intervals"][key])
    return f"{100 * found[key]:.1f} ({low:.1f} to {high:.1f})"


def _rows(results: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for name, systems in results["files"].items():
        for system in ORDER:
            yield name, system, systems[system]
