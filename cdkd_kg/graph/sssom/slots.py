"""The slots of a mapping in SSSOM 1.1: their order in a table, and what kind of value each takes.

Source: https://mapping-commons.github.io/sssom/Mapping/ and .../MappingSet/.
"""

from __future__ import annotations

SLOTS = (
    "record_id", "subject_id", "subject_label", "subject_category", "predicate_id", "predicate_label",
    "predicate_modifier", "object_id", "object_label", "object_category", "mapping_justification", "author_id",
    "author_label", "reviewer_id", "reviewer_label", "creator_id", "creator_label", "license", "subject_type",
    "subject_source", "subject_source_version", "object_type", "object_source", "object_source_version",
    "predicate_type", "mapping_provider", "mapping_source", "mapping_cardinality", "cardinality_scope", "mapping_tool",
    "mapping_tool_id", "mapping_tool_version", "mapping_date", "publication_date", "review_date", "confidence",
    "curation_rule", "curation_rule_text", "subject_match_field", "object_match_field", "match_string",
    "subject_preprocessing", "object_preprocessing", "similarity_score", "similarity_measure", "see_also",
    "issue_tracker_item", "other", "comment",
)  # fmt: skip
TRIPLE = ("subject_id", "predicate_id", "object_id")
REQUIRED = (*TRIPLE, "mapping_justification")
REFERENCES = frozenset(
    {
        *REQUIRED, "record_id", "author_id", "reviewer_id", "creator_id", "subject_source", "object_source",
        "mapping_source", "mapping_tool_id", "curation_rule", "subject_match_field", "object_match_field",
        "subject_preprocessing", "object_preprocessing", "issue_tracker_item",
    }
)  # fmt: skip
"""Slots whose values are entities, written as CURIEs."""
IRIS = REFERENCES | {"license", "mapping_provider", "see_also"}
"""Slots whose values are IRIs, written as CURIEs or in full."""
NUMBERS = frozenset({"confidence", "similarity_score"})
"""Slots whose values are numbers from 0 to 1."""
DATES = frozenset({"mapping_date", "publication_date", "review_date"})
MANY = frozenset(
    {
        "author_id", "author_label", "reviewer_id", "reviewer_label", "creator_id", "creator_label",
        "cardinality_scope", "curation_rule", "curation_rule_text", "subject_match_field", "object_match_field",
        "match_string", "subject_preprocessing", "object_preprocessing", "see_also",
    }
)  # fmt: skip
"""Slots with several values."""
SHARED = (
    "license", "subject_type", "subject_source", "subject_source_version", "object_type", "object_source",
    "object_source_version", "predicate_type", "mapping_provider", "cardinality_scope", "mapping_tool",
    "mapping_tool_id", "mapping_tool_version", "mapping_date", "subject_match_field", "object_match_field",
    "subject_preprocessing", "object_preprocessing", "similarity_measure", "curation_rule", "curation_rule_text",
)  # fmt: skip
"""Slots that may be said once for all mappings of a file ("propagatable"), in the order of a mapping set.

The licence is one of them here, so that a mapping keeps the licence of its file.
"""
NO_LICENSE = "https://w3id.org/sssom/license/unspecified"
"""What a file says that must name a licence and has none."""
EXPORTED = "urn:cdkd:mappings:"
"""What the IRI of a mapping set begins with that this package wrote: it is no source."""
