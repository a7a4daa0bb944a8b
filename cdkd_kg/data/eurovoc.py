"""EuroVoc: descriptors under microthesauri under domains."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from cdkd_kg.data.archive import named
from cdkd_kg.data.python_constants import constant
from cdkd_kg.data.skos import Concept


def concepts(files: Mapping[str, bytes]) -> Iterator[Concept]:
    """Yield 21 domains, the microthesauri (of which the package has the code alone) and the descriptors.

    Domains carry their EuroVoc notation in the label ("04 POLITICS"), so that they are not taken for a descriptor.
    """
    descriptors = json.loads(named(files, "eurovoc_descriptors.json"))
    for code, label in constant(named(files, "_enrich.py"), "DOMAINS", "_enrich.py").items():
        yield Concept(_domain(code), f"{code} {label}")
    for code in sorted({descriptor["mt"] for descriptor in descriptors}):
        yield Concept(_microthesaurus(code), f"EuroVoc microthesaurus {code}", broader=(_domain(code[:2]),))
    for descriptor in descriptors:
        yield Concept(descriptor["uri"], descriptor["label"], broader=(_microthesaurus(descriptor["mt"]),))


def _domain(code: str) -> str:
    return f"urn:cdkd:eurovoc:domain-{code}"


def _microthesaurus(code: str) -> str:
    return f"urn:cdkd:eurovoc:microthesaurus-{code}"
