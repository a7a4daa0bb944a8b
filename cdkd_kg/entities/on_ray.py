"""Reading on a Ray cluster: each worker has a spaCy pipeline of its own, and shards of Parquet come in and go out.

A shard that was read is not read again, whoever was killed in between: a worker, whose shards others take, or the run.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from spacy.language import Language

from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities.linking.aliases import AliasTable
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.reading import Document, mention_pipeline, read
from cdkd_kg.entities.shards import Shards
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.errors import ArtifactError, CdkdError, WorkersLostError, need_installed
from cdkd_kg.progress import track

MOST_WORKERS = 4
"""So many workers may be lost over the same documents."""
BLOCKS_PER_WORKER = 16
"""Shards come to workers in blocks, so that of millions Ray need not know each."""
SHARD = "shard"


def read_on_ray(
    parts: Sequence[Sequence[Document]],
    config: EntitiesConfig,
    aliases: AliasTable,
    facts: Facts | None,
    workspace: Path | None,
) -> Iterator[Extraction]:
    """Yield what is found in each part, read by the workers of the cluster that RAY_ADDRESS names, or of this machine.

    Shards lie in ``config.shards``, else in ``workspace``, else nowhere for long.

    Raises:
        MissingResourceError: Ray is not installed.
        ArtifactError: a shard was removed while others were read.
        WorkersLostError: the same shards cost several workers.
    """
    need_installed("ray", "ray", "entities.engine: ray")
    with TemporaryDirectory() as scratch:
        shards = Shards(config.shards or str((workspace or Path(scratch)).absolute()))
        names = [shards.put(part) for part in parts]
        missing = [name for name in dict.fromkeys(names) if shards.found(name) is None]
        if missing:
            with _cluster():
                work = _read_all(missing, (shards.place, uuid4().hex, config, aliases, facts))
                for _ in track(work, "Finding entities", len(missing)):
                    pass
        for name in names:
            if (found := shards.found(name)) is None:
                raise ArtifactError(
                    "what was found in some documents is gone again",
                    where=f"shard {name} in {shards.place}",
                    why="somebody removed or altered it while the run went on",
                    remedy="run the same command again, and leave that place alone",
                )
            yield found


class _Worker:
    """A process of the cluster that reads one shard after another."""

    def __init__(self, place: str, run: str, config: EntitiesConfig, aliases: AliasTable, facts: Facts | None) -> None:
        self._shards, self._run, self._config = Shards(place), run, config
        self._knowledge = aliases, facts

    @cached_property
    def _nlp(self) -> Language:
        # Not made with the worker: Ray would make another worker for an error then, and yet another.
        return mention_pipeline(self._config, *self._knowledge)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        name = row[SHARD]
        if self._shards.found(name) is not None:  # by a worker that was lost after it had read some of a block
            return row
        documents = self._shards.documents(name)
        if self._shards.begin(self._run, name) > MOST_WORKERS:
            raise WorkersLostError(
                f"{MOST_WORKERS} workers were lost over the same documents",
                where=f"{documents[0].id} to {documents[-1].id}, {len(documents)} documents",
                why="reading them crashes a worker or takes all of its memory, or workers are killed",
                remedy="see to these documents and to the memory of the machines, and run the same command again",
            )
        with self._nlp.memory_zone():
            self._shards.keep(name, read(self._nlp, documents, self._config))
        return row


def _read_all(missing: Sequence[str], about: tuple[Any, ...]) -> Iterator[object]:
    """Let workers read shards, and yield once for each that was read."""
    import ray
    from ray.data import ActorPoolStrategy, DataContext
    from ray.exceptions import RayError

    context = DataContext.get_current()
    context.enable_progress_bars, context.raise_original_map_exception = False, True
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    workers = min(len(missing), max(1, int(ray.cluster_resources().get("CPU", 1))))
    blocks = min(len(missing), BLOCKS_PER_WORKER * workers)
    rows = ray.data.from_items([{SHARD: name} for name in missing], override_num_blocks=blocks)
    work = rows.map(
        _Worker,
        fn_constructor_args=about,
        compute=ActorPoolStrategy(size=workers),
        num_cpus=1,
    )
    try:
        yield from work.iter_rows()
    except RayError as error:
        raise _told(error) from error


def _told(error: BaseException) -> CdkdError:
    """Return what a worker said of its error, or that it said nothing of use."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, CdkdError):
        return cause
    return WorkersLostError(
        "the workers that read documents were lost",
        where="entities.engine: ray",
        why=str(error).strip().splitlines()[-1],
        remedy="run the same command again: what was read is kept",
    )


@contextmanager
def _cluster() -> Iterator[None]:
    """Join the cluster that RAY_ADDRESS names; where none is, start one on this machine that only it can reach."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if "RAY_ADDRESS" not in os.environ:
        # Despite its name this is asked on Linux, too: without clusters Ray listens on 127.0.0.1 alone.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    import ray

    if ray.is_initialized():
        yield
        return
    ray.init(log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()
