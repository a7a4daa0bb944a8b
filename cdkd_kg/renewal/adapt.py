"""Make a student again for a domain of which there are texts alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from cdkd_kg.config import NAME, Config, DomainConfig, SourceConfig
from cdkd_kg.errors import ConfigError
from cdkd_kg.export.forms import as_text
from cdkd_kg.inference.bundle import Bundle, open_bundle
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.renewal.held_out import with_held_out
from cdkd_kg.renewal.judge import ENOUGH
from cdkd_kg.renewal.renew import Renewed, base_of, finish, joined, renew
from cdkd_kg.renewal.served import SERVED
from cdkd_kg.renewal.unlabelled import agreement_of, threshold_for, unlabelled_report
from cdkd_kg.renewal.versions import alone
from cdkd_kg.stages import Step

ADAPTED = "adapted"
"""Beside the runs, where texts of new domains are kept as they joined."""


def adapt(
    folder: Path,
    domain: str,
    texts: Path,
    columns: dict[str, str] | None = None,
    tolerance: float = 2.0,
    run: Path | None = None,
    decisions: Path | None = None,
    command: Sequence[str] = (),
    on_step: Callable[[Step], None] | None = None,
) -> dict[str, Any]:
    """Distil the student of a bundle again with the texts of a new domain, which nobody has labelled.

    A fifth of them is held out: it shows what can be known of the new student, and is what the drift of its service is
    held against.

    Args:
        folder: of the bundle in use.
        domain: what the new domain is called.
        texts: a table or folder that a configuration could name as a source; labels, if there are any, only measure.
        columns: how the table calls our columns.
        tolerance: by how many points the new student may be worse on a domain.
        run: where the run of the bundle lies now; None is where it was made.
        decisions: a curated graph whose decisions hold; None are those of the run.
        command: how it was started, for the record.
        on_step: told of each job of the run.

    Returns:
        What :func:`~cdkd_kg.renewal.renew.finish` tells, with ``unlabelled``: what is known without labels.

    Raises:
        ConfigError: the bundle knows the domain already, its name or a column cannot be, or there are too few texts.
        ConflictError: somebody else makes or changes versions of the bundle.
        MissingResourceError: no bundle, no texts, or the data of the run are gone.
        ExportRefusedError: a form of the new student does not say what it says.
    """
    with alone(folder):
        bundle = open_bundle(folder)
        base = base_of(bundle, run, decisions)
        new = _domain(bundle, base, domain, source_of(texts, columns or {}))
        renewed = renew(bundle, joined(base, {domain: new}), tolerance, command, on_step)
        return finish(folder, renewed, tolerance, {"unlabelled": {domain: known_of(bundle, renewed, domain)}})


def source_of(texts: Path, columns: dict[str, str]) -> SourceConfig:
    """Return where the texts of a new domain come from; raises ConfigError where a column is none of ours."""
    try:
        return SourceConfig.model_validate({"path": texts, "columns": columns})
    except ValidationError as error:
        raise ConfigError(
            f"{error.errors()[0]['loc'][-2]!r} is no column of ours",
            where="--column",
            remedy="write it as text=body; ours are id, text, text_pair, label, split",
        ) from error


def _domain(bundle: Bundle, base: Config, domain: str, source: SourceConfig) -> DomainConfig:
    if not re.fullmatch(NAME, domain) or domain.endswith(SERVED):
        raise ConfigError(
            f"{domain!r} cannot name a domain",
            where="--domain",
            why=f"a name has a-z, 0-9, _ and -, and what ends in {SERVED!r} is what a service saw",
            remedy="give another name",
        )
    if domain in base.corpus.domains:
        raise ConfigError(
            f"the bundle knows a domain {domain!r} already", where="--domain", remedy="give the new one another name"
        )
    new = DomainConfig(task=bundle.about["task"], role="target", source=source)
    kept = with_held_out(domain, new, base.corpus, bundle.reads, base.output / ADAPTED / domain)
    return new.model_copy(update={"source": kept})


def known_of(old: Bundle, renewed: Renewed, domain: str) -> dict[str, Any]:
    """Return what can be known of the new student in a domain without labels, from texts that it did not learn from.

    See :func:`~cdkd_kg.renewal.unlabelled.unlabelled_report`. Beside it, ``unchanged`` is the share of documents of
    which the student of before says the same.
    """
    corpus, task, new = renewed.corpus, renewed.bundle.about["task"], renewed.bundle
    predictor, before = Predictor(new), Predictor(old)
    rows = corpus.rows(task, "test")
    mine = [as_text(text) for text, name in zip(rows["text"][:], rows["domain"][:], strict=True) if name == domain]
    judges, tests = corpus.labelled(task, "validation"), corpus.labelled(task, "test")
    confidence, right, _ = _judged(predictor, judges, corpus.targets(judges, task))
    sure, correct, names = _judged(predictor, tests, corpus.targets(tests, task))
    others = {str(name): (sure[names == name], correct[names == name]) for name in np.unique(names)}
    shares = np.array([one.probabilities for one in predictor.predict(mine, domain)])
    threshold = threshold_for(confidence, right) if len(judges) and len(mine) >= ENOUGH else None
    found = unlabelled_report(shares, new.labels, threshold, others)
    found["unchanged"] = round(agreement_of(predictor.logits(mine), before.logits(mine)), 6)
    predictor.close()
    before.close()
    return found


def _judged(predictor: Predictor, rows: Any, targets: Any) -> tuple[Any, Any, Any]:
    """Return confidence and correctness on labelled rows, and their domains."""
    known = predictor.bundle.domains
    names = [name if name in known else None for name in rows["domain"][:]]
    said = predictor.predict([as_text(text) for text in rows["text"][:]], names)
    shares = np.array([one.probabilities for one in said]).reshape(-1, len(predictor.bundle.labels))
    right = targets[np.arange(len(shares)), shares.argmax(axis=1)] == 1
    return shares.max(axis=1), right, np.array(rows["domain"][:], dtype=str)
