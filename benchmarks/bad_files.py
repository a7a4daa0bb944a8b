"""The hostile and the odd RDF files of benchmarks/bad_input.py.

    python -m benchmarks.bad_files FOLDER

They are written by a process of their own, so that their size is not counted to those that read them.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable
from pathlib import Path

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://example.org/"'
SKOS = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix e: <http://example.org/> .\n"
LONG, DEEP, MANY = 10 << 20, 5000, 1_000_000
PREFIX, BOTH = "http://x/" + "A" * (128 << 10), "</rdf:Description></rdf:RDF>"
MAPPINGS = "subject_id\tpredicate_id\tobject_id\tmapping_justification\nskos:a\tskos:b\tskos:c\tsemapv:d\n"
HARMLESS = SKOS + 'e:a a skos:Concept ; skos:prefLabel "blade"@en ; skos:broader e:b . e:b skos:prefLabel "tool"@en .\n'


def refused() -> dict[str, str | bytes]:
    """Return what must be refused, by the name of the file."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    bomb = f'<?xml version="1.0"?>\n<!DOCTYPE r [{entities}]>\n<rdf:RDF {RDF}><rdf:Description e:p="&a9;"/></rdf:RDF>'
    plain = gzip.compress(b"<urn:s> <urn:p> <urn:o> .\n" * 100_000)
    found: dict[str, str | bytes] = {
        "xml-bomb.rdf": bomb,
        "xml-bomb-utf-16.rdf": bomb.encode("utf-16"),
        "doctype.rdf": f'<!DOCTYPE r SYSTEM "http://example.org/x.dtd">\n<rdf:RDF {RDF}/>',
        "remote-context.jsonld": '{"@context": "http://example.org/c", "@id": "urn:s", "p": 1}',
        "imported-context.jsonld": '{"@context": {"@import": "http://example.org/c"}, "p": 1}',
        "lists.jsonld": '{"@id": "urn:s", "urn:p": ' + '{"@list": [' * DEEP + "]}" * DEEP + "}",
        "lists.rdf": f"<rdf:RDF {RDF}>"
        + '<rdf:Description><e:p rdf:parseType="Collection">' * DEEP
        + "</e:p></rdf:Description>" * DEEP
        + "</rdf:RDF>",
        "raw-nul.jsonld": b'{"@id": "urn:s", "urn:p": "a\0b"}',
        "zeros.nt": b"\0" * LONG,
        "cut.nt.gz": plain[: len(plain) // 2],
        "gzip-bomb.nt.gz": packed([b"<urn:s> <urn:p> <urn:o> .\n" * 40_000] * 400),
        "gzip-bomb.ttl.gz": packed([b" " * (1 << 20)] * 300),
        "gzip-bomb.rdf.gz": packed([b" " * (1 << 20)] * 300),
        "gzip-bomb.jsonld.gz": packed([b" " * (1 << 20)] * 300),
        "hashes.sssom.tsv.gz": gzip.compress(b"#\n" * (31 << 20)),
        "empty-lines.sssom.tsv.gz": gzip.compress(MAPPINGS.encode() + b"\n" * (31 << 20)),
        "empty-lines.sssom.tsv": MAPPINGS + "\n" * LONG,
        "long-row.sssom.tsv": MAPPINGS + '"a\n"\t' * MANY,
        "twice.sssom.tsv.gz": gzip.compress(MAPPINGS.encode() * 2 * MANY),
        "long-prefix.sssom.tsv": f"#curie_map:\n#  a: http://x/{'A' * 60_000}\n{MAPPINGS}"
        + "".join(f"a:{n}\ta:b\ta:c\tsemapv:d\n" for n in range(5000)),
        "prefix.ttl": f"@prefix a: <{PREFIX}> . <urn:s> <urn:p> " + ",".join(f"a:{n}" for n in range(400)) + " .",
        "graphs.trig": f"@prefix a: <{PREFIX}> . " + "a:x{} " * 30_000,
        "bases.ttl": f"@base <{PREFIX}> . " + "".join(f"@prefix a{n}: <x> . " for n in range(20_000)),
        "base.rdf": f'<rdf:RDF {RDF} xml:base="{PREFIX}">'
        + "".join(f'<rdf:Description rdf:ID="x{n}"/>' for n in range(20_000))
        + "</rdf:RDF>",
        "names.rdf": f'<rdf:RDF {RDF} xmlns:a="{PREFIX}"><rdf:Description>' + "<a:p>1</a:p>" * 400 + BOTH,
        "base.jsonld": f'{{"@context": {{"@base": "{PREFIX}"}}, "@graph": ['
        + ",".join(f'{{"@id": "a{n}"}}' for n in range(20_000))
        + "]}",
        "vocab.jsonld": f'{{"@context": {{"@vocab": "{PREFIX}"}}, "@id": "urn:s"'
        + "".join(f', "a{n}": 1' for n in range(400))
        + "}",
        "huge-line.jsonld": '{"@id": "urn:s", "urn:p": [' + ",".join(f'"x{n:020}"' for n in range(8 * MANY)) + "]}",
    }
    for suffix in ("nt", "nq", "ttl", "trig", "jsonld", "rdf"):
        found[f"line.{suffix}"] = stated(suffix, text="x" * LONG)
        found[f"javascript.{suffix}"] = stated(suffix, "javascript:alert(1)")
        found[f"spaces.{suffix}"] = stated(suffix, "http://example.org/a b")
        found[f"utf-16.{suffix}"] = stated(suffix).encode("utf-16")
    return found


def taken() -> dict[str, str | bytes]:
    """Return what is RDF, however odd, and must be taken."""
    lists = "<urn:s> <urn:p> " + "(" * DEEP + ")" * DEEP + " ."
    return {
        "lists.ttl": lists,
        "lists.trig": lists,
        "nodes.ttl": "<urn:s> <urn:p> " + "[ <urn:p> " * DEEP + "1" + " ]" * DEEP + " .",
        "lists-in-nodes.ttl": "<urn:s> <urn:p> " + "( [ <urn:p> " * DEEP + "1" + " ] )" * DEEP + " .",
        "long-line.ttl": "<urn:s> <urn:p> " + " , ".join(f'"{n:0200}"' for n in range(LONG // 205)) + " .",
        "long-line.jsonld": '{"@id": "urn:s", "urn:p": [' + ",".join(f'"{n:0200}"' for n in range(LONG // 203)) + "]}",
        "metadata.sssom.tsv": "#a: [" + "[]," * 21_000 + "]\n" + MAPPINGS,
        "nul.nt": b'<urn:s> <urn:p> "a\0b" .\n',
        "nul.ttl": b'<urn:s> <urn:p> "a\0b" .\n',
    }


def bulk() -> dict[str, Iterable[str]]:
    """Return what is RDF and large: it takes the time of its triples."""
    return {
        "blank-nodes.nt": (f'_:b{n} <urn:p> "x" .\n' for n in range(MANY)),
        "blank-nodes.ttl": ('[] <urn:p> "x" .\n' for _ in range(MANY)),
    }


def odd() -> dict[str, str]:
    """Return graphs that are legal and odd, with what every command has to do with them."""
    ring = "".join(
        f'e:a{n} a skos:Concept ; skos:prefLabel "knife {n}"@en ; skos:broader e:a{(n + 1) % 1000} .\n'
        for n in range(1, 1000)
    )
    return {
        "harmless": HARMLESS,
        "no-label": SKOS + "e:a a skos:Concept ; skos:broader e:b . e:b a skos:Concept ; skos:broader e:c .",
        "one-label-of-two": HARMLESS + 'e:c a skos:Concept ; skos:prefLabel "blade"@en .',
        "long-label": HARMLESS + f'e:c a skos:Concept ; skos:prefLabel "{"blade " * 1700}"@en ; skos:broader e:a .',
        "cyclic-broader": f"{HARMLESS}e:a skos:broader e:a1 . e:a0 skos:broader e:a . e:b skos:broader e:b .\n{ring}",
    }


def stated(suffix: str, iri: str = "urn:s", text: str = "x") -> str:
    """Return one triple in the format of a suffix."""
    if suffix == "jsonld":
        return f'{{"@id": "{iri}", "urn:p": "{text}"}}'
    if suffix == "rdf":
        node = f'<rdf:Description rdf:about="{iri}"><e:p>{text}</e:p></rdf:Description>'
        return f"<rdf:RDF {RDF}>{node}</rdf:RDF>"
    return f'<{iri}> <urn:p> "{text}" .\n'


def packed(parts: Iterable[bytes]) -> bytes:
    """Return parts in one gzip archive."""
    return b"".join(gzip.compress(part) for part in parts)


def main() -> None:
    """Write all files, each kind into a folder of its own."""
    for kind, files in (("refused", refused()), ("taken", taken()), ("bulk", bulk()), ("odd", odd())):
        folder = Path(sys.argv[1]) / kind
        folder.mkdir(parents=True)
        for name, content in files.items():
            parts = [content] if isinstance(content, str | bytes) else content
            with (folder / (f"{name}.ttl" if kind == "odd" else name)).open("wb") as file:
                file.writelines(part if isinstance(part, bytes) else part.encode() for part in parts)


if __name__ == "__main__":
    main()
