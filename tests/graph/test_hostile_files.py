from __future__ import annotations

import gzip
import socket
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.errors import GraphError
from cdkd_kg.graph import files
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph
from cdkd_kg.graph.parse import FORMATS, parse

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://example.org/"'
SP = "<http://example.org/s> <http://example.org/p> "
ENTITY = f'<!DOCTYPE r [<!ENTITY a "aaaa">]>\n<rdf:RDF {RDF}><rdf:Description e:p="&a;"/></rdf:RDF>'
DEEP = 20_000

FILES = {
    "doctype.rdf": (f'<?xml version="1.0"?>\n{ENTITY}', "DOCTYPE.*line 2"),
    "doctype-lower.rdf": (f"<!doctype r>\n<rdf:RDF {RDF}/>", "DOCTYPE"),
    "context.jsonld": ('{"@context": "http://example.org/c", "@id": "urn:s", "p": 1}', "nothing is fetched"),
    "import.jsonld": ('{"@context": {"@import": "http://example.org/c"}, "p": 1}', "refused"),
    "long-literal.nt": (f'{SP}"a" .\n{SP}"{"x" * (2 << 20)}" .\n', "line 2"),
    "long-literal.ttl": (f'{SP}"a" .\n{SP}"""{"x" * (2 << 20)}""" .\n', "literal is over 1 MiB"),
    "long-literal.jsonld": (f'{{"@id": "urn:s", "urn:p":\n "{"y" * (2 << 20)}"}}', "literal is over.*line 2"),
    "utf-16.rdf": (f"<rdf:RDF {RDF}/>".encode("utf-16"), "not UTF-8"),
    "latin-1.ttl": (f'{SP}"caf\xe9" .'.encode("latin-1"), "line 1.*UTF-8"),
    "latin-1.nt": (f'{SP}"a" .\n{SP}"caf\xe9" .'.encode("latin-1"), "line 2.*UTF-8"),
    "zeros.nq": (b"\0" * 1000, "line 1"),
    "deep-objects.jsonld": ('{"@id": "urn:s", "urn:p":' * DEEP + "1" + "}" * DEEP, "100 levels"),
    "deep-lists.jsonld": ('{"urn:p": {"@list": [' * DEEP + "]}}" * DEEP, "100 levels"),
    "deep.rdf": (f"<rdf:RDF {RDF}>" + "<e:a><e:b>" * DEEP + "</e:b></e:a>" * DEEP + "</rdf:RDF>", "100 levels"),
    "deep-terms.nt": (SP + f"<<( {SP}" * DEEP + "<urn:o>" + " )>>" * DEEP + " .", "100 levels"),
    "deep-terms-after-escape.ttl": (f"{SP}\n" + "<<( <urn:\\u0041#> <urn:p> " * DEEP + "<urn:o>", "100 levels"),
    "endless.jsonld": ('"' + "x" * (17 << 20), "buffer"),
    "deep-terms.ttl": (f"{SP}\n# >> >>\n" + f"<<( {SP} # >>\n" * DEEP + "<urn:o>" + " )>>" * DEEP + " .", "100 levels"),
}  # fmt: skip


LONG = "http://x/" + "A" * (128 << 10)
FILES |= {
    "prefix.ttl": (f"@prefix a: <{LONG}> . " + "<urn:s> <urn:p> a:b . " * 400, "IRI is over 2 KiB.*line 1"),
    "graphs.trig": (f"@prefix a: <{LONG}> . " + "a:x{} " * 400, "IRI is over 2 KiB"),
    "prefixes.ttl": ("".join(f"PREFIX a{n}: <u:>\n" for n in range(10_002)), "10,000 prefixes.*line 10001"),
    "bases.ttl": ("@base <http://x/> .\n" + f"@base <{'a' * 1500}/> .\n" * 2, "base or prefix is over 2 KiB.*line 3"),
    "many.ttl": (f"@prefix a: <http://{'a' * 2000}/> . <urn:s> <urn:p> {'a:b, ' * 40_000} a:b .", "over 100 times"),
    "iri.nt": (f'<urn:s> <urn:p> "x"^^<urn:{"A" * (8 << 10)}> .', "IRI is over 8 KiB"),
    "base.rdf": (f'<rdf:RDF {RDF} xml:base="{LONG}">' + '<e:a rdf:ID="b"/>' * 400, "base or prefix is over 2 KiB"),
    "names.rdf": (f"<rdf:RDF {RDF} xmlns:a='{LONG}'><a:b/></rdf:RDF>", "base or prefix is over 2 KiB"),
    "base.jsonld": (f'{{"@context": {{"@base": "{LONG}"}}, "@id": "a"}}', "IRI is over 8 KiB"),
    "vocabs.jsonld": ('{"@context": [' + '{"@vocab": "urn:x"},' + ('{"@vocab": "%s"},' % ("x" * 1000)) * 20
                      + '{}], "@id": "urn:s", "a": 1}', "IRI is over 8 KiB"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_hostile_file_is_refused_by_name(name: str, tmp_path: Path) -> None:
    content, message = FILES[name]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(GraphError, match=message) as caught:
        list(parse(path))
    assert name in caught.value.where


CUT = gzip.compress(b"<urn:s> <urn:p> <urn:o> .", mtime=0)[:-12]


@pytest.mark.parametrize("content", [b"not gzip", CUT], ids=["no archive", "cut"])
def test_a_broken_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.nt.gz"
    path.write_bytes(content)
    with pytest.raises(GraphError, match=r"cannot be read.*x\.nt\.gz"):
        list(parse(path))


def test_an_archive_that_unpacks_beyond_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 1 << 20)
    path = tmp_path / "bomb.ttl.gz"
    path.write_bytes(gzip.compress(b" " * (2 << 20)))
    with pytest.raises(GraphError, match="1 MiB when unpacked"):
        list(parse(path))


def test_nesting_inside_strings_and_comments_does_not_count(tmp_path: Path) -> None:
    files = {
        "x.ttl": SP + '"""' + "<<( " * 300 + '""", \'' + "<<" * 300 + "' . #" + "<<" * 300,
        "x.jsonld": '{"@id": "urn:s", "urn:p": "' + '[{\\"' * 300 + '"}',
        "x.rdf": f"<rdf:RDF {RDF}><!-- {'<a>' * 300} -->" + '<rdf:Description e:p="/>"/>' * 300 + "</rdf:RDF>",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, "utf-8")
        assert list(parse(tmp_path / name))


@given(content=st.binary(max_size=300), suffix=st.sampled_from(sorted(FORMATS)))
def test_any_bytes_give_quads_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("any") / f"x{suffix}"
    path.write_bytes(content)
    with suppress(GraphError):
        list(parse(path))


def test_reading_opens_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    sys.addaudithook(lambda event, _: opened.append(event) if event.startswith("socket.") else None)
    for name in ("context.jsonld", "import.jsonld", "doctype.rdf"):
        content = FILES[name][0]
        assert isinstance(content, str)
        (tmp_path / name).write_text(content, "utf-8")
        with pytest.raises(GraphError):
            list(parse(tmp_path / name))
    assert opened == []
    socket.socket().close()
    assert opened, "the hook sees sockets"


@pytest.mark.parametrize(
    "iri", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd"]
)
def test_an_iri_that_could_do_harm_is_refused(iri: str, tmp_path: Path) -> None:
    for place, line in enumerate((f"<{iri}> <urn:p> <urn:o> .", f"<urn:s> <urn:p> <{iri}> .")):
        path = tmp_path / f"{place}.nt"
        path.write_text(f"<urn:s> <urn:p> <urn:o> .\n{line}\n", "utf-8")
        graph = KnowledgeGraph()
        with pytest.raises(GraphError, match="scheme"):
            graph.load_background([path])
        assert len(graph) == 0, "a refused file leaves nothing behind"
