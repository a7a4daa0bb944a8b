"""The spaCy component ``cdkd_mentions``: finds mentions in a ``Doc`` and links them.

It sets ``doc.spans["cdkd"]``; each span has the type as its label, the chosen IRI as ``kb_id_``, and a
:class:`Mention` as ``span._.cdkd``. The ``Doc`` keeps what that says as plain lists (``span._.cdkd_record``), so
that it survives a file and another process. Importing this module registers it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from cdkd_kg.entities.concepts import noun_concepts
from cdkd_kg.entities.gazetteer import Gazetteer, gazetteer
from cdkd_kg.entities.linking.abbreviations import abbreviations
from cdkd_kg.entities.linking.aliases import AliasTable
from cdkd_kg.entities.linking.candidates import Anchor, Candidate
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.linking.files import load_facts, load_labels, load_model, save_linker
from cdkd_kg.entities.linking.linker import Link, Linker
from cdkd_kg.entities.linking.model import LinkModel
from cdkd_kg.entities.linking.names import fold
from cdkd_kg.entities.overlaps import Found, without_overlaps
from cdkd_kg.entities.saved import SavedComponent
from cdkd_kg.entities.words import normal_form, span_lemma_form

SPANS = "cdkd"
TERM, CONCEPT = "TERM", "CONCEPT"
_GAZETTEER, _NER, _CONCEPT = range(3)


class Mention(NamedTuple):
    """What is known of a mention beside its span: its normal form and its link."""

    concept: str
    link: Link


class MentionFinder(SavedComponent):
    """Labels of a vocabulary, entities of ``types``, and noun concepts, without overlaps.

    Labels win over entities, entities over concepts; a label that stands where an entity does has its type.
    """

    def __init__(self, nlp: Language, types: Sequence[str], noun_concepts: bool) -> None:
        self._vocab = nlp.vocab
        self._types = frozenset(types)
        self._noun_concepts = noun_concepts
        self.use(nlp, AliasTable(()))

    def use(
        self,
        nlp: Language,
        aliases: AliasTable,
        facts: Facts | None = None,
        model: LinkModel | None = None,
        cache: Path | None = None,
    ) -> None:
        """Find and link the labels of ``aliases`` from now on.

        Args:
            nlp: the pipeline of this component.
            aliases: what concepts are called.
            facts: what else is known of them.
            model: how candidates are weighed.
            cache: as :func:`~cdkd_kg.entities.gazetteer.gazetteer` takes it.
        """
        self._look_for(gazetteer(nlp, aliases.texts(), cache), aliases, facts, model)

    def _look_for(
        self, found: Gazetteer, aliases: AliasTable, facts: Facts | None = None, model: LinkModel | None = None
    ) -> None:
        self._gazetteer = found
        self.linker = Linker(aliases.with_lemmas(found.lemmas), facts, model)

    def save(self, folder: Path) -> None:
        """Write labels, facts and model into a folder."""
        self._gazetteer.save(folder)
        save_linker(self.linker, folder)

    def load(self, folder: Path) -> None:
        """Read what :meth:`save` wrote.

        Raises:
            ArtifactError: a file is missing, or broken.
        """
        aliases = AliasTable(load_labels(folder))
        self._look_for(Gazetteer.load(self._vocab, folder), aliases, load_facts(folder), load_model(folder))

    def __call__(self, doc: Doc) -> Doc:
        """Set the mentions of ``doc``."""
        spans = [Span(doc, found.start, found.end, label=found.label) for found in self._find(doc)]
        text = doc.text  # it is put together from the tokens each time
        long = abbreviations(text)
        links = self.linker.link(text, [self.anchor(span, span.label_, self._types) for span in spans], long)
        for span, link in zip(spans, links, strict=True):
            _set_link(span, link, long.get(span.text))
        doc.spans[SPANS] = SpanGroup(doc, name=SPANS, spans=spans)
        return doc

    def _find(self, doc: Doc) -> list[Found]:
        entities = list(self._entities(doc))
        named = without_overlaps([*self._terms(doc, entities), *entities])
        if not self._noun_concepts:
            return named
        taken = {token for found in named for token in range(found.start, found.end)}
        concepts = [Found(_CONCEPT, start, end, CONCEPT) for start, end in noun_concepts(doc, taken, self._is_known)]
        return sorted([*named, *concepts], key=lambda found: found.start)

    def _is_known(self, span: Span) -> bool:
        return self.linker.aliases.knows(span.text, span_lemma_form(span))

    def _terms(self, doc: Doc, entities: Iterable[Found]) -> Iterator[Found]:
        types = {(found.start, found.end): found.label for found in entities}
        for span in self._gazetteer.spans(doc):
            if self._is_known(span):
                label = types.get((span.start, span.end), TERM)
                yield Found(_GAZETTEER, span.start, span.end, label)

    def _entities(self, doc: Doc) -> Iterator[Found]:
        for entity in doc.ents:
            if entity.label_ in self._types and (span := _trimmed(entity)):
                yield Found(_NER, span.start, span.end, entity.label_)

    @staticmethod
    def anchor(span: Span, kind: str, types: Container[str]) -> Anchor:
        """Return a span as the linker takes it: a name if its type is of ``types`` or it holds a proper noun."""
        is_name = kind in types or any(token.pos_ == "PROPN" for token in span)
        return Anchor(span.text, span_lemma_form(span), kind, is_name)


def _set_link(span: Span, link: Link, long_form: str | None) -> None:
    """Keep a link; what the text abbreviates has the normal form of the words it stands for."""
    span.kb_id_ = link.iri or ""
    concept = normal_form(span) if long_form is None else fold(long_form)
    span._.cdkd_record = [concept, link.candidates, link.iri, link.nil, link.confidence]


def mention_of(span: Span) -> Mention | None:
    """Return what is known of a span; None of one that is no mention."""
    if span._.cdkd_record is None:
        return None
    concept, candidates, iri, nil, confidence = span._.cdkd_record
    return Mention(concept, Link(tuple(Candidate(*one) for one in candidates), iri, nil, confidence))


def _trimmed(entity: Span) -> Span | None:
    """Return an entity without determiners in front and marks at its ends; None where no letter is left.

    It ends where a bracket opens that it does not close, as in "World Health Organization (WHO".
    """
    start, end = entity.start, entity.end
    opened = [token.i for token in entity if token.text == "("]
    if opened and not any(token.text == ")" for token in entity):
        end = max(start, opened[0])
    while start < end and (entity.doc[start].pos_ == "DET" or not _has_letter_or_digit(entity.doc[start].text)):
        start += 1
    while start < end and not _has_letter_or_digit(entity.doc[end - 1].text):
        end -= 1
    span = entity.doc[start:end]
    return span if any(letter.isalpha() for letter in span.text) else None


def _has_letter_or_digit(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def create(nlp: Language, name: str, types: Sequence[str], noun_concepts: bool) -> MentionFinder:
    """Return the component, as spaCy makes it from its configuration."""
    del name
    return MentionFinder(nlp, types, noun_concepts)


Span.set_extension("cdkd_record", default=None, force=True)
Span.set_extension("cdkd", getter=mention_of, force=True)
Language.factory(
    "cdkd_mentions", assigns=["doc.spans"], default_config={"types": [], "noun_concepts": True}, func=create
)
