"""From a matplotlib figure to SVG for a page: small, the same bytes every time, in the page's colours."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any, cast
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
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
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
    with rc_context(cast("Any", STYLE)), warnings.catch_warnings():
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
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", buffer.getvalue()))
    _slim(root, {name for pair in used for name in pair if name})
    width = float(root.attrib.pop("width").removesuffix("pt"))
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "style": f"max-width:{width * 4 / 3:.0f}px",
        "stroke-linejoin": "round",
    }
    heading = ElementTree.Element("title")
    heading.text = clean(title)
    root.insert(0, heading)
    return ElementTree.tostring(root, encoding="unicode")


def standalone(svg: str) -> str:
    """Return what :func:`to_svg` returns as a file of its own: with the light colours, on paper, in any viewer."""
    for name, colour in COLOURS.items():
        svg = svg.replace(f"var(--{name})", colour.light)
    style = f"background:{light('paper')};font-family:sans-serif;"
    return svg.replace("<svg ", f'<svg xmlns="{SVG}" ', 1).replace('style="', f'style="{style}', 1)


def clean(text: str) -> str:
    """Return ``text`` without what XML forbids or what would turn the reading direction of its surroundings."""
    return "".join(char if _harmless(char) else "\N{REPLACEMENT CHARACTER}" for char in str(text))


def short(text: str, length: int = 24) -> str:
    """Return ``text`` cleaned, and cut to ``length`` characters for a place in a figure."""
    text = clean(" ".join(str(text).split()))
    return text if len(text) <= length else text[: length - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _harmless(char: str) -> bool:
    turning = "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"
    control = unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t"
    return not (turning or control or char in "\ufffe\uffff")


def _slim(element: ElementTree.Element, keep: set[str]) -> None:
    element.tag = element.tag.rpartition("}")[2]
    element.attrib = {key: value for key, value in map(_attribute, element.items()) if _needed(key, value, keep)}
    if not (element.text or "").strip():
        element.text = None
    element.tail = None
    for child in list(element):
        _slim(child, keep)
    element[:] = [kept for child in element for kept in _unwrapped(child)]


def _attribute(pair: tuple[str, str]) -> tuple[str, str]:
    key, value = pair[0].rpartition("}")[2], pair[1]
    if key == "style":
        for name, colour in COLOURS.items():
            value = value.replace(colour.light, f"var(--{name})")
        value = re.sub(r"font-family:[^;]*;? ?|\bopacity: 1;? ?", "", value)
        return key, value.replace("; ", ";").replace(": ", ":")
    if key in ("d", "x", "y", "transform", "width", "height"):
        value = re.sub(r"-?\d+\.\d+", lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), value)
        value = re.sub(r" ?([MLz]) ?", r"\1", " ".join(value.split()))
    return key, value


def _needed(key: str, value: str, keep: set[str]) -> bool:
    return (key != "id" or value in keep) and not (key == "transform" and value.startswith("rotate(-0 "))


def _unwrapped(element: ElementTree.Element) -> list[ElementTree.Element]:
    invisible = element.tag == "path" and element.get("style", "") == "fill:none"
    if invisible or element.tag in ("metadata", "style") or (element.tag in ("g", "defs") and not len(element)):
        return []
    return list(element) if element.tag == "g" and not element.attrib else [element]
