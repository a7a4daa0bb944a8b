"""The tables of benchmarks/inference.py as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from benchmarks.distillation_table import Goal

TEACHERS = ("teacher, transformers, batches of 32", "teacher, transformers, one by one")
INT8, OPTIMUM = "ours, int8", "Optimum, int8"


def speed(results: Mapping[str, Any], name: str) -> float:
    """Return the median documents/s of one way to classify."""
    return float(results["settings"]["texts"] / median(_seconds(results, name)))


def times(results: Mapping[str, Any], fast: str, slow: str) -> float:
    """Return the median over rounds of how many times as fast as the second way the first one is."""
    rounds = zip(_seconds(results, slow), _seconds(results, fast), strict=True)
    return float(median(one / other for one, other in rounds))


def teacher(results: Mapping[str, Any]) -> str:
    """Return the faster of the two ways to ask the teacher."""
    return max(TEACHERS, key=lambda name: speed(results, name))


def judged(results: Mapping[str, Any]) -> Iterator[Goal]:
    """Yield the goals with what was found."""
    for other, wanted in ((teacher(results), 8.0), (OPTIMUM, 1.3)):
        found = times(results, INT8, other)
        yield Goal(f"{INT8}: documents/s beside {other}", f"≥ {wanted:g} x", f"{found:.2f} x", found >= wanted)
    service = results["service"]
    start, memory, loaded = service["start_seconds"], service["memory_mb"], service["load"]
    ratio = loaded["p99_ms"] / service["single"]["p50_ms"]
    yield Goal("service: from its start to its first answer", "< 2 s", f"{start:.2f} s", start < 2)
    yield Goal("service: resident memory", "< 400 MB", f"{memory:.0f} MB", memory < 400)
    yield Goal("service: p99 at 80 % of capacity beside p50 of a single call", "≤ 4 x", f"{ratio:.2f} x", ratio <= 4)
    yield Goal("service: errors at 80 % of capacity", "0", str(loaded["errors"]), loaded["errors"] == 0)


def inference_table(results: Mapping[str, Any]) -> str:
    """Return one row a way to classify, one a load on the service, and one a goal."""
    settings, service = results["settings"], results["service"]
    beside = teacher(results)
    lines = [
        f"{settings['texts']} test texts of `{settings['run']}`, of a median {settings['characters']:,} characters, of "
        f"which teacher (`{settings['teacher']}`) and student read the first {settings['length']} tokens; medians (and "
        f"extremes) of {settings['rounds']} rounds, all in turn.",
        "",
        "| classifier | documents/s | beside the teacher | right |",
        "| --- | ---: | ---: | ---: |",
    ]
    for way in results["ways"]:
        rates = [settings["texts"] / seconds for seconds in _seconds(results, way["name"])]
        each = f"{speed(results, way['name']):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
        right = way["rounds"][0]["accuracy"]
        lines.append(f"| {way['name']} | {each} | {times(results, way['name'], beside):.2f} x | {right:.2%} |")
    lines += [
        "",
        f"The service with its fastest form, int8: from its start to its first answer {service['start_seconds']:.2f} s "
        f"(median of {len(service['starts'])}), {service['memory_mb']:.0f} MB resident after warm-up and "
        f"{service['memory_after_mb']:.0f} MB after all. Calls have one text each; the caller shares the machine.",
        "",
        "| calls | a second | p50, ms | p99, ms | longest, ms | calls | errors |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        _row("one after another", 1000 / service["single"]["p50_ms"], service["single"]),
        _row(f"at 80 % of capacity, {service['load']['seconds']:g} s", service["load"]["rate"], service["load"]),
        *(_row(f"at {probe['rate'] / service['capacity']:.0%}", probe["rate"], probe) for probe in _borne(service)),
        "",
        f"Capacity, the highest rate that is kept up with: {service['capacity']:,.0f} calls/s.",
        "",
        "| goal | wanted | found | |",
        "| --- | ---: | ---: | --- |",
    ]
    for goal in judged(results):
        lines.append(f"| {goal.what} | {goal.wanted} | {goal.found} | {'met' if goal.met else '**not met**'} |")
    return "\n".join(lines) + "\n"


def _borne(service: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rates that were kept up with while the capacity was sought, the lowest first."""
    borne = [probe for probe in service["probes"] if probe["rate"] <= round(service["capacity"], 1)]
    return sorted(borne, key=lambda probe: float(probe["rate"]))


def _row(name: str, rate: float, told: Mapping[str, Any]) -> str:
    each = " | ".join(f"{told[key]:,.1f}" for key in ("p50_ms", "p99_ms", "most_ms"))
    return f"| {name} | {rate:,.0f} | {each} | {told['calls']:,} | {told['errors']:,} |"


def _seconds(results: Mapping[str, Any], name: str) -> list[float]:
    return [one["seconds"] for way in results["ways"] if way["name"] == name for one in way["rounds"]]
