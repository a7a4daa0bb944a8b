"""``cdkd curate``: what a domain expert decides on a graph, for scripts and for those who like a terminal."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cdkd_kg.cli.console import print_found
from cdkd_kg.errors import ConfigError

if TYPE_CHECKING:
    from cdkd_kg.curation.item import Item
    from cdkd_kg.curation.verbs import Desk
    from cdkd_kg.graph.decisions.log import Entry
    from cdkd_kg.graph.decisions.working_copy import WorkingCopy

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="The folder of a graph, such as graphs/medicine.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Who = Annotated[str, typer.Option("--who", envvar="CDKD_CURATOR", help="Who decides; else the user of this computer.")]
Why = Annotated[str, typer.Option("--why", help="Why, in your words.")]
Kind = Literal["mention", "relation", "breach"]
Run = Annotated[
    Path | None, typer.Option("--run", help="The folder of a run: what its teachers disagree about is worth more.")
]
SHOWN = 5


@app.command("begin")
def begin_cli(
    config: Annotated[Path, typer.Argument(help="A configuration, as `cdkd run` takes it.")],
    graph: Annotated[Path, typer.Argument(help="The folder of the graph, graphs/NAME with the name of graph.name.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="key=value, as for the run.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring the graph of a run into a folder, so that somebody can decide on it; decisions that are there stay."""
    from cdkd_kg.cli.run import tell_step
    from cdkd_kg.config import load_config
    from cdkd_kg.curation.begin import begin

    said = begin(load_config(config, overrides or []), graph, tell_step)
    for warning in said["warnings"]:
        typer.echo(f"Warning: {warning}", err=True)
    if as_json:
        _print(said)
    else:
        sentence = "{mentions:,} mentions in {documents:,} documents are in {graph}, with {decisions:,} decisions."
        typer.echo(sentence.format(**said))


@app.command("queue")
def queue_cli(
    graph: Folder,
    rows: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    kind: Annotated[
        Kind | None, typer.Option("--kind", help="Only items of this kind; a breach is a broken rule.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="What is in dispute, or was judged by others and not by --who.")
    ] = False,
    who: Who = "",
    run: Run = None,
    as_json: AsJson = False,
) -> None:
    """Show what there is to decide on, the worthiest first: uncertainty times documents that a decision reaches."""
    from cdkd_kg.curation.kept_queue import kept_queue
    from cdkd_kg.curation.queue import to_judge_again

    with _copy(graph) as copy:
        (queue, _), seen = kept_queue(graph, copy.graph, run, needed=True), copy.seen
        if again:
            items = to_judge_again(queue, copy.graph, copy.decisions, _person(who))
        else:
            items = queue.items(copy.graph, copy.decisions)
        wanted = [item for item in items if kind in (None, item.kind)]
        means = [_meant(copy, item) for item in wanted[:rows]]
    still = sum(item.state == "open" for item in items)
    if as_json:
        _print({"seen": seen, "open": still, "items": [item.told() for item in wanted[:rows]]})
        return
    lines = [
        (item.id, item.type or item.kind, item.title, meant, f"{item.worth:.2f}", f"{item.documents:,}")
        for item, meant in zip(wanted, means, strict=False)
    ]
    print_found(("item", "kind", "what", "means", "worth", "documents"), lines)
    if len(wanted) > rows:
        typer.echo(f"{rows:,} of {len(wanted):,} are shown; --rows shows more, --kind one kind alone.")
    typer.echo(f"{still:,} are open, {len(items) - still:,} were skipped.")


@app.command("show")
def show_cli(
    graph: Folder, item: Annotated[str, typer.Argument(help="An id of the queue.")], as_json: AsJson = False
) -> None:
    """Show an item: where texts speak of it, and what each candidate has for it."""
    from cdkd_kg.curation.context import contexts
    from cdkd_kg.evaluation.words import plural
    from cdkd_kg.graph.kept_mentions import kept_texts

    with _copy(graph) as copy:
        desk = _desk(graph, copy, "")
        found = desk.item(item)
        still = found.id.partition("@")[0] in {one.id for one in desk.items}
        judged = None if still else desk.judged(found.id)
        said = judged and {"who": judged[1].who, "label": judged[1].what.label}
        places = contexts(found.places, kept_texts(graph, copy.graph))
        seen, means = copy.seen, _meant(copy, found)
    if as_json:
        _print(found.told() | {"seen": seen, "judged": said, "contexts": [place._asdict() for place in places]})
        return
    typer.echo(f"{found.id}  {found.title}  {means}  in {plural(found.documents, 'document')}")
    if said:
        typer.echo("{who} said: {label}".format(**said))
    for place in places[:SHOWN]:
        typer.echo(f"  {place.document}: {place.before}[{place.anchor}]{place.after}")
    features = ("score", "form", "similarity", "prior", "type_fit", "context", "coherence")
    rows = [(one["label"], one["iri"], *(_number(one[name]) for name in features)) for one in found.candidates]
    if rows:
        print_found(("candidate", "IRI", *(name.replace("_", " ") for name in features)), rows)


@app.command("decide")
def decide_cli(
    graph: Folder,
    verb: Annotated[str, typer.Argument(help="accept, reject, unsure, link, create, merge... `--help` lists them.")],
    words: Annotated[list[str], typer.Argument(help="What the verb takes.")],
    who: Who = "",
    why: Why = "",
    seen: Annotated[
        int | None, typer.Option(min=0, help="The number that `queue` or `show` gave; refused if others decided since.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide; it is on the disk when this returns, and can be undone.

    accept ITEM, reject ITEM, unsure ITEM, link ITEM ENTITY, create ITEM NAME, split ENTITY ITEM NAME,
    merge LOSER WINNER, relabel ENTITY NAME [LANGUAGE], add-alias ENTITY NAME [LANGUAGE], drop-alias ENTITY NAME,
    add-relation SUBJECT PREDICATE OBJECT, change-relation ITEM SUBJECT PREDICATE OBJECT, deprecate ENTITY [INSTEAD].
    An item is an id of the queue, or ID@DOCUMENT; an entity is a name or an IRI; a predicate is what a relation of the
    graph is called, prefix:name such as skos:broader, an IRI, or a new name.
    """
    from cdkd_kg.curation.verbs import drafted

    with _copy(graph) as copy:
        desk = _desk(graph, copy, _person(who), needed=False)
        entry = copy.decide(drafted(desk, verb, words), _person(who), why, seen=seen)
    _tell(entry, as_json)


@app.command("undo")
def undo_cli(
    graph: Folder,
    decision: Annotated[str, typer.Argument(help="Its number, or the first digits of its id.")],
    who: Who = "",
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Undo a decision, whenever it was taken; undo the undoing to have it back."""
    from cdkd_kg.curation.undo import undo

    with _copy(graph) as copy:
        entry = copy.decide(undo(copy.entries, decision), _person(who), why)
    _tell(entry, as_json)


@app.command("history")
def history_cli(
    graph: Folder,
    rows: Annotated[int, typer.Option(min=1, help="How many of the newest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show what was decided, by whom, when and why; the newest last."""
    from cdkd_kg.curation.undo import undone

    with _copy(graph) as copy:
        entries = copy.entries
    gone = undone(entries)
    if as_json:
        _print({"entries": [_told(entry) | {"undone": entry.decision.id in gone} for entry in entries[-rows:]]})
        return
    lines = [
        (
            entry.number,
            one.id[:8],
            one.at[:16].replace("T", " "),
            one.who,
            one.what.label,
            one.why,
            "undone" * (one.id in gone),
        )
        for entry in entries[-rows:]
        for one in [entry.decision]
    ]
    print_found(("", "id", "when (UTC)", "who", "what", "why", ""), lines)


@app.command("agreement")
def agreement_cli(graph: Folder, as_json: AsJson = False) -> None:
    """Show how far each two people agree on what both have judged (Cohen's kappa), and what is in dispute."""
    from cdkd_kg.curation.agreement import agreements, disputed

    with _copy(graph) as copy:
        pairs, open_ = agreements(copy.decisions), disputed(copy.decisions)
    if as_json:
        _print(
            {
                "agreement": [pair._asdict() for pair in pairs],
                "disputed": {iri: {one.decision.who: one.says for one in said} for iri, said in open_.items()},
            }
        )
        return
    lines = [
        (
            pair.one,
            pair.other,
            f"{pair.judged:,}",
            f"{pair.observed:.0%}",
            "" if pair.kappa is None else f"{pair.kappa:.2f}",
        )
        for pair in pairs
    ]
    print_found(("one", "other", "judged by both", "the same", "kappa"), lines)
    typer.echo("Single mentions, relations and rules are counted: one decision may judge many.")
    typer.echo(f"{len(open_):,} are in dispute; `cdkd curate queue --again` shows them with their items.")


@app.command("export")
def export_cli(
    graph: Folder,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help=".nq, or .sssom.tsv for mappings; else decisions.nq of the graph."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the decisions as sorted N-Quads for git, or the mappings as they are now as SSSOM."""
    from cdkd_kg.graph.decisions.as_rdf import FILE, write_decisions
    from cdkd_kg.graph.export import export

    output = graph / FILE if output is None else output
    with _copy(graph) as copy:
        if output.name.endswith(".sssom.tsv"):
            export(copy.graph, output, None)
        elif output.suffix == ".nq":
            write_decisions(copy.log.decisions(), copy.graph, output)
        else:
            raise ConfigError("decisions are written as .nq or .sssom.tsv", where=str(output))
    typer.echo(json.dumps({"file": str(output)}) if as_json else str(output))


@app.command("import")
def import_cli(
    graph: Folder,
    file: Annotated[Path, typer.Argument(help="decisions.nq of another, or mappings (.sssom.tsv).")],
    who: Who = "",
    as_json: AsJson = False,
) -> None:
    """Take in what others decided: decisions as they are, or mappings as one decision that can be undone."""
    from cdkd_kg.curation.mappings import adopt
    from cdkd_kg.evaluation.words import plural
    from cdkd_kg.graph.decisions.as_rdf import read_decisions
    from cdkd_kg.graph.sssom.read import is_sssom

    with _copy(graph) as copy:
        if is_sssom(file):
            draft = adopt(copy.graph, file)
            added = int(draft is not None)
            if draft is not None:
                copy.decide(draft, _person(who))
        else:
            added = copy.log.absorb(read_decisions(file))
    typer.echo(json.dumps({"added": added}) if as_json else f"{plural(added, 'new decision')}.")


@app.command("serve")
def serve_cli(
    graph: Folder,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of this computer; 0 takes one that is free.")] = 0,
    who: Who = "",
    run: Run = None,
    before: Annotated[
        Path | None, typer.Option("--before", help="The folder of an earlier run, to see what changed until --run.")
    ] = None,
) -> None:
    """Open a page for deciding, on this computer alone, until it is interrupted (Ctrl-C)."""
    from cdkd_kg.errors import need_installed

    if before is not None and run is None:
        raise ConfigError("--before names a run to compare, and --run none", where="--before", remedy="give both")
    for package in ("fastapi", "uvicorn", "multipart"):
        need_installed(package, "curation", "cdkd curate serve")
    from cdkd_kg.curation.web.serve import serve

    serve(graph, _person(who), port, lambda address: typer.echo(f"Open {address}"), run, before)
    typer.echo("Stopped; every decision is kept.")


@contextmanager
def _copy(graph: Path) -> Iterator[WorkingCopy]:
    from cdkd_kg.graph.decisions.working_copy import working_copy

    with working_copy(graph) as copy:
        yield copy


def _desk(folder: Path, copy: WorkingCopy, who: str, *, needed: bool = True) -> Desk:
    from cdkd_kg.curation.kept_queue import kept_queue
    from cdkd_kg.curation.verbs import Desk

    queue, _ = kept_queue(folder, copy.graph, needed=needed)
    return Desk.of(queue, copy.graph, copy.decisions, queue.items(copy.graph, copy.decisions), who)


def _person(who: str) -> str:
    from cdkd_kg.curation.names import checked_name

    try:
        return checked_name(who or getpass.getuser())
    except (KeyError, OSError):  # a user of whom the system knows no name
        return "somebody"


def _meant(copy: WorkingCopy, item: Item) -> str:
    from cdkd_kg.graph.labels import display_name

    if item.kind != "mention":
        return ""
    if item.nil == "new":
        return "something new"
    likely = item.meaning or (item.candidates[0]["iri"] if item.candidates else "")
    return (display_name(copy.graph, likely) if likely else "") + "?" * (item.nil == "ambiguous")


def _told(entry: Entry) -> dict[str, Any]:
    return {"number": entry.number, "id": entry.decision.id, **entry.decision.record()}


def _tell(entry: Entry, as_json: bool) -> None:
    if as_json:
        _print(_told(entry))
    else:
        typer.echo(f"{entry.number}  {entry.decision.id[:8]}  {entry.decision.what.label}")


def _number(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _print(said: dict[str, Any]) -> None:
    typer.echo(json.dumps(said, indent=1, ensure_ascii=False))
