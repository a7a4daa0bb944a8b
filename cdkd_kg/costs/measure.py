"""Runs of a configuration at several sizes, and what each of their stages took."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from cdkd_kg.artifacts import manifest_of, write_text
from cdkd_kg.config import Config, load_config
from cdkd_kg.corpus.budget import label_budget
from cdkd_kg.corpus.build import build_corpus
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.costs.calibration import Calibration, Point, Used, settings
from cdkd_kg.costs.estimate import FEWEST
from cdkd_kg.errors import CdkdError, ConfigError
from cdkd_kg.pipeline.provenance import code_commit, provenance
from cdkd_kg.pipeline.run import LIBRARIES, cache_of, plan_run
from cdkd_kg.stages import PEAK, Job

Told = Callable[[str], object]


def shares_of(text: str) -> tuple[float, ...]:
    """Return shares that are written with commas between them.

    Raises:
        ConfigError: they are no three different numbers over 0 and up to 1.

    Example:
        >>> shares_of("0.25, 0.5, 1")
        (0.25, 0.5, 1.0)
    """
    try:
        found = sorted({float(part) for part in text.split(",")})
    except ValueError:
        found = []
    if len(found) < FEWEST or not all(0 < share <= 1 for share in found):
        raise ConfigError(
            f"{text!r} are no shares",
            where="--shares",
            remedy=f"give {FEWEST} different numbers at least, over 0 and up to 1: 0.25,0.5,1",
        )
    return tuple(found)


def measured(config: Config, shares: Sequence[float], tell: Told, command: Sequence[str] = ()) -> Calibration:
    """Run a configuration with shares of its rows, and return what its stages took.

    Each run is a process of its own that finds nothing done before, and nothing of it stays. All use the same few
    labels, and one more, of the second largest share, as many as it may, so that what labels take is told from what
    documents take.

    Args:
        config: what is to be estimated; its rows are the most that is run.
        shares: of the rows of every domain and split, in rising order.
        tell: told of each run before it begins.
        command: how this was started, for the record.

    Raises:
        CdkdError: a run failed; it said why on standard error.
    """
    from cdkd_kg.evaluation.speed import device_name

    full, _ = build_corpus(config.corpus)
    sizes = [_sized(config, full, share) for share in shares]
    budget, cells = config.corpus.labels_per_class, _cells(full)
    few = max(1, math.floor(min([shares[0] * count for count in cells.values()])))
    few = few if budget is None else min(few, budget)
    asked = [_with_labels(one, few) for one in sizes]
    if budget != few:
        asked.append(sizes[-2])
    points = []
    for number, one in enumerate(asked, 1):
        tell(f"run {number} of {len(asked)}")
        points.append(_point(one))
    known = sum(len(label_budget(full, task, 0, None)) for task in full.tasks)
    about = provenance(command, LIBRARIES, device_name()) | {"git": code_commit()}
    return Calibration(settings(config), about, len(cells), known / _documents(full), tuple(points))


def _sized(config: Config, full: Corpus, share: float) -> Config:
    """Return a configuration with a share of the rows of every domain and split."""
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
    return Counter(_labels(corpus))


def _labels(corpus: Corpus) -> Iterator[tuple[str, str]]:
    for task in corpus.tasks:
        rows = corpus.labelled(task)
        for domain, labels in zip(rows["domain"][:], rows["label"][:], strict=True):
            if corpus.domains[domain].role == "source":
                yield from ((domain, label) for label in labels)


def _point(config: Config) -> Point:
    """Run a configuration in a process and folder of its own, and return what was used."""
    with TemporaryDirectory() as scratch:
        file = Path(scratch) / "sized.yaml"
        values = config.model_dump(mode="json", exclude_unset=True) | {"output": scratch}
        write_text(file, yaml.safe_dump(values))
        command = [sys.executable, "-m", "cdkd_kg", "run", str(file)]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
            raise CdkdError(
                "a run that was to be measured failed",
                why="it said so above",
                remedy="mend that, or leave out the smallest share, which may be too small to learn from",
            )
        return _used_by(load_config(file))


def _used_by(config: Config) -> Point:
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
