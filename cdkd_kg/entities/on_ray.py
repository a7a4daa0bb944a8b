"""Reading on a Ray cluster: each worker has a spaCy pipeline of its own, and shards of Parquet come in and go out.

A shard that was read is not read again, whoever was killed in between: a worker, whose shards others take, or the run.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from spacy.language import Language

from cdkd_kg.artifacts import held
from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities.installed import link_model_identity, pipeline_identity
from cdkd_kg.entities.linking.aliases import AliasTable
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.reading import Document, mention_pipeline, read
from cdkd_kg.entities.shards import Shards
from cdkd_kg.entities.tables import MENTIONS, RELATIONS, Extraction
from cdkd_kg.errors import ArtifactError, CdkdError, ConfigError, WorkersLostError, need_installed
from cdkd_kg.progress import track
from cdkd_kg.stages import code_digest

MOST_WORKERS = 4
"""So many workers may be lost over the same documents."""
BLOCKS_PER_WORKER = 16
"""Shards come to workers in blocks, so that of millions Ray need not know each."""
SHARD, WHERE = "shard", "entities.engine: ray"


def read_on_ray(
    parts: Sequence[Sequence[Document]],
    config: EntitiesConfig,
    aliases: AliasTable,
    facts: Facts | None,
    place: Path | str | None,
) -> Iterator[Extraction]:
    """Yield what is found in each part, read by the workers of the cluster that RAY_ADDRESS names, or of this machine.

    Args:
        parts: of documents.
        config: of the reading.
        aliases: to link to.
        facts: about what they name.
        place: where shards are kept, and of no other method of reading; a folder of this machine, which is held
            against others meanwhile, or a URL. Without one they do not outlive the reading.

    Raises:
        MissingResourceError: Ray is not installed.
        ConfigError: the cluster cannot be reached, or its machines have other versions, or do not see the place.
        ArtifactError: a shard was removed while others were read.
        WorkersLostError: workers were lost over the same documents again and again.
    """
    need_installed("ray", "ray", WHERE)
    with ExitStack() as stack:
        if isinstance(place, Path):
            stack.enter_context(held(place, wait=True))
        shards = Shards(str(place or stack.enter_context(TemporaryDirectory())))
        names = [shards.name_of(part) if part else None for part in parts]
        missing = {name: part for name, part in zip(names, parts, strict=True) if name and shards.found(name) is None}
        for unread, part in missing.items():
            shards.put(unread, part)
        if missing:
            about = (shards.place, uuid4().hex, _identity(config), config, aliases, facts)
            with _cluster(shared=isinstance(place, str)):
                for _ in track(_read_all(list(missing), about), "Finding entities", len(missing)):
                    pass
        for name in names:
            found = shards.found(name) if name else Extraction(MENTIONS.empty_table(), RELATIONS.empty_table())
            if found is None:
                raise ArtifactError(
                    "what was found in some documents is gone again",
                    where=f"shard {name} in {shards.place}",
                    why="somebody removed or altered it while the run went on",
                    remedy="run the same command again, and leave that place alone",
                )
            yield found


def _identity(config: EntitiesConfig) -> dict[str, Any]:
    """Return what has to be the same on all machines."""
    return {
        "code": code_digest("entities"),
        "pipeline": pipeline_identity(config.pipeline),
        "link_model": link_model_identity(config),
    }


class _Worker:
    """A process of the cluster that reads one shard after another."""

    def __init__(
        self,
        place: str,
        run: str,
        identity: dict[str, Any],
        config: EntitiesConfig,
        aliases: AliasTable,
        facts: Facts | None,
    ) -> None:
        self._shards, self._run, self._identity, self._config = Shards(place), run, identity, config
        self._knowledge = aliases, facts

    @cached_property
    def _nlp(self) -> Language:
        # Not made with the worker: Ray would make another worker for an error then, and yet another.
        mine = _identity(self._config)
        if other := [name for name, value in self._identity.items() if mine[name] != value]:
            raise ConfigError(
                "a machine of the cluster would find something else",
                where=WHERE,
                why=f"its {' and '.join(other)} is another one than where the run was started",
                remedy="install the same versions on all machines",
            )
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
    """Return what a worker said of its error, or what Ray says of it."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, CdkdError):
        return cause
    lines = str(error).strip().splitlines()
    return WorkersLostError(
        "the workers that read documents ended with an error",
        where=WHERE,
        why=lines[-1] if lines else type(error).__name__,
        remedy="see to it, and run the same command again: what was read is kept",
    )


@contextmanager
def _cluster(*, shared: bool) -> Iterator[None]:
    """Join the cluster that RAY_ADDRESS names; where none is, start one on this machine that only it can reach."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address == "local":
        # Despite its name this is asked on Linux, too: without clusters Ray listens on 127.0.0.1 alone.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    import ray

    mine = not ray.is_initialized()
    if mine:
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise ConfigError(
                "there is no way into the cluster",
                where=f"RAY_ADDRESS: {address}",
                why=" ".join(str(error).split())[:300],
                remedy="correct the address, or unset RAY_ADDRESS to read on this machine",
            ) from error
    try:
        if not shared and sum(node["Alive"] for node in ray.nodes()) > 1:
            raise ConfigError(
                "the machines of the cluster would not see what there is to read",
                where="entities.shards",
                why="it is not given, so it would lie on this machine alone",
                remedy="give a folder or a URL that all of them reach",
            )
        yield
    finally:
        if mine:
            ray.shutdown()
