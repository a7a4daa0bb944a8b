"""The names of labels find the concepts that they speak of."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from cdkd_kg.config import TaskConfig
from cdkd_kg.entities.linking.aliases import Label
from cdkd_kg.errors import GraphError
from cdkd_kg.graph.label_concepts import label_concepts

CALLED = {
    "urn:eye": ("eye disorder", "eye disease"),
    "urn:skin": ("skin disease",),
    "urn:tissue": ("connective tissue disease",),
    "urn:fungi": ("mycosis",),
    "urn:bacteria": ("bacterial infection",),
    "urn:studies": ("Policy study",),
}
NAMES = [Label(iri, name, "preferred") for iri, names in CALLED.items() for name in names]


def found(label: str, **options: object) -> list[str]:
    task = TaskConfig.model_validate({"labels": [label, "other"], **options})
    return label_concepts(NAMES, {"task": task})["task"][label]


@pytest.mark.parametrize(
    ("label", "concepts"),
    [
        ("eye diseases", ["urn:eye"]),
        ("Eye_disorder", ["urn:eye"]),
        ("diseases of the eye", ["urn:eye"]),
        ("policy studies", ["urn:studies"]),
        ("skin and connective tissue diseases", ["urn:skin", "urn:tissue"]),
        ("skin, eye or ear diseases", ["urn:eye", "urn:skin"]),
        ("bacterial infections and mycosis", ["urn:bacteria", "urn:fungi"]),
        ("ear diseases", []),
        ("0", []),
    ],
)
def test_a_name_finds_its_concepts(label, concepts):
    assert found(label) == concepts


def test_what_the_configuration_gives_stands_alone():
    assert found("eye diseases", concepts={"eye diseases": ["urn:b", "urn:a"]}) == ["urn:a", "urn:b"]


def test_concepts_of_a_label_that_is_none_are_refused():
    with pytest.raises(ValidationError, match="did you mean 'eye'"):
        TaskConfig.model_validate({"labels": ["eye", "ear"], "concepts": {"eyes": ["urn:a"]}})


def test_an_iri_that_is_none_is_refused():
    with pytest.raises(GraphError):
        found("eye diseases", concepts={"eye diseases": ["not an IRI"]})


def test_two_concepts_of_one_name_both_count():
    names = [*NAMES, Label("urn:eye2", "eye disease", "alternative")]
    task = TaskConfig(labels=("eye disease", "other"))
    assert label_concepts(names, {"task": task})["task"]["eye disease"] == ["urn:eye", "urn:eye2"]
