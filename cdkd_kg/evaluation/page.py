"""One HTML page of sections, without a script, a font or a picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cdkd_kg.evaluation.palette import COLOURS
from cdkd_kg.evaluation.svg import clean
from cdkd_kg.evaluation.view import Section

TEMPLATE = "page.html.j2"


def render_page(
    title: str,
    verdicts: Sequence[Mapping[str, Any]],
    facts: Sequence[str],
    warned: str,
    sections: Sequence[Section],
) -> str:
    """Return a page; all text is escaped by the template engine, and figures are SVG inside the page.

    Args:
        title: its only heading of the first rank.
        verdicts: the first paragraphs, each with ``text`` and ``helped``.
        facts: a line of small facts below them.
        warned: how many warnings there are, in words; empty for none, else there is a section ``warnings``.
        sections: in reading order.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_readable,
    )
    return environment.get_template(TEMPLATE).render(
        title=title, verdicts=verdicts, facts=facts, warned=warned, sections=sections, colours=COLOURS
    )


def _readable(value: Any) -> Any:
    return clean(value) if type(value) is str else value
