"""``cdkd retrain``, ``cdkd adapt``, ``cdkd rollback`` and ``cdkd drift``: a bundle that keeps up with the world."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cdkd_kg.cli.console import print_table

Bundle = Annotated[Path, typer.Argument(help="The folder of a bundle that `cdkd export` made.")]
Tolerance = Annotated[float, typer.Option(min=0, help="By how many points the new student may be worse on a domain.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Run = Annotated[Path | None, typer.Option(help="Where the run of the bundle lies now; else where it was made.")]
Decisions = Annotated[Path | None, typer.Option(help="A curated graph whose decisions hold; else those of the run.")]
Kept = Annotated[Path, typer.Option("--with", help="The file that `cdkd serve --feedback` writes.")]
KEPT_ASIDE = 4
"""Exit status where the new student was not taken into use."""


def retrain_cli(
    bundle: Bundle,
    feedback: Kept,
    tolerance: Tolerance = 2.0,
    run: Run = None,
    decisions: Decisions = None,
    as_json: AsJson = False,
) -> None:
    """Make the student again with what its service saw and people said of it, and use it where it is not worse.

    Only new documents are read, and only teachers that learn from something new are trained. Exit status 4 where the
    new student may be worse by more than the tolerance on a domain: it is kept aside then, and the old one stays.
    """
    from cdkd_kg.cli.run import tell_step
    from cdkd_kg.processes import started_as
    from cdkd_kg.renewal.retrain import retrain

    started = started_as(sys.argv[1:])
    _tell(retrain(bundle, feedback, tolerance, run, decisions, started, tell_step), as_json)


def adapt_cli(
    bundle: Bundle,
    domain: Annotated[str, typer.Option(help="What the new domain is called.")],
    texts: Annotated[Path, typer.Option(help="CSV, JSONL, Parquet, or a folder of text files; labels only measure.")],
    column: Annotated[
        list[str] | None, typer.Option(help="How the table calls our columns, such as text=body or id=number.")
    ] = None,
    tolerance: Tolerance = 2.0,
    run: Run = None,
    decisions: Decisions = None,
    as_json: AsJson = False,
) -> None:
    """Make the student again for a domain of which there are texts alone, and say what can be known without labels.

    Exit status 4 where the new student may be worse by more than the tolerance on a domain of before.
    """
    from cdkd_kg.cli.run import tell_step
    from cdkd_kg.errors import ConfigError
    from cdkd_kg.processes import started_as
    from cdkd_kg.renewal.adapt import adapt

    pairs = [one.partition("=") for one in column or []]
    if wrong := [name for name, mark, value in pairs if not (mark and value)]:
        raise ConfigError(f"{wrong[0]!r} names no column", where="--column", remedy="write it as text=body")
    columns = {ours: theirs for ours, _, theirs in pairs}
    started = started_as(sys.argv[1:])
    _tell(adapt(bundle, domain, texts, columns, tolerance, run, decisions, started, tell_step), as_json)


def rollback_cli(
    bundle: Bundle,
    to: Annotated[
        str | None,
        typer.Option(help="A version beside the bundle, such as 0002, or the digest of one; else the one before."),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="Show what there is, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take the version of before into use again; done twice, it is undone. With --to also one that was kept aside."""
    from cdkd_kg.inference.bundle import open_bundle
    from cdkd_kg.renewal.versions import alone, latest_used, named, take_into_use, versions_of

    if listing:
        _list_versions(bundle, as_json)
        return
    with alone(bundle):
        version = named(bundle, to) if to else latest_used(bundle)
        if version:
            take_into_use(bundle, version)
    digest = open_bundle(bundle).digest
    if not version and not as_json:
        typer.echo(f"{digest[:12]} is in use at {bundle} already.")
    elif as_json:
        typer.echo(json.dumps({"bundle": str(bundle), "in_use": digest, "version": version}))
    else:
        typer.echo(f"{digest[:12]} is in use at {bundle}; what was in use lies at {versions_of(bundle) / version}.")
        typer.echo("A service that runs has the old one until it is started again.")


def _list_versions(bundle: Path, as_json: bool) -> None:
    from cdkd_kg.errors import CdkdError
    from cdkd_kg.inference.bundle import open_bundle
    from cdkd_kg.renewal.versions import listed, versions_of

    used, versions = open_bundle(bundle), listed(bundle)
    if as_json:
        told = [version._asdict() for version in versions]
        typer.echo(json.dumps({"bundle": str(bundle), "in_use": used.digest, "versions": told}, indent=1))
        return
    rows = [("in use", used.digest[:12], used.about["made"]["created"], "")]
    for one in versions:
        try:
            made = open_bundle(versions_of(bundle) / one.name).about["made"]["created"]
        except CdkdError:
            made = "damaged"
        rows.append((one.name, one.digest[:12], made, "was in use" if one.used else "never in use"))
    print_table(("version", "bundle", "made", ""), rows)


def drift_cli(
    bundle: Bundle,
    feedback: Kept,
    rows: Annotated[int, typer.Option(min=1, help="How many of the newest documents of a domain.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Say how far what a service saw has drifted from what its bundle was made of, domain by domain."""
    from cdkd_kg.artifacts import read_json
    from cdkd_kg.inference.bundle import open_bundle
    from cdkd_kg.inference.reference import REFERENCE
    from cdkd_kg.serving.drift import shifts
    from cdkd_kg.serving.store import opened

    found = open_bundle(bundle)
    known = read_json(found.folder / REFERENCE)
    with opened(feedback) as store:
        seen = {name: store.recent(name, rows, found.digest[:12]) for name in found.domains}
        counts = store.counts()
    moved = {name: shifts(known[name], documents, found.labels) for name, documents in seen.items()}
    if as_json:
        told = {name: {"documents": len(seen[name]), "shifts": [one._asdict() for one in moved[name]]} for name in seen}
        typer.echo(json.dumps(counts | {"domains": told}, indent=1))
        return
    lines = [
        (name, f"{len(seen[name]):,}", one.feature, f"{one.psi:.3f}", f"{one.chance:.3f}", "drifted" * one.drifted)
        for name in seen
        for one in moved[name]
    ]
    if not lines:
        typer.echo(f"No document that names a domain was answered by the bundle {found.digest[:12]} yet.")
        typer.echo(f"{counts['predictions']:,} predictions are kept, {counts['judged']:,} of them judged.")
        return
    print_table(("domain", "documents", "feature", "PSI", "by chance below", ""), lines)
    typer.echo("Only what this bundle answered is looked at; that of another one is held against that one.")
    typer.echo(f"{counts['predictions']:,} predictions are kept, {counts['judged']:,} of them judged.")


def _tell(found: Mapping[str, Any], as_json: bool) -> None:
    from cdkd_kg.renewal.report import sentence

    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        _show(found)
        typer.echo(sentence(found))
        typer.echo(f"Report: {found['report']}")
        back = f"cdkd rollback {found['bundle']}"
        lies = f"The one before it lies beside it as version {found['version']}; `{back}` changes them."
        aside = (
            f"The new one lies beside it; `{back} --to {found['version']}` takes it all the same. With a larger "
            "--tolerance the same command asks again, and does nothing twice."
        )
        typer.echo(lies if found["accepted"] else aside)
    if not found["accepted"]:
        raise typer.Exit(KEPT_ASIDE)


def _show(found: Mapping[str, Any]) -> None:
    from cdkd_kg.evaluation.words import percent, points, span

    rows = [
        (
            one["domain"],
            f"{one['documents']:,}",
            percent(one["old"]),
            percent(one["new"]),
            f"{points(one['difference'])} ({span(one['low'], one['high'])})",
            _VERDICT[one["passes"]],
        )
        for one in found["domains"]
        if one["documents"]
    ]
    print_table(("domain", "test documents", "old", "new", "change, points", ""), rows)
    for domain, known in found.get("unlabelled", {}).items():
        shares = ", ".join(f"{label} {percent(share)}" for label, share in known["labels"].items())
        guess = "too few to guess an accuracy"
        if known["estimate"] is not None:
            guess = f"accuracy guessed as {percent(known['estimate'])}"
        typer.echo(f"{domain}, {known['documents']:,} texts that were held out: {shares}; {guess}.")
    if "unknown" in found:
        unknown = found["unknown"]
        typer.echo(f"{unknown['entities']:,} names in {unknown['documents']:,} documents are new to the graph.")


_VERDICT = {True: "not worse", False: "may be worse", None: "too few to say"}
