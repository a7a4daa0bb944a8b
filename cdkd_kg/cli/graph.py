"""``cdkd graph``: a knowledge graph in a folder, for those who keep it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cdkd_kg.cli.console import print_found
from cdkd_kg.errors import ConfigError, DataRefusedError, MissingResourceError, nearest

if TYPE_CHECKING:
    from cdkd_kg.graph.propose import Text

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="The folder of a graph, such as graphs/medicine.")]
Nil = Literal["new", "ambiguous"]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("import")
def import_cli(
    files: Annotated[
        list[str], typer.Argument(help="RDF, mappings (.sssom.tsv), or vocabularies of `cdkd data list`.")
    ],
    graph: Annotated[Path, typer.Option("--graph", help="The folder of the graph; made where there is none.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="The vocabulary says what these files say, and nothing else any more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring RDF or SSSOM mappings into a graph, SKOS, OWL and RDFS as they are; a file goes in whole or not at all."""
    from cdkd_kg.graph.folder import graph_folder
    from cdkd_kg.pipeline.background import background_file

    paths = [background_file(name, "graph import") for name in files]
    with graph_folder(graph, create=True) as found:
        before = len(found)
        if replace:
            found.replace_vocabulary(paths)
        for path in () if replace else paths:
            found.include(path)
        added = len(found) - before
        said = {"graph": str(graph), "added": added, "quads": len(found)}
    change = f"{abs(added):,} quads {'added' if added >= 0 else 'fewer'}"
    if added == 0:
        change += " (all that the files say was there before, or they say nothing)"
    _tell(said, as_json, f"{change}; {graph} holds {said['quads']:,}.")


@app.command("build")
def build_cli(
    texts: Annotated[Path, typer.Argument(help="A folder of text files, or a CSV, JSONL or Parquet with id and text.")],
    graph: Annotated[Path, typer.Option("--graph", help="The folder of the graph; made where there is none.")],
    pipeline: Annotated[str | None, typer.Option(help="A spaCy pipeline that is installed.")] = None,
    model: Annotated[Path | None, typer.Option("--model", help="A linking model that was fitted.")] = None,
    domain: Annotated[str, typer.Option(help="What the texts' domain is called.")] = "texts",
    as_json: AsJson = False,
) -> None:
    """Read texts: find entities, link them to the graph's concepts, and propose what is new and what is related."""
    from cdkd_kg.config import EntitiesConfig
    from cdkd_kg.entities.installed import link_model_identity, need_pipeline

    config = EntitiesConfig(link_model=model)
    config = config if pipeline is None else config.model_copy(update={"pipeline": pipeline})
    need_pipeline(config.pipeline)
    link_model_identity(config)
    _need(texts, "file or folder of texts")
    found, faults = _texts(texts, domain)
    from cdkd_kg.graph.propose import propose  # takes seconds, so what can be wrong was looked at before

    said: dict[str, Any] = propose(graph, found, config) | {"set_aside": faults}
    for fault in faults:
        typer.echo(f"set aside: {fault}", err=True)
    for warning in said["warnings"]:
        typer.echo(f"warning: {warning}", err=True)
    sentence = "{documents:,} texts: {mentions:,} mentions, {linked:,} linked, {new:,} new, {ambiguous:,} ambiguous."
    if said["replaced"]:
        sentence += " They take the place of {replaced:,} that had been read before."
    _tell(said, as_json, sentence.format(**said))


@app.command("stats")
def stats_cli(graph: Folder, as_json: AsJson = False) -> None:
    """Say what is in a graph: concepts, names, documents, mentions, predicates, and its revision."""
    from cdkd_kg.graph.folder import graph_folder
    from cdkd_kg.graph.summary import summary

    with graph_folder(graph) as found:
        said = summary(found)
    if as_json:
        typer.echo(json.dumps(said, indent=1))
        return
    rows = [(name, said[name]) for name in ("quads", "concepts", "names", "ambiguous_names", "documents", "mentions")]
    print_found(("what", "how many"), [(name.replace("_", " "), f"{count:,}") for name, count in rows])
    print_found(("predicate", "quads"), [(name, f"{count:,}") for name, count in said["predicates"].items()])
    typer.echo(f"revision {said['revision']}")


@app.command("mentions")
def mentions_cli(
    graph: Folder,
    anchor: Annotated[str | None, typer.Option(help="Only mentions written so, in whatever case.")] = None,
    nil: Annotated[Nil | None, typer.Option(help="Only those that are linked to nothing, for this reason.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what texts mention: what people decided or the linker took each to mean, and what else it may be."""
    from itertools import islice

    from cdkd_kg.graph.folder import graph_folder
    from cdkd_kg.graph.kept_mentions import decided_links, kept_mentions, mention_rows

    with graph_folder(graph) as found:
        kept, decided = kept_mentions(graph, found), decided_links(found)
    shown = list(islice(mention_rows(kept, anchor=anchor, nil=nil, decided=decided), rows + 1))
    if as_json:
        typer.echo(json.dumps({"mentions": shown[:rows], "more": len(shown) > rows}, indent=1, ensure_ascii=False))
        return
    columns = ("document", "mention", "means", "sure", "candidates (how the name matches, how likely)")
    print_found(columns, [_mention_line(row) for row in shown[:rows]])
    if len(shown) > rows:
        typer.echo(f"... and more; the first {rows:,} are shown; --rows shows more.")


@app.command("validate")
def validate_cli(
    graph: Folder,
    shapes: Annotated[Path | None, typer.Option("--shapes", help="SHACL shapes; else those of the project.")] = None,
    node: Annotated[list[str] | None, typer.Option("--node", help="Only this IRI; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what breaks the rules (SHACL), and put it into the queue; ends with status 3 where there is a violation."""
    from cdkd_kg.graph.breaches import keep_breaches
    from cdkd_kg.graph.decisions.log import DecisionLog
    from cdkd_kg.graph.folder import graph_folder
    from cdkd_kg.graph.validate import validate

    with graph_folder(graph) as found:
        breaches = validate(found, shapes, node)
        if node is None:
            keep_breaches(graph, breaches, (decision.id for decision in DecisionLog(graph).decisions()))
    if as_json:
        typer.echo(json.dumps([breach._asdict() for breach in breaches], indent=1, ensure_ascii=False))
    elif breaches:
        print_found(("severity", "node", "path", "value", "message"), [tuple(breach) for breach in breaches])
    else:
        typer.echo("Nothing breaks the rules.")
    if any(breach.severity == "Violation" for breach in breaches):
        raise typer.Exit(DataRefusedError.exit_status)


@app.command("query")
def query_cli(
    graph: Folder,
    query: Annotated[str, typer.Argument(help="SPARQL SELECT, ASK or CONSTRUCT, or a file with one.")],
    bind: Annotated[
        list[str] | None, typer.Option("--bind", help='name=term for a selected variable: c=<urn:x>, l="ox"@en.')
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long it may take.")] = 30.0,
    rows: Annotated[int, typer.Option(min=1, help="How many rows at most.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Ask a graph a question in SPARQL; what it holds is seen, what was rejected is not."""
    from cdkd_kg.graph.terms import term_of
    from cdkd_kg.graph.user_query import user_query

    pairs = [pair.partition("=") for pair in bind or ()]
    if wrong := [name for name, equals, _ in pairs if not equals or not name.isidentifier()]:
        raise ConfigError(f"{wrong[0]!r} binds nothing", where="--bind", remedy="write --bind 'name=<urn:x>'")
    if not any(mark in query for mark in "{ "):
        _need(Path(query), "file with a query")
        query = Path(query).read_text("utf-8")
    bindings = {name: term_of(value) for name, _, value in pairs}
    answer = user_query(graph, query, bindings, seconds=seconds, rows=rows)
    if as_json:
        typer.echo(json.dumps(answer, indent=1, ensure_ascii=False))
    elif "answer" in answer:
        typer.echo("yes" if answer["answer"] else "no")
    else:
        print_found(answer["variables"], [["" if term is None else term for term in row] for row in answer["rows"]])
        if answer["more"]:
            typer.echo(f"... and more; the first {rows:,} are shown.")


@app.command("diff")
def diff_cli(
    old: Annotated[Path, typer.Argument(help="A graph folder or an RDF file.")],
    new: Annotated[Path, typer.Argument(help="Another.")],
) -> None:
    """Print the N-Quads that are in one of two graphs alone: `-` in the old one, `+` in the new one."""
    from cdkd_kg.graph.difference import difference

    removed, added = difference(old, new)
    for mark, lines in (("-", removed), ("+", added)):
        for line in lines:
            typer.echo(f"{mark} {line}")
    typer.echo(f"{len(removed):,} lines are in {old} alone, {len(added):,} in {new}.", err=True)


@app.command("export")
def export_cli(
    graph: Folder,
    output: Annotated[Path, typer.Option("--output", "-o", help=".nq .trig .nt .ttl .jsonld .graphml .tsv .sssom.tsv")],
    form: Annotated[str | None, typer.Option("--format", help="Where the suffix does not say it.")] = None,
) -> None:
    """Write a graph as a file: N-Quads for git, Turtle to read, GraphML for Gephi, TSV for PyKEEN, SSSOM mappings."""
    from cdkd_kg.graph.export import FLAT, export
    from cdkd_kg.graph.folder import graph_folder

    with graph_folder(graph) as found:
        typer.echo(str(export(found, output, form)))
    if (form or output.suffix.lstrip(".").lower()) in FLAT:
        typer.echo("It no longer says what was proposed, accepted or rejected; .nq and .trig say that too.", err=True)


@app.command("show")
def show_cli(
    graph: Folder,
    entity: Annotated[str, typer.Argument(help="An IRI, or a name.")],
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw it too, as SVG.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show an entity: its names, what it is, and what it is tied to."""
    from cdkd_kg.graph.folder import graph_folder
    from cdkd_kg.graph.neighbourhood import as_picture, find_entity, neighbourhood

    if picture is not None and picture.suffix.lower() != ".svg":
        raise ConfigError(f"{picture} is no name of an SVG file", where="--picture", remedy="end it in .svg")
    with graph_folder(graph) as found:
        around = neighbourhood(found, find_entity(found, entity))
    if picture is not None:
        from cdkd_kg.artifacts import write_text
        from cdkd_kg.evaluation.network import graph_picture
        from cdkd_kg.evaluation.svg import standalone

        write_text(picture, standalone(graph_picture(as_picture(around), around["label"])))
        typer.echo(f"drawn as {picture}", err=True)
    if as_json:
        typer.echo(json.dumps(around, indent=1, ensure_ascii=False))
        return
    typer.echo(
        f"{around['label']}  <{around['iri']}>  in {around['documents']:,} document{'s' * (around['documents'] != 1)}"
    )
    if others := [name["text"] for name in around["names"] if name["text"] != around["label"]]:
        typer.echo(f"also called: {', '.join(others)}")
    if around["definition"]:
        typer.echo(around["definition"])
    arrows = {"out": "->", "in": "<-", "both": "--"}
    ties = [
        (arrows[tie["direction"]], tie["relation"], tie["label"], f"{tie['documents']:,}") for tie in around["ties"]
    ]
    print_found(("", "relation", "entity", "documents that mention it"), ties)
    if around["more"]:
        typer.echo(f"... and {around['more']:,} more ties.")


def _need(path: Path, what: str) -> None:
    """Refuse a path where nothing is, and name what lies beside it and is called alike."""
    if not path.exists():
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise MissingResourceError(
            f"there is no {what} at {path}{nearest(path.name, beside)}", remedy="correct the path"
        )


def _texts(path: Path, domain: str) -> tuple[list[Text], list[str]]:
    """Return the texts that can be read, and for each of the others where it is and why not."""
    from cdkd_kg.config import DomainConfig, SourceConfig
    from cdkd_kg.config_errors import DATA_SUFFIXES
    from cdkd_kg.corpus.read import read_rows
    from cdkd_kg.graph.parse import FORMATS
    from cdkd_kg.graph.propose import Text

    found: dict[str, Text] = {}
    faults = []
    for row in read_rows(domain, DomainConfig(task="none", source=SourceConfig(path=path))):
        fault = row.fault.reason if row.fault else ""
        if path.is_dir() and Path(row.file).suffix.lower() in {*FORMATS, *DATA_SUFFIXES}:
            fault = fault or "no text; a vocabulary goes in with `cdkd graph import`, a table when it is named itself"
        try:
            text = row.text.decode() if isinstance(row.text, bytes) else str(row.text or "")
        except UnicodeDecodeError as error:
            text, fault = "", f"not UTF-8: {error}"
        name = row.id or f"{Path(row.file).name}:{row.line}"
        if fault or not text.strip() or name in found:
            faults.append(
                f"{row.file}, {row.line}: {fault or ('the id is there twice' if text.strip() else 'no text')}"
            )
        else:
            found[name] = Text(name, domain, text)
    return list(found.values()), faults


def _mention_line(row: dict[str, Any]) -> tuple[str, ...]:
    candidates = [f"{one['label']} <{one['iri']}> ({one['form']}, {one['score']:.2f})" for one in row["candidates"][:3]]
    without = {"new": f"new: {row['concept']}", "ambiguous": "ambiguous", None: "not what was proposed"}
    sure = "judged" if row["judged"] else f"{row['confidence']:.2f}"
    return (row["document"], row["anchor"], row["iri"] or without[row["nil"]], sure, "; ".join(candidates))


def _tell(said: dict[str, Any], as_json: bool, sentence: str) -> None:
    typer.echo(json.dumps(said) if as_json else sentence)
