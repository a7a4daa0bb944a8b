"""The graph of a run brought into a folder, so that somebody can decide on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import Config
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.errors import ConfigError, ConflictError
from cdkd_kg.graph.decisions.as_rdf import FILE
from cdkd_kg.graph.decisions.settle import is_curated
from cdkd_kg.graph.folder import graph_folder
from cdkd_kg.graph.kept_mentions import forget_other_mentions, keep_mentions
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.propose import replace_proposals
from cdkd_kg.pipeline.background import background_files
from cdkd_kg.pipeline.graph_stage import ABOUT, GRAPH
from cdkd_kg.pipeline.run import cache_of, plan_run, run
from cdkd_kg.stages import Step


def begin(config: Config, folder: Path, on_step: Callable[[Step], None] | None = None) -> dict[str, Any]:
    """Put vocabularies, proposals, mentions and training texts of a run into the folder of a graph; decisions stay.

    What is missing of the run up to its graph is done first. Test documents are not in the graph of a run, so nobody
    can judge them. Done once more, what a later reading proposes takes the place of what was proposed.

    Args:
        config: the run.
        folder: made where there is none; called as ``graph.name`` says.
        on_step: told of each job when it is done.

    Returns:
        ``graph``, ``documents``, ``mentions`` and ``decisions`` (how many hold in it).

    Raises:
        ConfigError: the folder is called otherwise, or the run has the decisions of another folder.
        ConflictError: somebody decided on the graph of the folder in the meantime.
    """
    if folder.resolve().name != config.graph.name:
        raise ConfigError(
            f"the graph of the run is called {config.graph.name!r}",
            where=str(folder),
            why="what it proposes is named after it",
            remedy=f"name a folder graphs/{config.graph.name}, or set graph.name={folder.resolve().name}",
        )
    config = _with_decisions_of(config, folder)
    done = run(config, until="graph", on_step=on_step)
    jobs = {job.stage: job for job, _ in plan_run(config, "graph")}
    if done.graph != jobs["graph"].folder(cache_of(config)) / GRAPH:
        raise ConflictError(
            "somebody decided while the graph was made",
            where=str(folder),
            remedy="begin again: what is made is kept, so that takes no longer than what they decided asks for",
        )
    corpus, entities, graph = (jobs[stage].folder(cache_of(config)) for stage in ("corpus", "entities", "graph"))
    name, found, rows = jobs["graph"].fingerprint[:16], Extraction.load(entities), Corpus.load(corpus).graph_documents()
    with graph_folder(folder, create=True) as kept:
        keep_mentions(folder, name, found, dict(zip(rows["id"][:], rows["text"][:], strict=True)))
        kept.replace_vocabulary(background_files(config.graph))
        replace_proposals(kept, KnowledgeGraph.load(graph / GRAPH), name)
        forget_other_mentions(folder, name)
    decisions = read_json(graph / ABOUT)["decisions"]["count"]
    said = {"graph": str(folder), "documents": len(rows), "mentions": found.mentions.num_rows, "decisions": decisions}
    return said | {"warnings": done.warnings}


def _with_decisions_of(config: Config, folder: Path) -> Config:
    """Return the run with the decisions of the folder, where there are any, since its proposals rest on them."""
    given = config.graph.decisions
    others = given / FILE if given is not None and given.is_dir() else given
    if given is not None and given.resolve() not in (folder.resolve(), folder.resolve() / FILE):
        raise ConfigError(
            f"the run has the decisions of {given}",
            where="graph.decisions",
            why=f"what it proposes rests on them, and {folder} does not have them",
            remedy=f"`cdkd curate import {folder} {others}`, and leave graph.decisions out",
        )
    graph = config.graph.model_copy(update={"decisions": folder if is_curated(folder) else None})
    return config.model_copy(update={"graph": graph})
