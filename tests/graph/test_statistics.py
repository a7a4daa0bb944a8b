"""Numbers of the report, and the warning where a graph says little."""

import pyarrow as pa

from cdkd_kg.entities.extract import Extraction
from cdkd_kg.graph.statistics import coverage_warnings


def _extraction(documents: list[str]) -> Extraction:
    return Extraction(pa.table({"document": pa.array(documents, pa.string())}), pa.table({}))


def test_a_domain_in_which_next_to_nothing_is_found_is_told() -> None:
    domains = {f"news/{number}": "news" for number in range(20)} | {f"mail/{number}": "mail" for number in range(20)}
    (warning,) = coverage_warnings(_extraction([f"news/{number}" for number in range(9)] + ["mail/0"]), domains)
    assert warning.startswith("mail: 5% of its documents")
    assert len(coverage_warnings(_extraction([]), domains)) == 2
