"""What a configuration took at some sizes, as a small file: the ground that estimates stand on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from cdkd_kg.artifacts import canonical_json, read_json, sha256_text, write_json
from cdkd_kg.config import NOT_LEARNED, Config
from cdkd_kg.errors import ArtifactError, MissingResourceError

FILE = "costs.json"
_NO_COST: dict[str, Any] = {
    **dict.fromkeys(("name", "output"), True),
    "entities": {"shards"},
    "teachers": {"text": {"training": NOT_LEARNED}},
    "distillation": {"training": NOT_LEARNED},
}
"""What may differ between a measured configuration and one that is asked about, beside rows and label budget."""


@dataclass(frozen=True)
class Used:
    """What the jobs of one stage took: seconds and bytes on disk of all, and the most memory that the process held.

    What workers of a cluster hold is not counted.
    """

    seconds: float
    memory: int
    disk: int


@dataclass(frozen=True)
class Point:
    """What every stage took at one size, in a process that did all of them.

    Attributes:
        documents: of all domains and splits.
        labelled: documents whose label may be used, those of every task.
        stages: what each took.
    """

    documents: int
    labelled: int
    stages: dict[str, Used]


@dataclass(frozen=True)
class Calibration:
    """Measurements of one configuration on one machine.

    Attributes:
        settings: digest of what was run, but for its size.
        about: commit, machine, versions and time.
        cells: how many pairs of source domain and label there are, each of which has a budget of labels.
        share_labelled: of all documents, those that have a label which could be used if the budget allowed it.
        points: by their sizes.
    """

    settings: str
    about: dict[str, Any]
    cells: int
    share_labelled: float
    points: tuple[Point, ...]

    def save(self, folder: Path) -> Path:
        """Write the file into a folder, and return where it is."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / FILE, asdict(self))
        return folder / FILE

    @classmethod
    def load(cls, config: Config) -> Self:
        """Read what was measured of a configuration.

        Raises:
            MissingResourceError: nothing was, or it was of other settings.
            ArtifactError: the file is broken.
        """
        file = config.folder / FILE
        measure = "measure it: cdkd plan CONFIG --measure"
        if not file.is_file():
            raise MissingResourceError("what this takes was not measured yet", where=str(file), remedy=measure)
        found: Any = read_json(file)
        try:
            points = tuple(
                Point(one["documents"], one["labelled"], {name: Used(**used) for name, used in one["stages"].items()})
                for one in found["points"]
            )
            loaded = cls(found["settings"], found["about"], found["cells"], found["share_labelled"], points)
        except (KeyError, TypeError, AttributeError) as error:
            raise ArtifactError("a calibration is broken", where=str(file), why=repr(error), remedy=measure) from error
        if loaded.settings != settings(config):
            raise MissingResourceError(
                "what was measured is another configuration", where=str(file), why="settings differ", remedy=measure
            )
        return loaded


def settings(config: Config) -> str:
    """Return the digest of a configuration, but for what says how many documents and labels there are."""
    given = config.model_dump(mode="json", exclude=_NO_COST)
    del given["corpus"]["labels_per_class"]
    for domain in given["corpus"]["domains"].values():
        del domain["rows"]
    return sha256_text(canonical_json(given))
