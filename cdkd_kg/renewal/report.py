"""The report of a renewal: old and new side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.page import render_page
from cdkd_kg.evaluation.view import Block, Cell, Paragraph, Section, Table, empty
from cdkd_kg.evaluation.words import MINUS, in_text, listed, p_value, percent, plural, points, span
from cdkd_kg.renewal.judge import ENOUGH

Found = Mapping[str, Any]


def sentence(found: Found) -> str:
    """Return what came out, and why."""
    tolerance = f"{found['tolerance']:g} points"
    if found["accepted"]:
        judged, few = (
            [one["domain"] for one in found["domains"] if one["passes"] is passes] for passes in (True, None)
        )
        rest = f"fewer than {ENOUGH} labelled test documents; nothing spoke against it."
        if not judged:
            return f"The new student is in use. Every domain has {rest}"
        told = f"The new student is in use: it is not worse by more than {tolerance} on {listed(judged)}."
        return f"{told} {listed(few)}: {rest}" if few else told
    worse = listed(
        [f"{one['domain']} ({points(one['low'])} at worst)" for one in found["domains"] if one["passes"] is False]
    )
    return f"The new student was kept aside: it may be worse by more than {tolerance} on {worse}."


def render_renewal(found: Found) -> str:
    """Return the page of a renewal, from what :func:`~cdkd_kg.renewal.renew.finish` tells."""
    sections = [Section("domains", "Old and new", [_domains(found), Paragraph(_how(found), note=True)])]
    if "unlabelled" in found:
        sections.append(Section("unlabelled", "What is known without labels", _unlabelled(found)))
    if "unknown" in found:
        sections.append(Section("unknown", "Entities that the graph did not know", _unknown(found["unknown"])))
    sections.append(Section("run", "What was done", [Paragraph(_done(found))]))
    facts = [f"old {found['old'][:12]}", f"new {found['new'][:12]}", found["created"][:10]]
    title = f"{found['bundle']}: is the new student as good?"
    return render_page(title, [{"text": sentence(found), "helped": found["accepted"]}], facts, "", sections)


def _domains(found: Found) -> Table:
    metric = in_text(found["domains"][0]["metric"]) if found["domains"] else "score"
    rows: list[list[Cell | str]] = []
    for one in found["domains"]:
        if not one["documents"]:
            rows.append([one["domain"], "0", *[empty()] * 5])
            continue
        verdict = {True: "not worse", False: "may be worse", None: "too few to say"}[one["passes"]]
        change = Cell(points(one["difference"]), span(one["low"], one["high"]))
        numbers = (percent(one["old"]), percent(one["new"]), change, p_value(one["p"]))
        rows.append([one["domain"], f"{one['documents']:,}", *numbers, verdict])
    columns = [
        "Domain",
        "Test documents",
        f"Old, {metric}",
        f"New, {metric}",
        f"New {MINUS} old, points",
        "p",
        "Verdict",
    ]
    return Table("Both students on the same test documents", columns, rows, frozenset({6}))


def _how(found: Found) -> str:
    return (
        f"Paired bootstrap over documents, 95 % intervals. A domain passes where even the lower end is above "
        f"{MINUS}{found['tolerance']:g} points; domains of fewer than {ENOUGH} labelled test documents fail only "
        "where the upper end is below that."
    )


def _unlabelled(found: Found) -> list[Block]:
    blocks: list[Block] = []
    for domain, known in found["unlabelled"].items():
        rows = [[label, percent(share)] for label, share in known["labels"].items()]
        blocks += [
            Table(
                f"What the student says of {plural(known['documents'], 'text')} of {domain} that it did not learn from",
                ["Label", "Share"],
                rows,
            ),
            Paragraph(
                f"It is sure of its answers with {percent(known['confidence'])} in the mean, and says of "
                f"{percent(known['unchanged'])} of them what the student before it said. {_guess(known['estimate'])}"
            ),
        ]
        if known["estimate"] is None:
            continue
        checks = [
            [name, f"{one['documents']:,}", percent(one["estimate"]), percent(one["accuracy"])]
            for name, one in known["checks"].items()
        ]
        columns = ["Domain", "Test documents", "Estimated accuracy", "Accuracy"]
        blocks.append(Table("The same estimate where labels are known", columns, checks))
    return blocks


def _guess(estimate: float | None) -> str:
    if estimate is None:
        return f"Of fewer than {ENOUGH} texts, or without labelled validation rows, no accuracy is guessed."
    return (
        f"Its accuracy is estimated as {percent(estimate)} (average thresholded confidence, Garg et al., ICLR 2022). "
        "That is a guess, and holds as far as the new domain errs as the old ones do; the table says how near it comes."
    )


def _unknown(found: Found) -> list[Block]:
    told = Paragraph(
        f"{plural(found['entities'], 'name')} in {plural(found['documents'], 'document')} of the service mean nothing "
        "that the graph or the earlier texts know. `cdkd curate begin` with the configuration beside this report "
        "brings them into the queue of the graph."
    )
    rows = [[one["name"], one["type"], f"{one['documents']:,}"] for one in found["most"]]
    return [told, Table("Those that most documents name", ["Name", "Type", "Documents"], rows, frozenset({1}))]


def _done(found: Found) -> str:
    read = found["documents"]
    text = f"{plural(read['read'], 'document')} read, {read['known']:,} known from an earlier reading."
    if "texts" in found:
        joined = (
            f"{plural(found['texts'], 'text')} of the service joined the corpus, {found['judged']:,} of them judged."
        )
        if found["left_out"]:
            joined += (
                f" {found['left_out']:,} were left out: a corpus cannot have them, or they are alone in their domain."
            )
        text = f"{joined} {text}"
    return f"{text} The run is in {found['run']}."
