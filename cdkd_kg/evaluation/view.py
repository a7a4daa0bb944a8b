"""What a page is made of: sections of paragraphs, tables, pictures and lists, without a word of HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from markupsafe import Markup

from cdkd_kg.evaluation.words import CONDITIONS, NOTHING


@dataclass(frozen=True)
class Cell:
    """A cell of a table: what it says, a smaller line below, and whether it stands out."""

    text: str
    detail: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text; a ``note`` is set smaller."""

    kind: ClassVar[str] = "paragraph"
    text: str
    note: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a caption; the first cell of each row is its head. ``words`` columns are set flush left."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: Sequence[Cell | str]
    rows: Sequence[Sequence[Cell | str]]
    words: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Picture:
    """A figure: an SVG of ours, and its caption."""

    kind: ClassVar[str] = "picture"
    svg: str
    caption: str

    @property
    def markup(self) -> Markup:
        """The SVG as markup: it was serialised from an element tree, so its text is escaped already."""
        return Markup(self.svg)  # noqa: S704


@dataclass(frozen=True)
class Terms:
    """Terms, each with what it means."""

    kind: ClassVar[str] = "terms"
    terms: Mapping[str, str]


@dataclass(frozen=True)
class Listing:
    """Text as it is, folded away under a summary."""

    kind: ClassVar[str] = "listing"
    summary: str
    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    kind: ClassVar[str] = "bullets"
    items: Sequence[str]


Block = Heading | Paragraph | Table | Picture | Terms | Listing | Bullets
BlocksOf = Callable[[Mapping[str, Any], str], list[Block]]
BY_TASK = ("students", "comparisons", "curves", "sizes", "teachers", "verdict")


@dataclass(frozen=True)
class Section:
    """A section of the page with its address."""

    id: str
    title: str
    blocks: Sequence[Block]


def empty() -> Cell:
    """Return the cell that says there is nothing to say."""
    return Cell(NOTHING)


def ordered(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return results with tasks by name and conditions in the order they are explained, whatever the file's order."""
    tasks = {key: {task: results[key][task] for task in sorted(results[key])} for key in BY_TASK}
    for key in ("students", "curves"):
        tasks[key] = {task: _by_condition(found) for task, found in tasks[key].items()}
    for task, found in tasks["teachers"].items():
        tasks["teachers"][task] = {
            part: {name: _by_condition(inner) for name, inner in sorted(found.get(part, {}).items())}
            for part in ("experts", "unlabelled")
        }
    return {**results, **tasks}


def _by_condition(mapping: Mapping[str, Any]) -> dict[str, Any]:
    known = list(CONDITIONS)

    def place(name: str) -> tuple[int, str]:
        condition = name.partition(":")[0]
        return (known.index(condition) if condition in known else len(known), name)

    return {name: mapping[name] for name in sorted(mapping, key=place)}


def by_task(results: Mapping[str, Any], blocks_of: BlocksOf) -> list[Block]:
    """Gather the blocks of every task, under a heading each where there are several tasks."""
    tasks = list(results["students"])
    blocks: list[Block] = []
    for task in tasks:
        mine = blocks_of(results, task)
        if mine and len(tasks) > 1:
            blocks.append(Heading(task))
        blocks += mine
    return blocks


def domains_of(results: Mapping[str, Any], task: str) -> list[str]:
    """Return the domains of a task, targets first."""
    corpus = results["corpus"]
    mine = [name for name in corpus if corpus[name]["task"] == task]
    return sorted(mine, key=lambda name: (corpus[name]["role"] != "target", name))


def domain_title(results: Mapping[str, Any], domain: str) -> str:
    """Return a domain's name with its role."""
    return f"{domain} ({results['corpus'][domain]['role']} domain)"


def metrics_of(results: Mapping[str, Any], task: str) -> list[str]:
    """Return the metrics that were measured in a task, the one that is compared first; none without test rows."""
    order = ("micro_f1", "accuracy", "macro_f1", "ece", "nll")
    entries = (entry for domains in results["students"][task].values() for entry in domains.values())
    measured: Mapping[str, Any] = next((entry["scores"] for entry in entries if entry.get("n")), {})
    return [metric for metric in order if metric in measured]
