"""Make a student again with what its service saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cdkd_kg.config import Config
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.errors import ConfigError
from cdkd_kg.inference.bundle import Bundle, open_bundle
from cdkd_kg.pipeline.run import cache_of, plan_run
from cdkd_kg.renewal.renew import base_of, finish, joined, renew
from cdkd_kg.renewal.served import SERVED, Served, served_domains, usable
from cdkd_kg.renewal.unknown import unknown_entities
from cdkd_kg.renewal.versions import alone
from cdkd_kg.serving.store import opened
from cdkd_kg.stages import Step


def retrain(
    folder: Path,
    feedback: Path,
    tolerance: float = 2.0,
    run: Path | None = None,
    decisions: Path | None = None,
    command: Sequence[str] = (),
    on_step: Callable[[Step], None] | None = None,
) -> dict[str, Any]:
    """Join what a service saw to the corpus of its bundle, make the student again, and use it where it is not worse.

    Args:
        folder: of the bundle in use.
        feedback: what ``cdkd serve --feedback`` keeps.
        tolerance: by how many points the new student may be worse on a domain.
        run: where the run of the bundle lies now; None is where it was made.
        decisions: a curated graph whose decisions hold; None are those of the run.
        command: how it was started, for the record.
        on_step: told of each job of the run.

    Returns:
        What :func:`~cdkd_kg.renewal.renew.finish` tells, with ``texts``, ``judged`` and ``left_out`` of the service
        (see :class:`~cdkd_kg.renewal.served.Served`), and ``unknown``: entities that the graph did not know.

    Raises:
        ConfigError: there are too few texts, or nobody judged one.
        ConflictError: somebody else makes or changes versions of the bundle.
        MissingResourceError: no bundle, no file of feedback, or the data of the run are gone.
        ExportRefusedError: a form of the new student does not say what it says.
    """
    with alone(folder):
        bundle = open_bundle(folder)
        base = base_of(bundle, run, decisions)
        served = _served(bundle, base, feedback)
        config = joined(base, served.domains)
        renewed = renew(bundle, config, tolerance, command, on_step)
        entities = next(job for job, _ in plan_run(config, "entities") if job.stage == "entities")
        found = unknown_entities(Extraction.load(entities.folder(cache_of(config))), served.domains.keys())
        told = {"texts": served.texts, "judged": served.judged, "left_out": served.left_out, "unknown": found}
        return finish(folder, renewed, tolerance, told)


def _served(bundle: Bundle, base: Config, feedback: Path) -> Served:
    """Return what the service saw, as domains that can join."""
    with opened(feedback) as store:
        texts = store.texts()
    task = bundle.about["task"]
    served = served_domains(texts, task, base.corpus.domains, bundle.multi_label, base.output / SERVED)
    served = usable(served, base.corpus, task)
    if not served.judged:
        raise ConfigError(
            "nobody has judged a text yet",
            where=str(feedback),
            why="without a label there is nothing new to learn from, and nothing to measure by",
            remedy="send feedback to /feedback; for texts alone there is `cdkd adapt`",
        )
    return served
