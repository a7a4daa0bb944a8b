"""The colours of figures and page: told apart by colour-blind eyes, light and dark, one table for both."""

from __future__ import annotations

from typing import NamedTuple


class Colour(NamedTuple):
    """A colour on a light page, which is also what matplotlib draws with, and on a dark one."""

    light: str
    dark: str


COLOURS = {
    "ink": Colour("#1b1f24", "#e8eaed"),
    "soft": Colour("#5b6470", "#a6afba"),
    "line": Colour("#d5d9df", "#3c434c"),
    "paper": Colour("#fffffe", "#15181c"),
    "on-fill": Colour("#fffffd", "#0d0f12"),
    "fill": Colour("#0b5c94", "#66b7ee"),
    "no_distillation": Colour("#6b7075", "#a9aeb4"),
    "text_teacher": Colour("#0072b2", "#62b5e9"),
    "graph_teacher": Colour("#c8500a", "#ff9a57"),
    "shuffled_graph": Colour("#a04a88", "#dd93c8"),
    "similar_text": Colour("#007a5e", "#3cc79d"),
    "self_training": Colour("#3f4fb5", "#a3afff"),
    "two_text_teachers": Colour("#2f6f9f", "#8cc4ee"),
    "adapted_text": Colour("#00737a", "#4fc3cb"),
    "shuffled_relations": Colour("#7b3f9e", "#cfa0ee"),
    "knowledge_only": Colour("#8a6d00", "#e0c04a"),
    "without_ontology": Colour("#5f7a00", "#b4cf4f"),
    "dropped_25": Colour("#b3500f", "#ffab70"),
    "dropped_50": Colour("#9c5117", "#f0b083"),
    "dropped_75": Colour("#85532b", "#deb598"),
    "spreading_only": Colour("#b02a4c", "#ff8fa8"),
    "same_size_mlp": Colour("#46606b", "#9fbccb"),
    "joint": Colour("#8a2be2", "#c59bff"),
    "oracle": Colour("#1b1f24", "#e8eaec"),
}
"""After Okabe & Ito, Color Universal Design, 2008, with lightness moved for contrast on either page."""

MARKERS = {
    "no_distillation": "o",
    "text_teacher": "s",
    "graph_teacher": "D",
    "shuffled_graph": "X",
    "similar_text": "^",
    "self_training": "v",
    "two_text_teachers": "8",
    "adapted_text": ".",
    "shuffled_relations": "P",
    "knowledge_only": "*",
    "without_ontology": "<",
    "dropped_25": ">",
    "dropped_50": "p",
    "dropped_75": "h",
    "spreading_only": "d",
    "same_size_mlp": "H",
    "joint": "$J$",
    "oracle": "$O$",
}
"""Shape says the same as colour, for those who see none."""

SERIES = tuple(MARKERS)


def light(name: str) -> str:
    """Return the colour that matplotlib draws ``name`` with; the page replaces it by its own."""
    return COLOURS[name].light


def series(place: int) -> str:
    """Return the name of the ``place``-th colour for things that are not conditions."""
    return SERIES[(place + 1) % len(SERIES)]
