"""A spaCy pipeline by name, with only the pipes that are asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.util import get_installed_models, get_package_path, is_package, load_meta

from cdkd_kg.artifacts import sha256_file
from cdkd_kg.config import EntitiesConfig
from cdkd_kg.errors import MissingResourceError, nearest

BLANK = "blank:"
_SENTENCES = {"parser", "senter", "sentencizer"}


def load_pipeline(config: EntitiesConfig) -> Language:
    """Return the pipeline that ``config.pipeline`` names: an installed package, a folder, or ``blank:<language>``.

    Pipes that nothing in ``config`` needs are switched off. Where no pipe is left that finds sentences,
    punctuation does it.

    Raises:
        MissingResourceError: it is not installed, or something that it needs is not.
    """
    _check_installed(config.pipeline)
    try:
        nlp = spacy.load(config.pipeline)
    except (OSError, ImportError, ValueError) as error:
        raise MissingResourceError(
            f"the spaCy pipeline {config.pipeline!r} cannot be loaded",
            where="entities.pipeline",
            why=" ".join(str(error).split()),
            remedy="install what it needs, or name another pipeline",
        ) from error
    nlp.select_pipes(enable=needed_pipes(nlp, config))
    if not any(nlp.get_pipe_meta(name).factory in _SENTENCES for name in nlp.pipe_names):
        nlp.add_pipe("sentencizer")
    return nlp


def needed_pipes(nlp: Language, config: EntitiesConfig) -> list[str]:
    """Return the names of the pipes that ``config`` needs, in the order of the pipeline.

    Noun concepts need parts of speech and lemmas, relations the parse as well; entity types need the entity
    recogniser; a shared vector layer is needed while one of its listeners is. Pipes of unknown kind stay.
    """
    tagged = config.noun_concepts or config.relations
    words = dict.fromkeys(("tagger", "morphologizer", "attribute_ruler", "lemmatizer", "trainable_lemmatizer"), tagged)
    names = dict.fromkeys(("ner", "beam_ner", "entity_ruler"), bool(config.types))
    unused = dict.fromkeys(("textcat", "textcat_multilabel", "spancat", "entity_linker"), False)
    wanted = {"parser": config.relations, **words, **names, **unused}
    kept = [name for name in nlp.pipe_names if wanted.get(nlp.get_pipe_meta(name).factory, True)]
    return [name for name in kept if _has_listeners(nlp, name, kept)]


def pipeline_identity(name: str) -> str:
    """Return what a pipeline's output depends on: its name and version, or its folder's digest, and spaCy's version.

    Raises:
        MissingResourceError: it is not installed.
    """
    _check_installed(name)
    if name.startswith(BLANK):
        return f"{name}, spaCy {spacy.__version__}"
    if is_package(name):
        version = load_meta(next(get_package_path(name).glob("meta.json")))["version"]
        return f"{name} {version}, spaCy {spacy.__version__}"
    digest = hashlib.sha256()
    for file in sorted(Path(name).rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(name).as_posix()} {sha256_file(file)}\n".encode())
    return f"{digest.hexdigest()}, spaCy {spacy.__version__}"


def _check_installed(name: str) -> None:
    if name.startswith(BLANK) or is_package(name) or (Path(name) / "meta.json").is_file():
        return
    installed = sorted(get_installed_models())
    raise MissingResourceError(
        f"there is no spaCy pipeline {name!r}{nearest(name, installed)}",
        where="entities.pipeline",
        why=f"installed are: {', '.join(installed) or 'none'}",
        remedy=f"`python -m spacy download {name}`, `python -m pip install {name.replace('_', '-')}`, "
        "or name an installed one",
    )


def _has_listeners(nlp: Language, name: str, kept: list[str]) -> bool:
    listeners = getattr(nlp.get_pipe(name), "listening_components", None)
    return listeners is None or not listeners or bool(set(listeners) & set(kept))
