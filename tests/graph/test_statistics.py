"""Numbers of the report, and the warning where a graph says little."""

import pyarrow as pa

from cdkd_kg.entities.tables import Extraction
from cdkd_kg.graph.statistics import background_warnings, coverage_warnings


def _extraction(documents: list[str]) -> Extraction:
    return Extraction(pa.table({"document": pa.array(documents, pa.string())}), pa.table({}))


def test_a_domain_in_which_next_to_nothing_is_found_is_told() -> None:
    domains = {f"news/{number}": "news" for number in range(20)} | {f"mail/{number}": "mail" for number in range(20)}
    (warning,) = coverage_warnings(_extraction([f"news/{number}" for number in range(9)] + ["mail/0"]), domains)
    assert warning.startswith("mail: 5% of its documents")
    assert len(coverage_warnings(_extraction([]), domains)) == 2


def test_a_vocabulary_without_a_label_and_one_that_nothing_is_linked_to_are_told() -> None:
    def found(*iris: str | None) -> Extraction:
        return Extraction(pa.table({"iri": pa.array(iris, pa.string())}), pa.table({}))

    assert background_warnings(found("urn:a", None), {"a.ttl": 3}) == []
    assert background_warnings(found(None), {}) == []
    (silent,) = background_warnings(found(None), {"b.ttl": 0})
    assert "b.ttl has no label" in silent
    (unlinked,) = background_warnings(found(None, None), {"a.ttl": 3})
    assert "no mention in the texts is linked to a.ttl" in unlinked
