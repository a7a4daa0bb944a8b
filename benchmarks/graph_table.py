"""The table of benchmarks/graph.py as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def graph_table(results: Mapping[str, Any]) -> str:
    """Return one row a measurement."""
    found = results["results"]
    load, size = found["load"]["seconds"], found["load"]["triples"]
    lines = ["| what | seconds | rate | beside its peer |", "| --- | ---: | ---: | ---: |"]
    for name in ("ours", "ours, in a folder", "rdflib"):
        ratio = f"{load['rdflib'] / load[name]:.1f} x rdflib"
        lines.append(f"| load {size:,} N-Triples: {name} | {load[name]:.1f} | {size / load[name]:,.0f}/s | {ratio} |")
    seconds = found["load"]["revision_seconds"]
    lines.append(f"| revision (SHA-256) of {size:,} quads | {seconds:.1f} | {size / seconds:,.0f}/s | - |")
    for one in found["tensors"]:
        for name, value in one["seconds"].items():
            slowest = max(one["seconds"].values())
            ratio = f"{slowest / value:.1f} x a loop over rdflib" if len(one["seconds"]) > 1 else "-"
            rate = f"{one['edges'] / value:,.0f} edges/s"
            lines.append(f"| RDF to tensors, {one['edges']:,} edges: {name} | {value:.1f} | {rate} | {ratio} |")
    few, whole = found["shacl"]["edited"], found["shacl"]["whole"]
    name = f"SHACL, {few['nodes']} edited nodes of {few['triples']:,} triples"
    lines.append(f"| {name} | {few['seconds']:.2f} | - | - |")
    rate = f"{whole['triples'] / whole['seconds']:,.0f}/s"
    lines.append(f"| SHACL, all of {whole['triples']:,} triples | {whole['seconds']:.1f} | {rate} | - |")
    count, seconds, source = (found["entities"][name] for name in ("documents", "seconds", "source"))
    for name, labels in found["entities"]["labels"].items():
        ratio = f"{seconds['bare pipeline'] / seconds[name]:.2f} x the bare pipeline"
        what = f"entity stage, {count:,} distinct texts ({source}), {labels:,} labels"
        lines.append(f"| {what} | {seconds[name]:.1f} | {count / seconds[name]:,.0f}/s | {ratio} |")
    return "\n".join(lines) + "\n"
