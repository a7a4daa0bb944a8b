"""Listed companies: names, industries, and where they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cdkd_kg.data.archive import named
from cdkd_kg.data.python_constants import constant
from cdkd_kg.data.skos import Concept, geonames, slug

# GeoNames ids of the countries that the package names, so that companies meet the places vocabulary.
COUNTRIES = {
    "Argentina": 3865483, "Australia": 2077456, "Bahamas": 3572887, "Belgium": 2802361, "Bermuda": 3573345,
    "Canada": 6251999, "China": 1814991, "Finland": 660013, "France": 3017382, "Germany": 2921044,
    "Guernsey": 3042362, "Ireland": 2963597, "Isle of Man": 3042225, "Israel": 294640, "Italy": 3175395,
    "Japan": 1861060, "Luxembourg": 2960313, "Mexico": 3996063, "Puerto Rico": 4566966, "Russia": 2017370,
    "Singapore": 1880251, "Spain": 2510769, "Sweden": 2661886, "Switzerland": 2658434, "The Netherlands": 2750405,
    "United Kingdom": 2635167, "United States": 6252001,
}  # fmt: skip
_SPELLINGS = {"Netherlands": "The Netherlands", "Russian Federation": "Russia"}
_FORM = (
    r"Inc|Incorporated|Corp|Corporation|Company|Co|plc|Ltd|Limited|LLC|LP|L\.P|AG|SE|KGaA|GmbH|S\.?A|N\.?V|AB|ASA|Oyj|"
    r"S\.?p\.?A"
)
_LEGAL_FORM = re.compile(rf"(?:,?\s+(?:(?:and|&)\s+)?(?:{_FORM})\.?)+$", re.IGNORECASE)
_QUALIFIER = re.compile(r"\s*\([^)]*\)$")


@dataclass
class _Found:
    """What all indices together say of one company, or of one industry."""

    names: Counter[str] = field(default_factory=Counter)
    industries: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)

    def preferred(self) -> str:
        return min(self.names, key=lambda name: (-self.names[name], name))


def concepts(files: Mapping[str, bytes]) -> Iterator[Concept]:
    """Yield companies, the industries above them, and the countries and cities related to them.

    Names that differ only by legal form or by a qualifier in brackets are one company; the name without them is
    an alternative label. A country has its GeoNames IRI and the label that the places vocabulary gives it.
    """
    companies: dict[str, _Found] = {}
    industries: dict[str, _Found] = {}
    indices = constant(named(files, "indices_data.py"), "INDICES", "indices_data.py")
    for index in indices.values():
        for row in index["companies"]:
            company = companies.setdefault(slug(core_name(row["name"])), _Found())
            _collect(row, company, industries)
    for key, company in sorted(companies.items()):
        yield Concept(
            _iri("company", key),
            company.preferred(),
            alternative=tuple(sorted({*company.names, *(core_name(name) for name in company.names)})),
            broader=tuple(_iri("industry", industry) for industry in sorted(company.industries)),
            related=tuple(_place_iri(place) for place in sorted(company.places)),
        )
    for key, industry in sorted(industries.items()):
        yield Concept(_iri("industry", key), industry.preferred())
    for place in sorted({place for company in companies.values() for place in company.places}):
        yield from _place(place)


def core_name(name: str) -> str:
    """Return the name of a company without legal form and qualifier.

    Example:
        >>> [core_name(name) for name in ("Apple Inc.", "Puma (brand)", "Eli Lilly and Company", "The Gap, Inc.")]
        ['Apple', 'Puma', 'Eli Lilly', 'Gap']
    """
    core = _LEGAL_FORM.sub("", _QUALIFIER.sub("", name.strip()))
    return core.removeprefix("The ") or name


def _collect(row: Mapping[str, Any], company: _Found, industries: dict[str, _Found]) -> None:
    company.names[row["name"].strip()] += 1
    for stated in row.get("industries") or ():
        for label in re.split(r"\s+,\s*", stated):  # lists have a space before the comma, names do not
            key = slug(label)
            if key:
                company.industries.add(key)
                industries.setdefault(key, _Found()).names[label.strip(" .")] += 1
    place = (row.get("country") or "").strip()
    if place and place != "none":
        company.places.add(_SPELLINGS.get(place, place))


def _place(place: str) -> Iterator[Concept]:
    if place in COUNTRIES:
        yield Concept(geonames(COUNTRIES[place]), place)
        return
    last = place.rpartition(", ")[2]
    country = _SPELLINGS.get(last, last)
    yield Concept(_place_iri(place), place, broader=(_place_iri(country),) if country in COUNTRIES else ())


def _place_iri(place: str) -> str:
    return geonames(COUNTRIES[place]) if place in COUNTRIES else _iri("place", slug(place))


def _iri(kind: str, key: str) -> str:
    return f"urn:cdkd:companies:{kind}:{key}"
