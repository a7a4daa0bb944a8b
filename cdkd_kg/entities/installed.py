"""What reading texts depends on beside the texts: spaCy pipelines and linking models, without loading them."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from cdkd_kg.artifacts import sha256_file
from cdkd_kg.config import EntitiesConfig
from cdkd_kg.errors import MissingResourceError, nearest

BLANK = "blank:"


def pipeline_identity(name: str) -> str:
    """Return what a pipeline's output depends on: its name and version, or its folder's digest, and spaCy's version.

    Raises:
        MissingResourceError: it is not installed.
    """
    need_pipeline(name)
    spacy = f"spaCy {version('spacy')}"
    if name.startswith(BLANK):
        return f"{name}, {spacy}"
    if package := _version(name):
        return f"{name} {package}, {spacy}"
    digest = hashlib.sha256()
    for file in sorted(Path(name).rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(name).as_posix()} {sha256_file(file)}\n".encode())
    return f"{digest.hexdigest()}, {spacy}"


def link_model_identity(config: EntitiesConfig) -> str:
    """Return the digest of the linking model of a configuration; empty for the weights that come with the project.

    Raises:
        MissingResourceError: there is no such file.
    """
    if config.link_model is None:
        return ""
    if not config.link_model.is_file():
        raise MissingResourceError(
            f"there is no linking model {config.link_model}",
            where="entities.link_model",
            remedy="name a file that LinkModel.save wrote, or leave the key out",
        )
    return sha256_file(config.link_model)


def need_pipeline(name: str) -> None:
    """Refuse a pipeline that is no installed package, no folder and not ``blank:<language>``.

    Raises:
        MissingResourceError: naming those that are installed, and how to install this one.
    """
    if name.startswith(BLANK) or _version(name) or (Path(name) / "meta.json").is_file():
        return
    installed = sorted(point.name for point in entry_points(group="spacy_models"))
    raise MissingResourceError(
        f"there is no spaCy pipeline {name!r}{nearest(name, installed)}",
        where="entities.pipeline",
        why=f"installed are: {', '.join(installed) or 'none'}",
        remedy=f"`python -m spacy download {name}`, `python -m pip install {name.replace('_', '-')}`, "
        "or name an installed one",
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except (PackageNotFoundError, ValueError):  # ValueError: an empty name
        return ""
