"""`cdkd graph`: the commands a keeper of a graph uses, and what they say when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import networkx
import pytest
import rdflib
from typer.testing import CliRunner, Result

from cdkd_kg.cli import app
from cdkd_kg.errors import CdkdError

TURTLE = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<urn:x:flu> a skos:Concept ; skos:prefLabel "influenza"@en ; skos:altLabel "flu"@en ; skos:broader <urn:x:virus> ;
    skos:definition "A disease caused by influenza viruses"@en .
<urn:x:virus> a skos:Concept ; skos:prefLabel "viral disease"@en .
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "v.ttl").write_text(TURTLE, "utf-8")
    assert cdkd("import", tmp_path / "v.ttl", "--graph", tmp_path / "med").exit_code == 0
    return tmp_path / "med"


def cdkd(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["graph", *map(str, arguments)])


def test_import_says_what_came_and_comes_once(folder: Path) -> None:
    again = cdkd("import", folder.parent / "v.ttl", "--graph", folder, "--json")
    assert json.loads(again.stdout) == {"graph": str(folder), "added": 0, "quads": 7}


def test_a_first_import_that_is_refused_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "bad.nt").write_text("<urn:a> nonsense", "utf-8")
    (tmp_path / "v.ttl").write_text(TURTLE, "utf-8")
    assert isinstance(cdkd("import", tmp_path / "bad.nt", "--graph", tmp_path / "new" / "med").exception, CdkdError)
    assert not (tmp_path / "new").exists()
    (tmp_path / "med").mkdir()
    (tmp_path / "med" / "notes.txt").write_text("mine")
    assert cdkd("import", tmp_path / "bad.nt", "--graph", tmp_path / "med").exception
    assert [path.name for path in (tmp_path / "med").iterdir()] == ["notes.txt"]
    assert cdkd("import", tmp_path / "v.ttl", tmp_path / "bad.nt", "--graph", tmp_path / "med").exception
    assert json.loads(cdkd("stats", tmp_path / "med", "--json").stdout)["quads"] == 7


def test_stats(folder: Path) -> None:
    said = json.loads(cdkd("stats", folder, "--json").stdout)
    assert (said["name"], said["quads"], said["concepts"], said["names"]) == ("med", 7, 2, 3)
    assert said["predicates"]["http://www.w3.org/2004/02/skos/core#prefLabel"] == 2
    assert "viral" not in cdkd("stats", folder).stdout


def test_validate_finds_what_breaks_the_shapes(folder: Path) -> None:
    assert cdkd("validate", folder).stdout == "Nothing breaks the rules.\n"
    more = '<urn:x:virus> <http://www.w3.org/2004/02/skos/core#prefLabel> "virus"@en .\n'
    (folder.parent / "more.nt").write_text(more + more.replace("virus>", "none>").replace("prefLabel", "altLabel"))
    cdkd("import", folder.parent / "more.nt", "--graph", folder)
    broken = cdkd("validate", folder, "--json")
    assert broken.exit_code == 3
    (breach,) = json.loads(broken.stdout)
    assert (breach["severity"], breach["node"]) == ("Violation", "urn:x:virus")
    assert cdkd("validate", folder, "--node", "urn:x:flu").exit_code == 0
    assert cdkd("validate", folder, "--node", "urn:x:virus").exit_code == 3


def test_query_prints_rows_and_answers(folder: Path) -> None:
    text = "SELECT ?s ?l { ?s <http://www.w3.org/2004/02/skos/core#altLabel> ?l }"
    assert json.loads(cdkd("query", folder, text, "--json").stdout)["rows"] == [["<urn:x:flu>", '"flu"@en']]
    assert "<urn:x:flu>" in cdkd("query", folder, text).stdout
    assert cdkd("query", folder, "ASK { ?s ?p 'none' }").stdout == "no\n"
    assert json.loads(cdkd("query", folder, text, "--bind", 'l="x"', "--json").stdout)["rows"] == []


def test_show_by_name_and_iri_with_a_picture(folder: Path, tmp_path: Path) -> None:
    said = cdkd("show", folder, "FLU", "--picture", tmp_path / "flu.svg").stdout
    assert said.startswith("influenza  <urn:x:flu>  in 0 documents\nalso called: flu\nA disease caused")
    assert "viral disease" in said
    assert (tmp_path / "flu.svg").read_text("utf-8").startswith("<")
    assert json.loads(cdkd("show", folder, "urn:x:virus", "--json").stdout)["ties"][0]["direction"] == "in"


def test_every_export_is_read_by_those_it_is_for(folder: Path, tmp_path: Path) -> None:
    for form in ("nq", "trig", "nt", "ttl", "jsonld", "graphml", "tsv"):
        assert cdkd("export", folder, "-o", tmp_path / f"x.{form}").stdout.strip() == str(tmp_path / f"x.{form}")
    for form, reader in (("nt", "nt"), ("ttl", "turtle"), ("jsonld", "json-ld")):
        assert len(rdflib.Graph().parse(data=(tmp_path / f"x.{form}").read_bytes(), format=reader)) == 7
    for form, reader in (("nq", "nquads"), ("trig", "trig")):
        data = rdflib.Dataset()
        data.parse(data=(tmp_path / f"x.{form}").read_bytes(), format=reader)
        assert {str(quad[3]) for quad in data.quads()} == {"urn:cdkd:graph:med/vocabulary"}
    assert networkx.read_graphml(tmp_path / "x.graphml").nodes["urn:x:flu"]["label"] == "influenza"
    assert (tmp_path / "x.tsv").read_text().split("\t") == [
        "urn:x:flu", "http://www.w3.org/2004/02/skos/core#broader", "urn:x:virus\n",
    ]  # fmt: skip


def test_mappings_come_in_count_as_ties_and_go_out(folder: Path, tmp_path: Path) -> None:
    head = "subject_id\tpredicate_id\tobject_id\tmapping_justification\tconfidence\n"
    row = "urn:x:flu\tskos:exactMatch\turn:other:j11\tsemapv:ManualMappingCuration\t0.9\n"
    (tmp_path / "m.sssom.tsv").write_text(head + row)
    for added in (8, 0):
        done = cdkd("import", tmp_path / "m.sssom.tsv", "--graph", folder, "--json")
        assert json.loads(done.stdout)["added"] == added
    assert cdkd("validate", folder).exit_code == 0
    assert json.loads(cdkd("stats", folder, "--json").stdout)["concepts"] == 2
    ties = json.loads(cdkd("show", folder, "flu", "--json").stdout)["ties"]
    assert {(tie["relation"], tie["iri"]) for tie in ties} == {
        ("broader", "urn:x:virus"), ("exactMatch", "urn:other:j11"),
    }  # fmt: skip
    cdkd("export", folder, "-o", tmp_path / "out.sssom.tsv")
    assert (
        (tmp_path / "out.sssom.tsv")
        .read_text()
        .endswith("x:flu\tinfluenza\tskos:exactMatch\tother:j11\tsemapv:ManualMappingCuration\t0.9\n")
    )
    (tmp_path / "m.sssom.tsv").write_text(head + row + row.replace("skos", "skoss"))
    failed = cdkd("import", tmp_path / "m.sssom.tsv", "--graph", folder).exception
    assert isinstance(failed, CdkdError)
    assert failed.exit_status == 3
    assert "did you mean 'skos'" in str(failed)
    assert "m.sssom.tsv, line 3" in str(failed)


def test_diff_shows_what_each_has_alone_whatever_they_are_called(folder: Path, tmp_path: Path) -> None:
    assert cdkd("diff", folder, tmp_path / "v.ttl").stdout == ""
    (tmp_path / "w.ttl").write_text(TURTLE.replace('"flu"', '"grippe"'), "utf-8")
    removed, added = cdkd("diff", folder, tmp_path / "w.ttl").stdout.splitlines()
    assert removed.startswith("- <urn:x:flu>")
    assert '"flu"@en' in removed
    assert '"grippe"@en <urn:cdkd:graph:med/vocabulary>' in added


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["stats", "{0}/none"], 2, "no graph in this folder"),
        (["stats", "{0}/v.ttl"], 2, "this is a file"),
        (["import", "{0}/tea.txt", "--graph", "{0}/med"], 3, "texts go in with `cdkd graph build`"),
        (["import", "{0}/w.ttl", "--graph", "{0}/med"], 2, "w.ttl; did you mean 'v.ttl'"),
        (["import", "{0}", "--graph", "{0}/med"], 2, "it is a folder"),
        (["import", "{0}/v.ttl", "--graph", "{0}/Bad Name"], 2, "cannot be the name"),
        (["import", "{0}/broken.ttl", "--graph", "{0}/med"], 3, "broken.ttl, line 2"),
        (["import", "{0}/other.nq", "--graph", "{0}/med"], 3, "not of 'med'"),
        (["show", "{0}/med", "fluu"], 2, "did you mean 'flu'"),
        (["export", "{0}/med", "-o", "{0}/x.doc"], 2, "no format 'doc'"),
        (["query", "{0}/med", "DROP ALL"], 2, "begins with DROP, which would change the graph"),
        (["query", "{0}/med", "DESCRIBE <urn:x>"], 2, "only SELECT, ASK and CONSTRUCT"),
        (["query", "{0}/med", "ASK {{ ?s ?p ?o }}", "--bind", "x"], 2, "binds nothing"),
        (["query", "{0}/med", "SELECT ?s {{ ?s ?p ?o }}", "--bind", "s=x y"], 2, "no RDF term"),
    ],
)
def test_mistakes_are_explained_and_change_nothing(
    folder: Path, arguments: list[str], status: int, message: str
) -> None:
    (folder.parent / "broken.ttl").write_text(TURTLE.replace("<urn:x:flu> a", "<urn:x:flu a"), "utf-8")
    (folder.parent / "tea.txt").write_text("Tea.", "utf-8")
    (folder.parent / "other.nq").write_text("<urn:a> <urn:b> <urn:c> <urn:cdkd:graph:law/vocabulary> .\n")
    before = cdkd("stats", folder, "--json").stdout
    failed = cdkd(*(argument.format(folder.parent) for argument in arguments)).exception
    assert isinstance(failed, CdkdError)
    assert failed.exit_status == status
    assert message in str(failed)
    assert cdkd("stats", folder, "--json").stdout == before


def test_build_reads_texts_and_the_same_texts_change_nothing(folder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("The World Health Organization (WHO) warned of flu in London. The WHO met.", "utf-8")
    (texts / "b.txt").write_text("London has the flu.", "utf-8")
    (texts / "bad.txt").write_bytes(b"\xff\xfe")
    said = json.loads(cdkd("build", texts, "--graph", folder, "--json").stdout)
    assert (said["documents"], said["linked"], len(said["set_aside"])) == (2, 2, 1)
    assert "bad.txt" in said["set_aside"][0]
    first = json.loads(cdkd("stats", folder, "--json").stdout)
    assert (first["documents"], first["mentions"]) == (2, said["mentions"])
    assert cdkd("show", folder, "london").stdout.startswith("London  <urn:cdkd:graph:med:london>  in 2 documents")
    assert json.loads(cdkd("show", folder, "World Health Organization", "--json").stdout)["documents"] == 1
    cdkd("build", texts, "--graph", folder)
    assert json.loads(cdkd("stats", folder, "--json").stdout) == first
    (texts / "b.txt").write_text("Nothing here.", "utf-8")
    cdkd("build", texts, "--graph", folder)
    assert len(json.loads(cdkd("stats", folder, "--json").stdout)["graphs"]) == 2
    assert cdkd("validate", folder).exit_code == 0


def test_mentions_shows_what_else_a_mention_may_have_meant(folder: Path) -> None:
    assert "graph build" in str(cdkd("mentions", folder).exception)
    (folder.parent / "texts").mkdir()
    (folder.parent / "texts" / "a.txt").write_text("The flu is a viral disease. Flu again.")
    assert cdkd("build", folder.parent / "texts", "--graph", folder).exit_code == 0
    flu = json.loads(cdkd("mentions", folder, "--anchor", "FLU", "--json").stdout)["mentions"]
    assert [(row["anchor"], row["iri"]) for row in flu] == [("flu", "urn:x:flu"), ("Flu", "urn:x:flu")]
    assert flu[0]["candidates"][0]["form"] == "cased"
    one = json.loads(cdkd("mentions", folder, "--rows", "1", "--json").stdout)
    assert (len(one["mentions"]), one["more"]) == (1, True)
    assert "and more" in cdkd("mentions", folder, "--rows", "1").stdout
    assert "viral disease <urn:x:virus>" in " ".join(cdkd("mentions", folder).stdout.split())
    assert cdkd("mentions", folder, "--nil", "ambiguous").stdout == "There are none.\n"
    assert cdkd("mentions", folder, "--nil", "none").exit_code == 2


def test_an_edited_vocabulary_replaces_the_old_one(folder: Path) -> None:
    (folder.parent / "v.ttl").write_text(TURTLE.replace('"flu"@en', '"grippe"@en'), "utf-8")
    assert cdkd("import", folder.parent / "v.ttl", "--graph", folder, "--replace").exit_code == 0
    assert [name["text"] for name in json.loads(cdkd("show", folder, "grippe", "--json").stdout)["names"]] == [
        "grippe", "influenza",
    ]  # fmt: skip
    assert json.loads(cdkd("stats", folder, "--json").stdout)["quads"] == 7


def test_a_query_needs_no_prefixes_and_says_what_is_wrong_in_a_line(folder: Path) -> None:
    assert '"influenza"@en' in cdkd("query", folder, "SELECT ?l { <urn:x:flu> skos:prefLabel ?l }").stdout
    for query, message in (
        ("SELECT ?x { ?x food:has ?y }", "is a prefix missing"),
        ("question.rq", "no file with a query at question.rq"),
    ):
        failed = str(cdkd("query", folder, query).exception)
        assert message in failed
        assert len(failed) < 300
    unselected = cdkd("query", folder, "SELECT ?o { ?c ?p ?o }", "--bind", "c=<urn:x:flu>")
    assert "only if it is selected" in str(unselected.exception)
    assert "no graph in this folder" in str(cdkd("query", folder.parent / "none", "ASK {}").exception)


def test_a_vocabulary_or_table_among_texts_is_set_aside_and_not_read_as_a_text(folder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("London has the flu.", "utf-8")
    (texts / "v.ttl").write_text(TURTLE, "utf-8")
    (texts / "rows.csv").write_text("id,text\n1,flu\n", "utf-8")
    said = json.loads(cdkd("build", texts, "--graph", folder, "--json").stdout)
    assert said["documents"] == 1
    assert len(said["set_aside"]) == 2
    assert all("cdkd graph import" in fault for fault in said["set_aside"])


def test_what_was_there_before_is_told_from_what_is_new(folder: Path) -> None:
    again = cdkd("import", folder.parent / "v.ttl", "--graph", folder).stdout
    assert "0 quads added (all that the files say was there before" in again
