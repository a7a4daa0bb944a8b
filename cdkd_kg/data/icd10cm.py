"""ICD-10-CM: codes under their categories, blocks and chapters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, fromstring

from cdkd_kg.data.archive import named
from cdkd_kg.data.skos import Concept
from cdkd_kg.errors import ArtifactError

_CODES = re.compile(r"\s*\([A-Z0-9]+(?:-[A-Z0-9]+)?\)\s*$")
_VAGUE = ", unspecified"


def concepts(files: Mapping[str, bytes]) -> Iterator[Concept]:
    """Yield chapters, blocks, categories and codes of the tabular list; inclusion terms are alternative labels.

    "Cholera, unspecified" has "Cholera" as a hidden label only where its category does not bear that name itself. The
    codes in brackets after the names of blocks and chapters are left out, and the numbers of codes are in their IRIs.
    """
    tabular = named(files, "icd10c-tabular-April-1-2026.xml")
    if b"<!DOCTYPE" in tabular[:4096] or b"<!ENTITY" in tabular:
        raise ArtifactError("the tabular list declares a document type", remedy="fetch the set again")
    for chapter in fromstring(tabular).iter("chapter"):  # noqa: S314 - of a known digest, without entities
        top = f"urn:cdkd:icd10cm:chapter-{_text(chapter, 'name')}"
        yield Concept(top, _CODES.sub("", _text(chapter, "desc")))
        for section in chapter.iter("section"):
            block = f"urn:cdkd:icd10cm:block-{section.get('id')}"
            yield Concept(block, _CODES.sub("", _text(section, "desc")), broader=(top,))
            for diagnosis in section.findall("diag"):
                yield from _codes(diagnosis, block, "")


def _codes(diagnosis: Element, above: str, name_above: str) -> Iterator[Concept]:
    iri, name = f"urn:cdkd:icd10cm:{_text(diagnosis, 'name')}", _text(diagnosis, "desc")
    terms = [note.text.strip() for note in diagnosis.findall("inclusionTerm/note") if note.text]
    bare = name.removesuffix(_VAGUE)
    hidden = (bare,) if bare != name and bare.casefold() != name_above.casefold() else ()
    yield Concept(iri, name, tuple(terms), hidden, broader=(above,))
    for below in diagnosis.findall("diag"):
        yield from _codes(below, iri, bare)


def _text(element: Element, tag: str) -> str:
    return " ".join((element.findtext(tag) or "").split())
