"""What benchmarks/linking.py gives the linker, and what its table shows."""

from __future__ import annotations

from benchmarks.linking import anchor
from benchmarks.linking_table import ENDS, ORDER, linking_table
from cdkd_kg.evaluation.linking import Gold
from tests.entities.helpers import blank, tagged


def test_a_gold_mention_has_the_type_of_the_entity_that_overlaps_it_most() -> None:
    doc = tagged(blank(), "Mr/NOUN", "John/PROPN", "Smith/PROPN", entities=["B-ORG", "B-PERSON", "I-PERSON"])
    assert anchor(doc, Gold(0, len(doc.text), None)).type == "PERSON"
    assert anchor(doc, Gold(0, 2, None)).type == "ORG"


def test_the_table_shows_candidate_recall_and_how_well_spans_are_found() -> None:
    keys = ("accuracy", "link_precision", "nil_precision", "nil_recall", "ece", *ENDS)
    ranks = {"recall_at_1": 0.6, "recall_at_10": 0.7, "recall_at_30": 0.8}
    found = dict.fromkeys(keys, 0.5) | ranks | {"intervals": dict.fromkeys(keys, (0.4, 0.6))}
    peer = found | dict.fromkeys(ranks)
    table = linking_table({"files": {"news": {name: found if "ours" in name else peer for name in ORDER}}})
    assert table.count("| 0.600 / 0.700 / 0.800 |") == 3
    assert "| news | max-prior | 50.0 (40.0 to 60.0) | 50.0 (40.0 to 60.0) | 0.500 | 0.500 | - | 0.500 |" in table
    ends = "50.0 | 50.0 (40.0 to 60.0) | 50.0"
    assert f"| news | spaCy exact look-up | {ends} | {ends} |" in table
