"""The syntax suites of W3C RDF 1.1, from their manifests, through the door that all RDF comes in by.

``CDKD_W3C`` names the folder with rdf-n-triples, rdf-n-quads, rdf-turtle and rdf-trig (from w3c/rdf-tests).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad

from cdkd_kg.errors import GraphError
from cdkd_kg.graph.namespaces import RDF, Namespace
from cdkd_kg.graph.parse import parse

BESIDE = Path(__file__).parents[3] / "shared" / "data" / "w3c-rdf11"
FOLDER = Path(os.environ.get("CDKD_W3C", BESIDE))
BASES = {"rdf-n-triples": "N-Triples", "rdf-n-quads": "N-Quads", "rdf-turtle": "Turtle", "rdf-trig": "TriG"}
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
CASES = 826


class Case(NamedTuple):
    kind: str
    path: Path
    base: str
    result: Path | None


def cases() -> Iterator[tuple[str, Case]]:
    for suite, name in BASES.items():
        manifest = FOLDER / suite / "manifest.ttl"
        if not manifest.is_file():
            continue
        base = f"http://www.w3.org/2013/{name}Tests/"
        said = list(parse(manifest, base_iri=base + "manifest.ttl"))
        assumed = next((quad.object.value for quad in said if quad.predicate == MF.assumedTestBase), base)
        tests = {quad.subject for quad in said if quad.predicate == MF.action}
        for test in sorted(tests, key=str):
            values = {quad.predicate: quad.object.value for quad in said if quad.subject == test}
            action = values[MF.action].removeprefix(base)
            result = values.get(MF.result, "").removeprefix(base)
            kind = values[RDF.type].rpartition("#")[2]
            case = Case(kind, FOLDER / suite / action, assumed + action, FOLDER / suite / result if result else None)
            yield f"{name}: {str(test).rpartition('#')[2].rstrip('>')}", case


FOUND = dict(cases())
if not FOUND:
    pytest.skip(f"the W3C suites are not in {FOLDER}; name their folder by CDKD_W3C", allow_module_level=True)


def canonical(quads: Iterator[Quad]) -> set[str]:
    data = Dataset(quads)
    data.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in data}


@pytest.mark.parametrize("name", FOUND)
def test_case(name: str) -> None:
    kind, path, base, result = FOUND[name]
    if "Negative" in kind:
        with pytest.raises(GraphError):
            list(parse(path, base_iri=base))
    elif result is None:
        list(parse(path, base_iri=base))  # a refusal is the failure
    else:
        assert canonical(parse(path, base_iri=base)) == canonical(parse(result))


def test_no_case_is_left_out() -> None:
    assert len(FOUND) == CASES
