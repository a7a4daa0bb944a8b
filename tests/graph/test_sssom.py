"""Mappings to other vocabularies as SSSOM/TSV, in and out."""

from __future__ import annotations

import gzip
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Triple

from cdkd_kg.errors import GraphError
from cdkd_kg.graph import view
from cdkd_kg.graph.export import export
from cdkd_kg.graph.iris import BLANK, statement_iri
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.labels import labels
from cdkd_kg.graph.namespaces import OWL, RDF, RDFS, SEMAPV, SKOS, SSSOM, XSD
from cdkd_kg.graph.sssom.curies import BUILT_IN, contract, expand, prefixes_of
from cdkd_kg.graph.sssom.mappings import Record, mapping_quads
from cdkd_kg.graph.sssom.read import read_sssom, split
from cdkd_kg.graph.sssom.slots import DATES, IRIS, MANY, NUMBERS, SLOTS, TRIPLE
from cdkd_kg.graph.summary import summary
from cdkd_kg.graph.validate import validate

HEAD = """#curie_map:
#  HP: http://purl.obolibrary.org/obo/HP_
#  MP: "http://purl.obolibrary.org/obo/MP_"
#  orcid: https://orcid.org/
#license: https://creativecommons.org/licenses/by/4.0/
#mapping_set_id: https://example.org/mappings/hp-mp
#mapping_date: 2022-05-02
#mapping_tool_version: 1.10
"""
COLUMNS = ("subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id", "mapping_justification",
           "author_id", "confidence", "comment")  # fmt: skip
FAT = ("HP:0009124", "Fat", "skos:exactMatch", "", "MP:0000003", "semapv:LexicalMatching", "orcid:1|orcid:2", "0.95",
       '"so ""they"" say"')  # fmt: skip
EARS = ("HP:0008551", "Microtia", "skos:broadMatch", "Not", "MP:0000018", "semapv:ManualMappingCuration", "", "1", "")
OBO = "http://purl.obolibrary.org/obo/"
FAT_TRIPLE = Triple(NamedNode(OBO + "HP_0009124"), SKOS.exactMatch, NamedNode(OBO + "MP_0000003"))
EARS_TRIPLE = Triple(NamedNode(OBO + "HP_0008551"), SKOS.broadMatch, NamedNode(OBO + "MP_0000018"))


def table(*rows: tuple[str, ...], head: str = HEAD, columns: tuple[str, ...] = COLUMNS) -> str:
    return head + "".join("\t".join(row) + "\n" for row in (columns, *rows))


def changed(row: tuple[str, ...], column: str, text: str) -> tuple[str, ...]:
    return tuple(text if name == column else cell for name, cell in zip(COLUMNS, row, strict=True))


def graph_of(folder: Path, text: str | bytes, name: str = "x.sssom.tsv") -> KnowledgeGraph:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    graph = KnowledgeGraph("test")
    graph.include(folder / name)
    return graph


def said(graph: KnowledgeGraph, triple: Triple) -> dict[str, set[str]]:
    """Return the slots of the one node that speaks of a triple."""
    (node,) = {quad.subject for quad in graph if quad.subject.value.startswith(statement_iri(triple).value)}
    found: dict[str, set[str]] = {}
    for quad in graph.store.match(node, None, None, graph.vocabulary):
        if quad.predicate.value.startswith(SSSOM.base):
            found.setdefault(quad.predicate.value.removeprefix(SSSOM.base), set()).add(str(quad.object))
    return found


def exported(graph: KnowledgeGraph, folder: Path, name: str = "out.sssom.tsv") -> str:
    return export(graph, folder / name).read_text("utf-8")


def rows_of(text: str) -> list[dict[str, str]]:
    header, *rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_a_mapping_is_a_triple_and_a_node_with_every_slot(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, table(FAT))
    assert next(graph.store.match(*FAT_TRIPLE, graph.vocabulary), None) is not None
    assert said(graph, FAT_TRIPLE) == {
        "mapping_justification": {f"<{SEMAPV.base}LexicalMatching>"},
        "author_id": {"<https://orcid.org/1>", "<https://orcid.org/2>"},
        "confidence": {'"0.95"^^<http://www.w3.org/2001/XMLSchema#double>'},
        "comment": {'"so \\"they\\" say"'},
        "subject_label": {'"Fat"'},
        "mapping_date": {'"2022-05-02"^^<http://www.w3.org/2001/XMLSchema#date>'},
        "mapping_tool_version": {'"1.10"'},
        "license": {"<https://creativecommons.org/licenses/by/4.0/>"},
        "mapping_source": {"<https://example.org/mappings/hp-mp>"},
    }
    (node,) = {quad.subject for quad in graph.holding(None, RDF.type, RDF.Statement)}
    assert [next(graph.holding(node, end)).object for end in (RDF.subject, RDF.predicate, RDF.object)] == [*FAT_TRIPLE]


def test_a_negated_mapping_is_rejected_and_it_holds_that_somebody_said_so(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, table(EARS))
    assert [quad.triple for quad in graph.store.match(graph=graph.rejected)] == [EARS_TRIPLE]
    assert next(graph.holding(*EARS_TRIPLE), None) is None
    assert said(graph, EARS_TRIPLE)["predicate_modifier"] == {'"Not"'}
    assert len(list(graph.holding(None, RDF.type, SSSOM.Mapping))) == 1
    assert view.knowledge(graph).num_rows == 0


def test_a_negated_mapping_hides_what_was_known(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, table(changed(EARS, "predicate_modifier", "")))
    assert view.knowledge(graph).num_rows == 1
    (tmp_path / "no.sssom.tsv").write_text(table(EARS))
    graph.include(tmp_path / "no.sssom.tsv")
    assert view.knowledge(graph).num_rows == 0
    (row,) = rows_of(exported(graph, tmp_path))
    assert row["predicate_modifier"] == "Not", "what was said for the triple does not hold any more"


def test_what_no_vocabulary_has_ties_nothing(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, table(changed(FAT, "object_id", "sssom:NoTermFound")))
    assert view.knowledge(graph).num_rows == 0
    assert rows_of(exported(graph, tmp_path))[0]["object_id"] == "sssom:NoTermFound"


def test_a_second_import_adds_nothing_also_from_an_archive(tmp_path: Path) -> None:
    text = table(FAT, EARS, changed(FAT, "mapping_justification", "semapv:ManualMappingCuration"))
    graph = graph_of(tmp_path, text)
    before = graph.revision
    (tmp_path / "again.sssom.tsv.gz").write_bytes(gzip.compress(text.encode()))
    graph.include(tmp_path / "again.sssom.tsv.gz")
    assert graph.revision == before
    assert len(list(graph.holding(None, RDF.type, SSSOM.Mapping))) == 3, "two reasons for one triple stay apart"


def test_mappings_can_be_a_background_and_be_loaded_alone(tmp_path: Path) -> None:
    graph, background = graph_of(tmp_path, table(FAT, EARS)), KnowledgeGraph("test")
    background.load_background([tmp_path / "x.sssom.tsv"])
    assert background.revision == graph.revision
    loaded = KnowledgeGraph.load(tmp_path / "x.sssom.tsv")
    assert {quad.triple for quad in loaded} == {quad.triple for quad in graph}


def test_only_the_triple_is_knowledge_and_only_concepts_are_counted(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, table(FAT, EARS))
    graph.add([Quad(FAT_TRIPLE.subject, SKOS.prefLabel, Literal("fat"))])
    found = view.knowledge(graph).to_pylist()
    assert found == [dict(zip("spo", (end.value for end in FAT_TRIPLE), strict=True))]
    assert view.relations(graph).num_rows == 0
    assert [label.iri for label in labels(graph)] == [FAT_TRIPLE.subject.value]
    assert summary(graph)["concepts"] == 1
    assert set(graph.to_networkx()) == {FAT_TRIPLE.subject.value, FAT_TRIPLE.object.value}


def test_a_file_without_metadata_needs_no_prefix_for_the_built_in_ones(tmp_path: Path) -> None:
    row = ("https://example.org/a", "skos:closeMatch", "urn:x:b", "semapv:UnspecifiedMatching")
    columns = ("subject_id", "predicate_id", "object_id", "mapping_justification")
    graph = graph_of(tmp_path, "\ufeff" + table(row, head="", columns=columns).replace("\n", "\r\n"))
    assert next(graph.holding(NamedNode("https://example.org/a"), SKOS.closeMatch, NamedNode("urn:x:b")))


def test_prefixes_and_versions_are_texts_whatever_yaml_thinks(tmp_path: Path) -> None:
    head = "# curie_map:\n#   NO: https://example.org/no/\n#   1: https://example.org/one/\n"
    graph = graph_of(tmp_path, table(changed(changed(EARS, "subject_id", "NO:a"), "object_id", "1:b"), head=head))
    assert next(graph.store.match(NamedNode("https://example.org/no/a"), None, NamedNode("https://example.org/one/b")))


def test_what_a_mapping_says_itself_is_not_shared(tmp_path: Path) -> None:
    columns = (*COLUMNS, "mapping_date", "license")
    graph = graph_of(tmp_path, table((*FAT, "", ""), (*EARS, "2020-01-31", ""), columns=columns))
    assert "mapping_date" not in said(graph, FAT_TRIPLE)
    assert len(said(graph, EARS_TRIPLE)["mapping_date"]) == 1
    assert said(graph, EARS_TRIPLE)["license"] == said(graph, FAT_TRIPLE)["license"]


def test_columns_that_are_no_slots_are_left_out_and_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    graph = graph_of(tmp_path, table((*FAT, "1"), columns=(*COLUMNS, "my_column")))
    assert graph.revision == graph_of(tmp_path, table(FAT)).revision
    assert "my_column" in caplog.text


def test_an_export_is_sssom_with_names_prefixes_and_what_all_rows_share(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, table(EARS, FAT))
    graph.add([Quad(FAT_TRIPLE.subject, SKOS.prefLabel, Literal("fat tissue", language="en"))])
    graph.add([Quad(FAT_TRIPLE.object, RDFS.label, Literal("fatty"))])
    head, columns, *rows = exported(graph, tmp_path).partition("subject_id")
    assert "#  HP: http://purl.obolibrary.org/obo/HP_\n#  MP: http://purl.obolibrary.org/obo/MP_\n" in head
    assert "#license: https://creativecommons.org/licenses/by/4.0/\n" in head
    assert '#mapping_tool_version: "1.10"\n' in head
    assert "skos" not in head
    lines = (columns + "".join(rows)).splitlines()
    assert lines[0].split("\t") == [
        "subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id", "object_label",
        "mapping_justification", "author_id", "mapping_source", "confidence", "comment",
    ]  # fmt: skip
    assert lines[1].startswith("HP:0008551\tMicrotia\tskos:broadMatch\tNot\tMP:0000018\t\tsemapv:Man")
    assert lines[2].startswith("HP:0009124\tfat tissue\tskos:exactMatch\t\tMP:0000003\tfatty\tsemapv:Lex")
    assert lines[2].endswith('\t0.95\t"so ""they"" say"')


def test_triples_of_which_no_node_speaks_are_exported_too(tmp_path: Path) -> None:
    graph = KnowledgeGraph()
    a, b = NamedNode("urn:x:a"), NamedNode("https://example.org/b")
    matches = (SKOS.exactMatch, SKOS.relatedMatch, OWL.equivalentClass, OWL.sameAs)
    graph.add([Quad(a, predicate, b) for predicate in (*matches, SKOS.broader)])
    graph.add([Quad(a, OWL.equivalentClass, NamedNode(BLANK + "f:1")), Quad(a, SKOS.exactMatch, Literal("b"))])
    graph.add([Quad(b, SKOS.closeMatch, a, graph.rejected), Quad(b, SKOS.closeMatch, a)])
    rows = rows_of(exported(graph, tmp_path))
    assert {row["mapping_justification"] for row in rows} == {"semapv:UnspecifiedMatching"}
    assert {(row["subject_id"], row["predicate_id"], row["object_id"], row["predicate_modifier"]) for row in rows} == {
        *(("x:a", name, "example_org:b", "")
          for name in ("skos:exactMatch", "skos:relatedMatch", "owl:equivalentClass", "owl:sameAs")),
        ("example_org:b", "skos:closeMatch", "x:a", "Not"),
    }  # fmt: skip


def test_what_a_keeper_took_away_or_doubled_does_not_spoil_an_export(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, table(FAT, EARS))
    for triple, predicate in ((FAT_TRIPLE, SSSOM.mapping_justification), (EARS_TRIPLE, SSSOM.comment)):
        node = next(graph.holding(None, RDF.subject, triple.subject)).subject
        graph.store.patch(graph.store.match(node, predicate), ())
    graph.add([Quad(node, RDF.subject, NamedNode("urn:x:other"))])
    found = {row["subject_id"]: row["mapping_justification"] for row in rows_of(exported(graph, tmp_path))}
    assert found == {"HP:0009124": "semapv:UnspecifiedMatching", "HP:0008551": "semapv:UnspecifiedMatching"}


def test_an_empty_graph_gives_a_file_that_can_be_read(tmp_path: Path) -> None:
    text = exported(KnowledgeGraph(), tmp_path)
    assert rows_of(text) == []
    assert len(graph_of(tmp_path, text)) == 0


IRI = st.sampled_from(
    ["urn:x:a", "urn:y", "https://example.org/a/b#c", "https://example.org/", "http://purl.obolibrary.org/obo/HP_12",
     "http://other.org/obo/HP_12", "orcid:0000-1", "https://orcid.org/0000-1", "https://example.org/2024/é(,;x",
     "http://a//b", "mailto:a@b.org", "tag:a,b:c:d", SKOS.base + "exactMatch", "https://example.org/no/x"]
).map(NamedNode)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.sampled_from(
    ["a\\", "\\|", "a|b", "|", "\r", "\n#x", '"', "'", " x ", "# a", "no", "1.10", ": ", "\u2028", "\x00", "\ufeff"]
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    triple = Triple(draw(IRI), draw(st.sampled_from([SKOS.exactMatch, RDFS.seeAlso, NamedNode("urn:p:q")])), draw(IRI))
    slots: dict[str, set[NamedNode | Literal]] = {"mapping_justification": {SEMAPV.LexicalMatching}}
    for slot in draw(st.sets(st.sampled_from([slot for slot in SLOTS if slot not in TRIPLE]), max_size=6)):
        if slot in IRIS:
            one = IRI
        elif slot in NUMBERS:
            one = st.floats(0, 1).map(Literal)
        elif slot in DATES:
            one = st.dates().map(lambda day: Literal(day.isoformat(), datatype=XSD.date))
        else:
            one = st.just(Literal("Not")) if slot == "predicate_modifier" else TEXT.map(Literal)
        slots[slot] = draw(st.sets(one, min_size=1, max_size=3 if slot in MANY else 1))
    return Record.of(triple, slots)


@given(st.lists(records(), max_size=5))
def test_export_import_export_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, found: list[Record]
) -> None:
    folder = tmp_path_factory.mktemp("round")
    graph = KnowledgeGraph("one")
    for record in found:
        graph.add(mapping_quads(record, graph.vocabulary, graph.rejected))
    first, other = export(graph, folder / "1.sssom.tsv"), KnowledgeGraph("other")
    other.include(first)
    assert export(other, folder / "2.sssom.tsv").read_bytes() == first.read_bytes()
    assert {record.triple for record in read_sssom(first)} <= {record.triple for record in found}


@given(st.sets(IRI))
def test_a_curie_means_the_iri_that_it_was_made_of(iris: set[NamedNode]) -> None:
    prefixes = prefixes_of(iri.value for iri in iris)
    bases = {base: prefix for prefix, base in (BUILT_IN | prefixes).items()}
    assert {expand(contract(iri.value, bases), prefixes, "") for iri in iris} == iris


@given(st.lists(st.text(min_size=1)))
def test_values_of_a_cell_come_apart_as_they_were(values: list[str]) -> None:
    escaped = "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)
    assert split(escaped) == values


BOMB = "#a: &a [x, x]\n#b: &b [*a, *a]\n"
HOSTILE = {
    "unknown prefix": (table(changed(FAT, "object_id", "MQ:1")), "prefix 'MQ'.*did you mean 'MP'.*line 10, object_id"),
    "no curie": (table(FAT, changed(FAT, "subject_id", "0009124")), "no CURIE.*line 11, subject_id"),
    "script": (table(changed(FAT, "object_id", "javascript:alert(1)")), "javascript.*line 10"),
    "script by prefix": (table(FAT, head=HEAD.replace("https://orcid.org/", "javascript:a/")), "scheme.*line 10"),
    "data": (table(changed(FAT, "author_id", "data:text/html,x")), "data.*line 10, author_id"),
    "space in an iri": (table(changed(FAT, "object_id", "MP:00 3")), "no IRI.*line 10, object_id"),
    "no subject column": (table(FAT, columns=("subject", *COLUMNS[1:])), "no column subject_id.*line 9"),
    "no predicate column": (table(FAT, columns=("x" if name == "predicate_id" else name for name in COLUMNS)),
                            "no column predicate_id.*line 9"),
    "no object column": (table(FAT, columns=("x" if name == "object_id" else name for name in COLUMNS)),
                         "no column object_id.*line 9"),
    "no justification column": (table(FAT, columns=("x" if n == "mapping_justification" else n for n in COLUMNS)),
                                "no column mapping_justification.*line 9"),
    "no justification": (table(FAT, changed(FAT, "mapping_justification", " ")), "mapping_justification is empty.*11"),
    "a column twice": (table(FAT, columns=(*COLUMNS[:-1], "confidence")), "'confidence' is there twice.*line 9"),
    "confidence over 1": (table(changed(FAT, "confidence", "1.01")), "from 0 to 1.*line 10, confidence"),
    "confidence below 0": (table(changed(FAT, "confidence", "-0.1")), "from 0 to 1.*line 10"),
    "confidence nan": (table(changed(FAT, "confidence", "nan")), "from 0 to 1.*line 10"),
    "confidence a dot": (table(changed(FAT, "confidence", ".")), "from 0 to 1.*line 10"),
    "confidence a word": (table(changed(FAT, "confidence", "high")), "'high' is no number.*line 10"),
    "no date": (table(FAT, head=HEAD.replace("2022-05-02", "last May")), "'last May' is no date.*metadata"),
    "other modifier": (table(changed(FAT, "predicate_modifier", "not")), "predicate_modifier 'not'.*line 10"),
    "the same row twice": (table(FAT, EARS, FAT), "there twice.*line 12.*line 10 says the same"),
    "short row": (table(FAT, EARS[:4]), "4 cells, the header 9.*line 11"),
    "open quote": (table(FAT, changed(FAT, "comment", '"open')), "cannot be read.*line 11"),
    "long line": (table(FAT, changed(FAT, "comment", "x" * (10 << 20))), "over 2 MiB.*line 11"),
    "long row": (table(FAT, changed(FAT, "comment", '"\n' + '"\t"\n' * (1 << 20) + '"')), "over 2 MiB.*line 11"),
    "long prefix": (table(FAT, head="#curie_map:\n#  MP: http://x/" + "x" * 2048 + "\n"), "prefix 'MP' .*over 2 KiB"),
    "long iri": (table(FAT, changed(EARS, "object_id", "MP:" + "x" * (8 << 10))), "over 8 KiB.*line 11"),
    "no end of head": ("#\n" * (1 << 20) + table(FAT), "metadata are over 64 KiB"),
    "long cell": (table(FAT, changed(FAT, "comment", "x" * (1 << 20) + "x")), "cannot be read.*line 11"),
    "zeros": (b"\0" * 1000, "no column subject_id.*line 1"),
    "junk": (table(FAT, EARS).encode().replace(b"Microtia", b"\xff"), "not UTF-8.*line 11"),
    "nothing": ("", "no table"),
    "metadata alone": (HEAD, "no table"),
    "aliases": (table(FAT, head=HEAD + BOMB), "anchors, aliases.*line 9"),
    "tags": (table(FAT, head=HEAD + "#a: !!python/object/apply:os.system [ls]\n"), "tags.*line 9"),
    "deep yaml": (table(FAT, head=HEAD + "#a: " + "[" * 20_000 + "\n"), "10 levels deep.*line 9"),
    "deep yaml in blocks": (table(FAT, head=HEAD + "#a:\n#  " + "- " * 20_000 + "a\n"), "10 levels deep.*line 10"),
    "broken yaml": (table(FAT, head="# A comment.\n" + HEAD), "not YAML.*line 2"),
    "no text in yaml": (table(FAT, head=HEAD + '#a: "\\ud800"\n'), "not YAML"),
    "no character in yaml": (table(FAT, head=HEAD + '#a: "\\UFFFFFFFF"\n'), "not YAML"),
    "long metadata": (table(FAT, head=HEAD + "#a: b\n" * 200_000), "metadata are over 64 KiB"),
    "yaml list": (table(FAT, head="#- a\n"), "no mapping of names.*line 1"),
    "curie_map list": (table(FAT, head="#curie_map: [a]\n"), "curie_map is no list of prefixes"),
    "shared list": (table(FAT, head=HEAD + "#mapping_tool: [a]\n"), "mapping_tool is no text.*metadata"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_file_is_refused_whole_by_name_and_line(name: str, tmp_path: Path) -> None:
    content, message = HOSTILE[name]
    graph, path = KnowledgeGraph(), tmp_path / "bad.sssom.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(GraphError, match=message) as caught:
        graph.include(path)
    assert str(path) in caught.value.where
    assert len(graph) == 0, "a refused file leaves nothing behind"


def test_a_file_of_mappings_is_read_as_a_stream_and_bounded(tmp_path: Path) -> None:
    path, stated = tmp_path / "x.sssom.tsv.gz", table(FAT)
    for content, message in ((b"#\n" * (31 << 20), "metadata are over"), (b"\n" * (31 << 20), "row.*is over 2 MiB")):
        path.write_bytes(gzip.compress(stated.encode() * (content[:1] != b"#") + content))
        tracemalloc.start()
        with pytest.raises(GraphError, match=message):
            read_sssom(path)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
        tracemalloc.stop()


@given(st.binary(max_size=200) | st.text(st.sampled_from('#&*![]{}:-"\\uU0dF|> \t\n'), max_size=60).map(str.encode))
def test_any_bytes_give_mappings_or_our_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "x.sssom.tsv"
    for before in (b"", b"#", table(FAT).encode()):
        path.write_bytes(before + content)
        with suppress(GraphError):
            read_sssom(path)


def test_a_mapping_without_justification_or_with_a_strange_confidence_breaks_the_rules(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, table(FAT, EARS))
    assert validate(graph) == []
    node = next(quad.subject for quad in graph.holding(None, SSSOM.confidence, Literal(0.95)))
    (justified,) = graph.holding(node, SSSOM.mapping_justification)
    graph.store.patch([justified], [Quad(node, SSSOM.confidence, Literal(1.5), graph.vocabulary)])
    found = {(breach.node, breach.path.removeprefix(SSSOM.base)) for breach in validate(graph)}
    assert found == {(node.value, "mapping_justification"), (node.value, "confidence")}
