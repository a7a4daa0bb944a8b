"""A student made again from another configuration, held against the one in use, and taken into use or kept aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cdkd_kg.artifacts import canonical_json, read_json, sha256_text, write_json, write_text
from cdkd_kg.config import Config, DomainConfig
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.errors import ConflictError, MissingResourceError
from cdkd_kg.evaluation.answered import RESULTS
from cdkd_kg.export.card import RENEWAL, original_name
from cdkd_kg.export.forms import Forms, as_text
from cdkd_kg.inference.bundle import Bundle, open_bundle
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.pipeline.entities_stage import READ
from cdkd_kg.pipeline.export import export
from cdkd_kg.pipeline.run import MADE_IN, cache_of, plan_run, run
from cdkd_kg.renewal.judge import Judgement, failed, judge, told
from cdkd_kg.renewal.versions import next_version, take_into_use, versions_of
from cdkd_kg.stages import Step


@dataclass(frozen=True)
class Renewed:
    """What came of a renewal.

    Attributes:
        old: digest of the bundle that was in use.
        bundle: the new one, beside the one in use.
        accepted: whether it may take the place of that.
        version: under which it lies.
        judgements: old against new, domain by domain.
        documents: how many were ``read``, and how many were ``known`` from an earlier reading.
        corpus: what the new student was made of and measured by.
        folder: of the new run.
    """

    old: str
    bundle: Bundle
    accepted: bool
    version: str
    judgements: list[Judgement]
    documents: Mapping[str, int]
    corpus: Corpus
    folder: Path


def base_of(bundle: Bundle, run: Path | None = None, decisions: Path | None = None) -> Config:
    """Return the run that made a bundle, with the student of the bundle alone.

    Its results lie beside those of that run, so that whatever is the same is not done again.

    Args:
        bundle: in use.
        run: where its run lies now; None is where it was made.
        decisions: a curated graph whose decisions hold; None are those of the run.

    Raises:
        MissingResourceError: the run is not there.
    """
    about = bundle.about["run"]
    folder = run or Path(about["folder"])
    if not (folder / RESULTS).is_file():
        raise MissingResourceError(
            "the run that made the bundle is not there",
            where=str(folder),
            why="a student is made again from what its run read and kept",
            remedy="name its folder with --run, and start from the folder that the run was started from",
        )
    values: dict[str, Any] = Config.model_validate(about["config"]).model_dump(mode="json")
    output, before = folder.resolve().parent, Path(about["folder"]).parent
    values |= {"output": str(output), "seeds": [bundle.about["seed"]]}
    for domain in values["corpus"]["domains"].values():  # what an earlier renewal wrote moved with the runs
        path = Path(domain["source"]["path"] or "")
        if path.is_relative_to(before):
            domain["source"]["path"] = str(output / path.relative_to(before))
    values["evaluation"] |= {"conditions": [bundle.about["condition"]]}
    if decisions:
        values["graph"] |= {"decisions": str(decisions)}
    return Config.model_validate(values)


def joined(base: Config, domains: Mapping[str, DomainConfig]) -> Config:
    """Return a run with further domains, and with a name that no other one has."""
    found = {name: domain.model_dump(mode="json") for name, domain in {**base.corpus.domains, **domains}.items()}
    values = base.model_dump(mode="json")
    values["corpus"] |= {"domains": found}
    del values["name"]
    name = f"{original_name(base.name)[:54]}{RENEWAL}{sha256_text(canonical_json(values))[:8]}"
    return Config.model_validate(values | {"name": name})


def renew(
    bundle: Bundle,
    config: Config,
    tolerance: float,
    command: Sequence[str] = (),
    on_step: Callable[[Step], None] | None = None,
) -> Renewed:
    """Make a student by a configuration, beside the one in use, and hold both against each other.

    Only what is new or changed is done: documents that were read are known, teachers that learn from nothing new are
    those of before.

    Args:
        bundle: in use.
        config: of :func:`joined`.
        tolerance: by how many points the new student may be worse on a domain.
        command: how it was started, for the record.
        on_step: told of each job of the run.
    """
    result = run(config, on_step=on_step, command=command)
    version = next_version(bundle.folder)
    place = versions_of(bundle.folder) / version
    new = export(result.folder, place, _forms_of(bundle), bundle.about["task"], bundle.about["condition"], command)
    write_text(place.with_suffix(".yaml"), yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))
    corpus = Corpus.load(Path(result.results[MADE_IN]["corpus"]))
    judgements = compare(bundle, new, corpus, tolerance)
    entities = next(job for job, _ in plan_run(config, "entities") if job.stage == "entities")
    documents = read_json(entities.folder(cache_of(config)) / READ)
    return Renewed(bundle.digest, new, not failed(judgements), version, judgements, documents, corpus, result.folder)


def compare(old: Bundle, new: Bundle, corpus: Corpus, tolerance: float) -> list[Judgement]:
    """Return how two bundles answer the labelled test documents of a corpus; see :func:`judge`."""
    task = new.about["task"]
    rows = corpus.labelled(task, "test")
    texts = [as_text(text) for text in rows["text"][:]]
    said = []
    for bundle in (old, new):
        predictor = Predictor(bundle)
        said.append(predictor.logits(texts))
        predictor.close()
    return judge(said[0], said[1], corpus.targets(rows, task), rows["domain"][:], new.multi_label, tolerance)


def _forms_of(bundle: Bundle) -> Forms:
    """Return the forms that a bundle has, so that its successor has them, too."""
    return Forms(**bundle.about["asked"])


def finish(folder: Path, renewed: Renewed, tolerance: float, more: Mapping[str, Any]) -> dict[str, Any]:
    """Write the report of a renewal as JSON and as a page, and take the new student into use where it may be.

    Args:
        folder: of the bundle.
        renewed: what came of it.
        tolerance: that was asked for.
        more: what else is to be told.

    Returns:
        ``bundle``, ``accepted``, ``version``, ``tolerance``, ``old`` and ``new`` (digests), ``domains`` (judgements),
        ``documents`` (read and known), ``run``, ``report``, ``created``, and what is in ``more``.

    Raises:
        ConflictError: another version came into use meanwhile; the new one was not held against that.
    """
    from cdkd_kg.renewal.report import render_renewal

    place = versions_of(folder) / renewed.version
    if open_bundle(folder).digest != renewed.old:
        raise ConflictError(
            "another version came into use meanwhile",
            where=str(folder),
            why="the new student was held against the one of before",
            remedy="start again; what was done is not done twice",
        )
    found = {
        "bundle": str(folder),
        "accepted": renewed.accepted,
        "version": renewed.version,
        "tolerance": tolerance,
        "old": renewed.old,
        "new": renewed.bundle.digest,
        "domains": told(renewed.judgements),
        "documents": dict(renewed.documents),
        "run": str(renewed.folder),
        "report": str(place.with_suffix(".html")),
        "created": renewed.bundle.about["made"]["created"],
        **more,
    }
    write_text(place.with_suffix(".html"), render_renewal(found))
    write_json(place.with_suffix(".json"), found)
    if renewed.accepted:
        take_into_use(folder, renewed.version)
    return found
