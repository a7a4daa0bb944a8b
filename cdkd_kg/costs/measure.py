"""Runs of a configuration at several sizes, and what each of their stages took."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from cdkd_kg.artifacts import manifest_of
from cdkd_kg.config import Config
from cdkd_kg.corpus.budget import label_budget
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.costs.calibration import Calibration, Point, Used, settings
from cdkd_kg.errors import ConfigError
from cdkd_kg.pipeline.provenance import code_commit, provenance
from cdkd_kg.pipeline.run import LIBRARIES, Listener, cache_of, plan_run, run
from cdkd_kg.stages import PEAK, Job

SHARES = (0.125, 0.25, 0.5, 1.0)


def shares_of(text: str) -> tuple[float, ...]:
    """Return shares that are written with commas between them.

    Raises:
        ConfigError: they are no two different numbers over 0 and up to 1.

    Example:
        >>> shares_of("0.5, 1")
        (0.5, 1.0)
    """
    try:
        found = sorted({float(part) for part in text.split(",")})
    except ValueError:
        found = []
    if len(found) < 2 or not 0 < found[0] <= found[-1] <= 1:
        raise ConfigError(
            f"{text!r} are no shares", where="--shares", remedy="give two numbers at least, over 0 and up to 1: 0.5,1"
        )
    return tuple(found)


def measured(
    config: Config, shares: Sequence[float] = SHARES, on_step: Listener | None = None, command: Sequence[str] = ()
) -> Calibration:
    """Run a configuration with shares of its rows, and return what its stages took; the cache is used and filled.

    With every share the same few labels are used, and with the largest the labels that the configuration asks for as
    well, so that what labels take is told from what documents take.

    Args:
        config: what is to be estimated; its rows are the most that is run.
        shares: of the rows of every domain and split.
        on_step: told of each job.
        command: how this was started, for the record.
    """
    from cdkd_kg.evaluation.speed import device_name

    full = _corpus(config, on_step)
    sizes = [_sized(config, full, share) for share in sorted(shares)]
    cells = _cells(_corpus(sizes[0], on_step))
    few = min(*cells.values(), config.corpus.labels_per_class or math.inf)
    points = [_point(_with_labels(one, int(few)), on_step) for one in sizes]
    if config.corpus.labels_per_class != few:
        points.append(_point(sizes[-1], on_step))
    about = provenance(command, LIBRARIES, device_name()) | {"git": code_commit()}
    known = sum(len(label_budget(full, task, 0, None)) for task in full.tasks)
    return Calibration(settings(config), about, len(_cells(full)), known / _documents(full), tuple(points))


def _corpus(config: Config, on_step: Listener | None) -> Corpus:
    run(config, until="corpus", on_step=on_step)
    return Corpus.load(plan_run(config, until="corpus")[0][0].folder(cache_of(config)))


def _sized(config: Config, full: Corpus, share: float) -> Config:
    """Return a configuration with a share of the rows, under a name of its own; at 1 it asks for what it asked for."""
    config = config.model_copy(update={"name": f"{config.name}-costs"})
    if share == 1:
        return config
    domains = {}
    for name, domain in config.corpus.domains.items():
        counts = {split: rows["domain"][:].count(name) for split, rows in full.dataset.items()}
        rows = {split: math.ceil(share * count) for split, count in counts.items()}
        domains[name] = domain.model_copy(update={"rows": rows})
    return config.model_copy(update={"corpus": config.corpus.model_copy(update={"domains": domains})})


def _with_labels(config: Config, budget: int) -> Config:
    return config.model_copy(update={"corpus": config.corpus.model_copy(update={"labels_per_class": budget})})


def _cells(corpus: Corpus) -> Counter[tuple[str, str]]:
    """Return how many training texts each source domain has of each label."""
    found: Counter[tuple[str, str]] = Counter()
    for task in corpus.tasks:
        rows = corpus.labelled(task)
        for domain, labels in zip(rows["domain"][:], rows["label"][:], strict=True):
            if corpus.domains[domain].role == "source":
                found.update((domain, label) for label in labels)
    return found


def _point(config: Config, on_step: Listener | None) -> Point:
    """Run a configuration, and return what was used, by whoever made a result that was there already."""
    run(config, on_step=on_step)
    cache, jobs = cache_of(config), [job for job, _ in plan_run(config)]
    corpus = Corpus.load(jobs[0].folder(cache))
    budget, seed = config.corpus.labels_per_class, config.seeds[0]
    return Point(
        documents=_documents(corpus),
        labelled=sum(len(label_budget(corpus, task, seed, budget)) for task in corpus.tasks),
        stages={stage: _used(some, cache) for stage, some in groupby(jobs, lambda job: job.stage)},
    )


def _documents(corpus: Corpus) -> int:
    return sum(map(len, corpus.dataset.values()))


def _used(jobs: Iterable[Job], cache: Path) -> Used:
    made = [manifest_of(job.folder(cache)) for job in jobs]
    return Used(
        seconds=round(sum(one["about"]["seconds"] for one in made), 2),
        memory=max(one["about"][PEAK] for one in made),
        disk=sum(file["bytes"] for one in made for file in one["files"].values()),
    )
