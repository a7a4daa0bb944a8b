"""What a linker knows, as files: labels, facts and model."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.entities.linking.aliases import Label
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.linking.linker import Linker
from cdkd_kg.entities.linking.model import LinkModel
from cdkd_kg.errors import ArtifactError

_LABELS, _FACTS, _MODEL = "labels.parquet", "facts.json", "model.json"
_SCHEMA = pa.schema([(name, pa.string()) for name in Label._fields])


def save_linker(linker: Linker, folder: Path) -> None:
    """Write the labels, facts and model of a linker into a folder."""
    columns = list(zip(*linker.aliases.labels, strict=True)) or [(), (), ()]
    pq.write_table(pa.table([list(column) for column in columns], schema=_SCHEMA), folder / _LABELS)
    facts = linker.facts
    neighbours = {iri: sorted(near) for iri, near in facts.neighbours.items()}
    write_json(
        folder / _FACTS,
        {"classes": dict(facts.classes), "definitions": dict(facts.definitions), "neighbours": neighbours},
    )
    linker.model.save(folder / _MODEL)


def load_labels(folder: Path) -> list[Label]:
    """Read the labels that :func:`save_linker` wrote.

    Raises:
        ArtifactError: the file is missing, broken, or has other columns.
    """
    file = folder / _LABELS
    try:
        table = pq.read_table(file, schema=_SCHEMA)
    except (OSError, pa.ArrowInvalid) as error:
        raise ArtifactError("the labels of a linker cannot be read", where=str(file), why=str(error)) from error
    return [Label(*row) for row in zip(*(table[name].to_pylist() for name in Label._fields), strict=True)]


def load_facts(folder: Path) -> Facts:
    """Read the facts that :func:`save_linker` wrote.

    Raises:
        ArtifactError: the file is missing, or holds something else.
    """
    file = folder / _FACTS
    found = read_json(file)
    try:
        return Facts(
            {iri: tuple(names) for iri, names in found["classes"].items()},
            found["definitions"],
            {iri: frozenset(near) for iri, near in found["neighbours"].items()},
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ArtifactError("these are not the facts of a linker", where=str(file), why=str(error)) from error


def load_model(folder: Path) -> LinkModel:
    """Read the model that :func:`save_linker` wrote.

    Raises:
        ArtifactError: it is missing, or something else.
    """
    return LinkModel.load(folder / _MODEL)
