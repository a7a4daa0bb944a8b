"""From a matplotlib figure to SVG for a page: small, the same bytes every time, in the page's colours."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any
from xml.etree import ElementTree

from matplotlib import rc_context
from matplotlib.figure import Figure

from cdkd_kg.evaluation.palette import COLOURS, light

SVG = "http://www.w3.org/2000/svg"
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a label may hold a dollar sign
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": light("ink"),
    "axes.edgecolor": light("line"),
    "axes.labelcolor": light("soft"),
    "axes.titlecolor": light("ink"),
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": light("line"),
    "ytick.color": light("line"),
    "xtick.labelcolor": light("soft"),
    "ytick.labelcolor": light("soft"),
    "grid.color": light("line"),
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "axes.unicode_minus": True,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw inside this block: the house style holds, and fonts without a label's glyphs are not complained of."""
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def to_svg(figure: Figure, title: str) -> str:
    """Return a figure as an ``<svg>`` element, to be called inside :func:`drawing`.

    Text stays text, in the font of the page; colours of the palette become the page's variables; ``title`` is
    what a screen reader says. Ids are gone but for those that something refers to, and these are salted with the
    title, so that figures of different titles fit in one page.
    """
    buffer = StringIO()
    with rc_context({"svg.hashsalt": clean(title)}):
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    # What is parsed here was written two lines above.
    root = ElementTree.fromstring(buffer.getvalue())  # noqa: S314
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", buffer.getvalue()))
    keep = {name for pair in used for name in pair if name}
    for element in root.iter():
        _tidy(element, keep)
    width = float(root.attrib.pop("width").removesuffix("pt"))
    root.attrib.pop("height")
    root.attrib.update({"role": "img", "style": f"max-width:{width * 4 / 3:.0f}px", "aria-label": clean(title)})
    heading = ElementTree.Element("title")
    heading.text = clean(title)
    root.insert(0, heading)
    return ElementTree.tostring(root, encoding="unicode")


def clean(text: str) -> str:
    """Return ``text`` without what XML forbids or what would turn the reading direction of its surroundings."""
    return "".join(char if _harmless(char) else "\N{REPLACEMENT CHARACTER}" for char in str(text))


def short(text: str, length: int = 24) -> str:
    """Return ``text`` cleaned, and cut to ``length`` characters for a place in a figure."""
    text = clean(" ".join(str(text).split()))
    return text if len(text) <= length else text[: length - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _harmless(char: str) -> bool:
    turning = "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"
    return not turning and char not in "\ufffe\uffff" and unicodedata.category(char) not in ("Cc", "Cs")


def _tidy(element: ElementTree.Element, keep: set[str]) -> None:
    element.tag = element.tag.rpartition("}")[2]
    for name in list(element.attrib):
        value = element.attrib.pop(name)
        short_name = name.rpartition("}")[2]
        if short_name == "id" and value not in keep:
            continue
        element.attrib[short_name] = _page_style(value) if short_name in ("style", "fill", "stroke") else value
    for text in ("text", "tail"):
        if not (getattr(element, text) or "").strip():
            setattr(element, text, None)


def _page_style(style: str) -> str:
    for name, colour in COLOURS.items():
        style = style.replace(colour.light, f"var(--{name})")
    style = re.sub(r"font: ([\d.]+px) 'DejaVu Sans'", r"font-size: \1", style)
    style = re.sub(r"font: (?:bold|700) ([\d.]+px) 'DejaVu Sans'", r"font-size: \1; font-weight: bold", style)
    return style.replace("; ", ";").replace(": ", ":")
