"""Texts, and every candidate of every mention with its features, in a graph folder: what the RDF has no room for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyoxigraph import NamedNode

from cdkd_kg.artifacts import new_folder
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.errors import ArtifactError, MissingResourceError
from cdkd_kg.graph.decisions.as_rdf import decisions_of
from cdkd_kg.graph.decisions.decision import in_force, judged_last
from cdkd_kg.graph.iris import document_iri, mention_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.namespaces import ITSRDF

MENTIONS, TEXTS = "mentions", "texts.parquet"


def keep_mentions(folder: Path, run: str, found: Extraction, texts: Mapping[str, str]) -> None:
    """Write the tables and texts of a run into ``mentions/<run>`` of a graph folder, before the graph speaks of it."""
    with new_folder(folder / MENTIONS / run, {"run": run}) as fresh:
        found.save(fresh)
        table = pa.table(
            {"document": pa.array(texts, pa.string()), "text": pa.array(texts.values(), pa.large_string())}
        )
        pq.write_table(table, fresh / TEXTS, compression="zstd")


def forget_other_mentions(folder: Path, run: str) -> None:
    """Remove the tables of all runs but one, after the graph has forgotten them."""
    for other in (folder / MENTIONS).iterdir():
        if other.is_dir() and other.name != run:
            shutil.rmtree(other, ignore_errors=True)


def kept_mentions(folder: Path, graph: KnowledgeGraph) -> Extraction:
    """Return the tables of the reading whose proposals are in the graph of a folder.

    A mention's IRI in the graph is made of its document, begin and end:
    :func:`~cdkd_kg.graph.iris.mention_iri`.

    Raises:
        MissingResourceError: no texts have been read into it by `cdkd graph build`.
        ArtifactError: the tables are not whole.
    """
    return Extraction.load(_kept(folder, graph))


def kept_texts(folder: Path, graph: KnowledgeGraph) -> dict[str, str]:
    """Return the texts that were read, by document identifier; raises as :func:`kept_mentions` does."""
    path = _kept(folder, graph) / TEXTS
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ArtifactError(
            "the texts of the graph cannot be read",
            where=str(path),
            why=str(error),
            remedy="read them again with `cdkd graph build`, or `cdkd curate begin`; decisions stay",
        ) from error
    return dict(zip(table["document"].to_pylist(), table["text"].to_pylist(), strict=True))


def _kept(folder: Path, graph: KnowledgeGraph) -> Path:
    prefix = graph.proposed("").value
    runs = [node.value.removeprefix(prefix) for node in graph.store.named_graphs() if node.value.startswith(prefix)]
    found = [folder / MENTIONS / run for run in runs if (folder / MENTIONS / run).is_dir()]
    if not found:
        raise MissingResourceError(
            "no mentions are kept with this graph",
            where=str(folder),
            remedy="read texts into it with `cdkd graph build TEXTS --graph FOLDER`",
        )
    return found[0]


class Link(NamedTuple):
    """What became of the link of a mention by decisions.

    Attributes:
        iri: of what it means; None where people only said what it does not mean, or what it meant is not used any more.
        judged: whether it was judged, and not only went with an entity that was merged, replaced or given up.
    """

    iri: str | None
    judged: bool


def decided_links(graph: KnowledgeGraph) -> dict[str, Link]:
    """Return the links of mentions that decisions have changed, by IRI."""

    def said(part: NamedNode) -> list[tuple[str, str]]:
        return [
            (quad.subject.value, quad.object.value)
            for quad in graph.store.match(None, ITSRDF.taIdentRef, None, part)
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode)
        ]

    decisions = in_force(decisions_of(graph.store.match(graph=graph.decisions), graph.name))
    judged = {iri for iri, kind in judged_last(decisions).items() if kind != "unsure"}
    taken = (one.what.rejects for one in decisions if one.what.kind in ("merge", "deprecate"))
    went = {
        one.subject.value
        for rejects in taken
        for one in rejects
        if one.predicate == ITSRDF.taIdentRef and isinstance(one.subject, NamedNode)
    }
    open_ = went - judged
    links = {mention: Link(None, mention not in open_) for mention, _ in said(graph.rejected)}
    return links | {mention: Link(iri, mention not in open_) for mention, iri in said(graph.accepted)}


def mention_rows(
    found: Extraction,
    *,
    anchor: str | None = None,
    nil: str | None = None,
    decided: Mapping[str, Link] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield mentions as dictionaries, in order of document and place.

    ``"judged"`` says whether people said what one means: for sure, or with an IRI of None that it means none of what
    they were asked.

    Args:
        found: the tables.
        anchor: only mentions written so, whatever their case.
        nil: only those without a link for this reason, "new" or "ambiguous".
        decided: what became of links by decisions; see :func:`decided_links`.
    """
    rows = found.mentions
    if anchor is not None:
        rows = rows.filter(pc.equal(pc.utf8_lower(rows["anchor"]), anchor.lower()))
    for batch in rows.to_batches(max_chunksize=1000):
        for row in batch.to_pylist():
            row = _as_decided(row, decided or {})
            if nil is None or row["nil"] == nil:
                yield row


def _as_decided(row: dict[str, Any], decided: Mapping[str, Link]) -> dict[str, Any]:
    link = decided.get(mention_iri(document_iri(row["document"]), row["begin"], row["end"]).value)
    if link is None:
        return row | {"judged": False}
    sure = {"confidence": 1.0} if link.judged else {}
    nil = None if link.judged or link.iri else "ambiguous"
    return row | {"judged": link.judged, "iri": link.iri, "nil": nil} | sure
