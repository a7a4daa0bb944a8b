"""GeoNames: continents, countries, and the larger cities."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from cdkd_kg.data.archive import named
from cdkd_kg.data.python_constants import constant
from cdkd_kg.data.skos import Concept, geonames

_SHORT_FORMS = {
    "Britain": "United Kingdom",
    "Great Britain": "United Kingdom",
    "UK": "United Kingdom",
    "U.K.": "United Kingdom",
    "America": "United States",
    "U.S.": "United States",
    "U.S.A.": "United States",
}
_NOT_THE_SAME = {"England", "Republic of Congo"}  # what the package takes for the United Kingdom and for DR Congo
_CODE_LENGTH = 3


def concepts(files: Mapping[str, bytes], smallest_city: int = 100_000) -> Iterator[Concept]:
    """Yield places, broader: city, country, continent.

    Args:
        files: members of the archive.
        smallest_city: cities with fewer people are left out.

    A preferred label is given once: countries before cities, larger cities before smaller. A later place of the same
    name is called "London, Canada", and has the plain name as alternative label.
    """
    continents = json.loads(named(files, "continents.json"))
    for place in continents.values():
        yield Concept(geonames(place["geonameId"]), place["name"])
    countries = json.loads(named(files, "countries.json"))
    spellings = constant(named(files, "mappings.py"), "country_names", "mappings.py") | _SHORT_FORMS
    for country in countries.values():
        others = {other for other, name in spellings.items() if name == country["name"]} - _NOT_THE_SAME
        broader = geonames(continents[country["continentcode"]]["geonameId"])
        yield Concept(
            geonames(country["geonameid"]), country["name"], alternative=tuple(sorted(others)), broader=(broader,)
        )
    everywhere = json.loads(named(files, "cities15000.json")).values()
    cities = [city for city in everywhere if city["population"] >= smallest_city]
    cities.sort(key=lambda city: (-city["population"], city["geonameid"]))
    yield from _cities(cities, countries, {country["name"] for country in countries.values()})


def _cities(cities: list[Any], countries: Mapping[str, Any], taken: set[str]) -> Iterator[Concept]:
    for city in cities:
        country = countries[city["countrycode"]]
        wider = f"{city['name']}, {country['name']}"
        names = (city["name"], wider, f"{wider} ({city['geonameid']})")
        preferred = next(name for name in names if name not in taken)
        taken.add(preferred)
        others = [other for other in city["alternatenames"] if is_name(other)]
        yield Concept(
            geonames(city["geonameid"]),
            preferred,
            alternative=(city["name"], *others),
            broader=(geonames(country["geonameid"]),),
        )


def is_name(text: str) -> bool:
    """Say whether an alternate name is one that a text in Latin script would use.

    Left out: other scripts, transliterations (lower-case in the data), codes of up to three capitals (MAN, SIN).

    Example:
        >>> [is_name(text) for text in ("Lutèce", "Париж", "bai lin", "PAR")]
        [True, False, False, False]
    """
    letters = [character for character in text if character.isalpha()]
    if not letters or not text[0].isupper() or (text.isupper() and len(text) <= _CODE_LENGTH):
        return False
    return all(_is_latin(letter) for letter in letters)


@lru_cache(maxsize=4096)
def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")
