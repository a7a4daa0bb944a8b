from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from cdkd_kg.data.skos import Concept, concept_triples, slug, to_ntriples

SKOS = "http://www.w3.org/2004/02/skos/core#"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip() == text)


@given(preferred=TEXT, alternative=st.lists(TEXT), hidden=st.lists(TEXT), definition=TEXT)
def test_any_text_comes_back_and_a_label_has_one_kind(
    preferred: str, alternative: list[str], hidden: list[str], definition: str
) -> None:
    concept = Concept("urn:x:1", preferred, tuple(alternative), tuple(hidden), definition)
    raw = to_ntriples(concept_triples(concept, "en"))
    found: dict[str, set[str]] = {}
    for quad in parse(raw, format=RdfFormat.N_TRIPLES):
        if isinstance(quad.object, Literal):
            assert quad.object.language == "en"
            found.setdefault(quad.predicate.value.removeprefix(SKOS), set()).add(quad.object.value)
    assert found.pop("prefLabel") == {preferred}
    assert found.pop("definition") == {definition}
    assert found.pop("altLabel", set()) == set(alternative) - {preferred}
    assert found.pop("hiddenLabel", set()) == set(hidden) - set(alternative) - {preferred}
    assert not found


def test_lines_are_sorted_and_none_is_there_twice() -> None:
    triples = [
        triple for iri in ("urn:x:2", "urn:x:1", "urn:x:2") for triple in concept_triples(Concept(iri, "a"), None)
    ]
    lines = to_ntriples(triples).splitlines()
    assert lines == sorted(set(lines))
    assert len(lines) == 4


def test_a_concept_is_not_its_own_neighbour() -> None:
    concept = Concept("urn:x:1", "a", broader=("urn:x:1", "urn:x:2"), related=("urn:x:1",))
    assert [triple.object for triple in concept_triples(concept, None) if triple.predicate.value.endswith("er")] == [
        NamedNode("urn:x:2")
    ]


def test_a_slug_folds_case_marks_and_width() -> None:
    assert [slug(text) for text in ("AT&T", "Société  Générale", "\uff13\uff2d", "snake_case", "...")] == [
        "at-t", "société-générale", "3m", "snake-case", "",
    ]  # fmt: skip
