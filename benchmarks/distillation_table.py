"""The tables of benchmarks/distillation.py as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any, NamedTuple

CACHED, ONLINE, HARD = "ours, cached teacher", "ours, teacher online", "ours, hard labels alone"
LARGE_CACHED, LARGE_ONLINE = "ours, cached BERT-base teacher", "ours, BERT-base teacher online"
PEERS = {"TextBrewer": 1.5, "torchdistill": 1.5, "sentence-transformers": 1.0}
"""How many times their samples/s ours are to be."""


class Goal(NamedTuple):
    """What was to be reached, and what was found."""

    what: str
    wanted: str
    found: str
    met: bool


def seconds(results: Mapping[str, Any], name: str) -> float:
    """Return the median seconds of an epoch."""
    return float(median(one["seconds"] for one in _epochs(results, name)))


def times(results: Mapping[str, Any], slow: str, fast: str) -> float:
    """Return the median over rounds of how many times as long an epoch of the first takes as one of the second.

    Where several processes train in one way, the round's is their median.
    """
    rounds = zip(_by_round(results, slow), _by_round(results, fast), strict=True)
    return float(median(median(one) / median(other) for one, other in rounds))


def memory(results: Mapping[str, Any], name: str) -> float:
    """Return the most memory that a training has had, in MiB."""
    return float(max(one["mib"] for one in _epochs(results, name)))


def judged(results: Mapping[str, Any]) -> Iterator[Goal]:
    """Yield the goals with what was found; of a peer with several rows the fastest counts."""
    names, bounds = [way["name"] for way in results["ways"]], results["settings"]["bounds"]
    for name, online, cached in (("teacher", ONLINE, CACHED), ("bert-base", LARGE_ONLINE, LARGE_CACHED)):
        most = f"{cached}: speed beside online (operations allow {bounds[name]:.2f} x)"
        yield _at_least(most, 3.0, times(results, online, cached))
    for peer, wanted in PEERS.items():
        fastest = min((name for name in names if name.startswith(peer)), key=lambda name: seconds(results, name))
        yield _at_least(f"{CACHED}: samples/s beside {fastest}", wanted, times(results, fastest, CACHED))
    yield _at_most(f"{CACHED}: time beside hard labels alone", 1.05, times(results, CACHED, HARD))
    yield _at_most(f"{CACHED}: memory beside hard labels alone", 1.1, memory(results, CACHED) / memory(results, HARD))
    share = float(median(one["reading"] / one["seconds"] for one in _epochs(results, CACHED)))
    yield Goal(f"{CACHED}: reading the cache, of the time", "< 2 %", f"{100 * share:.2f} %", share < 0.02)


def distillation_table(results: Mapping[str, Any]) -> str:
    """Return one row a way to train, and one a goal."""
    settings = results["settings"]
    lines = [
        f"{settings['texts']} texts ({settings['source']}) of at most {settings['max_length']} tokens, batches of "
        f"{settings['batch']}, {settings['threads']} threads; medians (and extremes) of {settings['rounds']} rounds, "
        "all in turn.",
        "",
        "| training | texts of a batch, padded | seconds an epoch | samples/s | beside ours, cached | memory, MiB |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [_row(results, way) for way in results["ways"]]
    lines += ["", "| goal | wanted | found | |", "| --- | ---: | ---: | --- |"]
    for goal in judged(results):
        lines.append(f"| {goal.what} | {goal.wanted} | {goal.found} | {'met' if goal.met else '**not met**'} |")
    bounds, made = settings["bounds"], settings["signal_seconds"]
    lines += [
        "",
        f"With the teacher online a step has {bounds['teacher']:.2f} x the operations of the student alone, forward "
        f"and backward; with BERT-base {bounds['bert-base']:.2f} x. Where all operations take alike no cache can save "
        "more: for 3 x a teacher of the student's width needs six times its layers. Making the caches took "
        f"{made['teacher']:.1f} s and {made['bert-base']:.1f} s, once for all epochs and students.",
    ]
    return "\n".join(lines) + "\n"


def _row(results: Mapping[str, Any], way: Mapping[str, Any]) -> str:
    name, epochs = way["name"], [one["seconds"] for one in way["epochs"]]
    each = f"{seconds(results, name):.1f} ({min(epochs):.1f} to {max(epochs):.1f})"
    rate, ratio = results["settings"]["texts"] / seconds(results, name), 1 / times(results, name, CACHED)
    return f"| {name} | {way['batches']} | {each} | {rate:.1f} | {ratio:.2f} x | {memory(results, name):,.0f} |"


def _by_round(results: Mapping[str, Any], name: str) -> list[list[float]]:
    """Return the seconds of each process in each round."""
    each, rounds = [one["seconds"] for one in _epochs(results, name)], results["settings"]["rounds"]
    processes = len(each) // rounds
    return [each[begin : begin + processes] for begin in range(0, len(each), processes)]


def _epochs(results: Mapping[str, Any], name: str) -> list[dict[str, float]]:
    return next(way["epochs"] for way in results["ways"] if way["name"] == name)


def _at_least(what: str, wanted: float, found: float) -> Goal:
    return Goal(what, f"≥ {wanted:g} x", f"{found:.2f} x", found >= wanted)


def _at_most(what: str, wanted: float, found: float) -> Goal:
    return Goal(what, f"≤ {wanted:g} x", f"{found:.2f} x", found <= wanted)
