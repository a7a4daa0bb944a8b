"""Sections on what went in: the knowledge graph and the corpus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkd_kg.evaluation.network import graph_picture
from cdkd_kg.evaluation.view import Block, Cell, Paragraph, Picture, Section, Table, empty
from cdkd_kg.evaluation.words import percent, relation_name

Results = Mapping[str, Any]
COUNTS = {
    "triples": "Triples",
    "documents": "Documents",
    "entities": "Entities",
    "mentions": "Mentions found in the texts",
    "linked": "Mentions linked to a known entity",
    "nil_new": "Mentions of something the vocabulary does not know",
    "nil_ambiguous": "Mentions with several equally good candidates",
}


def graph(results: Results) -> Section:
    """Return the size and the most linked entities of the knowledge graph."""
    about = results["graph"]
    rows = [[name, f"{about[key]:,}"] for key, name in COUNTS.items() if key in about]
    if "linked_documents" in about:
        rows.append(["Documents with a linked entity", percent(about["linked_documents"])])
    if (decisions := about.get("decisions", {})).get("count"):
        rows.append(["Decisions of people", f"{decisions['count']:,}"])
        rows.append(["Documents that these reach", f"{decisions['documents']:,}"])
    edges = sorted(about.get("edges", {}).items(), key=lambda edge: (-edge[1], edge[0]))
    blocks: list[Block] = []
    if about.get("picture", {}).get("nodes"):
        caption = (
            "The most linked entities, with the number of documents that mention them, and the relations between them. "
            "Length and place mean nothing."
        )
        blocks.append(
            Picture(graph_picture(about["picture"], "The most linked entities of the knowledge graph"), caption)
        )
    blocks.append(Table("The knowledge graph in numbers", ["What", "Count"], rows))
    if edges:
        table = [[relation_name(name), f"{count:,}"] for name, count in edges]
        blocks.append(Table("Edges that the graph teacher sees", ["Edge family", "Count"], table))
    if concepts := about.get("label_concepts"):
        blocks.append(_label_concepts(concepts))
    if "file" in about:
        blocks.append(Paragraph(f"The graph is the file {about['file']}, in {about['format']}, which RDF tools read."))
    blocks.append(Paragraph(f"Revision: {about['revision']}", note=True))
    return Section("graph", "The knowledge graph", blocks)


def _label_concepts(concepts: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Table:
    rows: list[list[Cell | str]] = [
        [task, label, ", ".join(sorted(mine.values())) or empty()]
        for task, labels in sorted(concepts.items())
        for label, mine in labels.items()
    ]
    return Table("What labels are linked to in the graph", ["Task", "Label", "Concepts"], rows, frozenset({1, 2}))


def corpus(results: Results) -> Section:
    """Return how many rows each domain gave."""
    keys = ("labelled", "unlabelled", "validation", "test", "set_aside", "left_out", "over_row_limit")
    rows = [
        [name, about["task"], about["role"], *(f"{about[key]:,}" for key in keys)]
        for name, about in sorted(
            results["corpus"].items(), key=lambda item: (item[1]["task"], item[1]["role"] != "target", item[0])
        )
    ]
    columns = [
        "Domain",
        "Task",
        "Role",
        "Training, labelled",
        "Training, unlabelled",
        "Validation",
        "Test",
        "Set aside",
        "of these left out",
        "of these over the row limit",
    ]
    text = (
        "Documents by domain. Of a target domain no label is used in training or in choosing a model. Rows set aside, "
        "most often on purpose because the configuration leaves their label out or limits how many rows are used, are "
        "listed with file, line and reason in the run's set_aside.jsonl."
    )
    return Section(
        "corpus", "The corpus", [Paragraph(text), Table("Documents by domain", columns, rows, frozenset({1, 2}))]
    )
