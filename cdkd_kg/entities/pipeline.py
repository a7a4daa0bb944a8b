"""A spaCy pipeline by name, with only the pipes that are asked for."""

from __future__ import annotations

import spacy
from spacy.language import Language

from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities.installed import need_pipeline
from cdkd_kg.errors import MissingResourceError

_SENTENCES = {"parser", "senter", "sentencizer"}


def load_pipeline(config: EntitiesConfig) -> Language:
    """Return the pipeline that ``config.pipeline`` names: an installed package, a folder, or ``blank:<language>``.

    Pipes that nothing in ``config`` needs are switched off. Where no pipe is left that finds sentences,
    punctuation does it.

    Raises:
        MissingResourceError: it is not installed, or something that it needs is not.
    """
    need_pipeline(config.pipeline)
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


def _has_listeners(nlp: Language, name: str, kept: list[str]) -> bool:
    listeners = getattr(nlp.get_pipe(name), "listening_components", None)
    return listeners is None or not listeners or bool(set(listeners) & set(kept))
