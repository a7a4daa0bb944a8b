"""Vocabularies by name: SKOS in N-Triples, converted once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from cdkd_kg.artifacts import is_sound, new_folder, write_bytes
from cdkd_kg.data import companies, eurovoc, icd10cm, mondo, places, wordnet
from cdkd_kg.data.contents import contents
from cdkd_kg.data.fetch import cache_folder
from cdkd_kg.data.manifest import find, identity
from cdkd_kg.data.skos import Concept, concept_triples, scheme_triples, to_ntriples


class Converter(NamedTuple):
    """How the members of an archive become concepts, and the language of their labels."""

    concepts: Callable[[Mapping[str, bytes]], Iterator[Concept]]
    language: str | None = None


CONVERTERS = {
    "companies": Converter(companies.concepts),
    "eurovoc": Converter(eurovoc.concepts, "en"),
    "icd-10-cm": Converter(icd10cm.concepts, "en"),
    "mondo": Converter(mondo.concepts, "en"),
    "places": Converter(places.concepts),
    "wordnet": Converter(wordnet.concepts, "en"),
}


def vocabulary_file(name: str, manifest: Path | None = None) -> Path:
    """Return a vocabulary as a file of sorted SKOS N-Triples in the cache, fetching and converting it once.

    A file that was altered is made again. It also has a ``skos:ConceptScheme`` with title, source, licence, and the
    licence text of the package where it comes with one.

    Raises:
        MissingResourceError: there is no such vocabulary, or it cannot be fetched.
        ArtifactError: the archive is not the listed one.
    """
    entry = find(name, manifest)
    folder = cache_folder() / "vocabularies" / f"{name}-{identity(name, manifest)[:16]}"
    if is_sound(folder):
        return folder / f"{name}.nt"
    files = contents(name, "vocabulary", manifest)
    about = {"title": entry.description, "source": entry.source, "license": entry.licence}
    notices = [text.decode("utf-8") for member, text in files.items() if PurePosixPath(member).name == "LICENSE"]
    if notices:
        about["rights"] = "\n".join(notices)
    converter = CONVERTERS[name]
    triples = (concept_triples(concept, converter.language) for concept in converter.concepts(files))
    scheme = scheme_triples(f"urn:cdkd:{name}", about)
    with new_folder(folder, {"source": entry.source, "licence": entry.licence}) as fresh:
        write_bytes(fresh / f"{name}.nt", to_ntriples(chain(scheme, chain.from_iterable(triples))))
    return folder / f"{name}.nt"
