"""Stage ``corpus``: read, check and split the rows of every domain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cdkd_kg.artifacts import write_json, write_text
from cdkd_kg.config import Config
from cdkd_kg.stages import Job

CHECK = "check.json"


def corpus_job(config: Config) -> Job:
    """Return the job that reads the corpus; it depends on the bytes of every source, and not on the label budget."""
    from cdkd_kg.corpus.identity import corpus_identity

    options: dict[str, Any] = {
        "corpus": config.corpus.model_dump(mode="json", exclude={"labels_per_class"}),
        "sources": corpus_identity(config.corpus),
        "datasets": version("datasets"),
    }
    return Job("corpus", "all domains", options, {}, partial(_work, config))


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    del job, inputs
    from cdkd_kg.corpus.build import build_corpus
    from cdkd_kg.corpus.check import SET_ASIDE_FILE

    corpus, report = build_corpus(config.corpus)
    corpus.save(folder)
    write_json(folder / CHECK, report.as_dict())
    write_text(folder / SET_ASIDE_FILE, report.set_aside_jsonl())
