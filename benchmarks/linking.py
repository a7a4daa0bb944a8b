"""Entity linking beside max-prior and spaCy's exact look-up, on documents with gold mentions.

    CDKD_DATA=FOLDER python -m benchmarks.linking [--quick] [--json FILE]

FOLDER/linking holds kb.nt (the vocabulary: labels and types) and *.jsonl (documents with gold mentions). Each system
is given the gold mentions first, and then finds them by itself: ours with its own finder, the others take the entities
of spaCy's pipeline. Ours is asked three times: with the weights it has before anything is judged (rounded from fits on
these very files, so not a fair test), fitted on the other files from weights of zero, and fitted by 5-fold
cross-validation over the documents of the file itself, from zero too.

Goals: InKB accuracy 10 points over exact look-up on every file, ECE at most 0.05.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from spacy.kb import InMemoryLookupKB
from spacy.language import Language
from spacy.tokens import Doc, Span

from benchmarks.about import about
from benchmarks.linking_table import percent
from cdkd_kg.artifacts import write_json
from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities.linking.aliases import AliasTable
from cdkd_kg.entities.linking.candidates import Anchor
from cdkd_kg.entities.linking.facts import Facts
from cdkd_kg.entities.linking.fit import Judged, fit
from cdkd_kg.entities.linking.linker import Link, Linker
from cdkd_kg.entities.linking.model import FEATURES
from cdkd_kg.entities.linking.names import fold
from cdkd_kg.entities.mentions import SPANS, MentionFinder
from cdkd_kg.entities.reading import mention_pipeline
from cdkd_kg.evaluation.linking import (
    Gold,
    Said,
    Shares,
    end_to_end,
    intervals,
    link_calibration_error,
    measures,
    with_gold_spans,
)
from cdkd_kg.evaluation.resampling import resamples
from cdkd_kg.graph.facts import facts
from cdkd_kg.graph.knowledge_graph import KnowledgeGraph

ENTITY = "http://www.wikidata.org/entity/"
FOLDS = 5
ZERO = (0.0,) * len(FEATURES)
TYPES = EntitiesConfig().types
COLUMNS = {
    "link P": "link_precision", "NIL P": "nil_precision", "NIL R": "nil_recall",
    "R@1": "recall_at_1", "R@10": "recall_at_10", "R@30": "recall_at_30", "ECE": "ece", "weak F1": "weak_micro_f1",
}  # fmt: skip


RECALLS = ("recall_at_1", "recall_at_10", "recall_at_30")


class Annotated(NamedTuple):
    """A document as it was read by spaCy, its gold mentions, and the part of it that they are complete for."""

    place: int

    doc: Doc
    gold: list[Gold]
    judged: Judged
    begin: int
    end: int


Answer = Callable[[Annotated, Sequence[Anchor]], list[Link]]
"""A system: the links of these mentions of a document."""


class Vocabulary(NamedTuple):
    """The target knowledge base."""

    aliases: AliasTable
    facts: Facts
    nlp: Language


def main() -> None:
    """Read, link with every system, print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the first 40 documents of each file, 100 resamples")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    folder = Path(os.environ.get("CDKD_DATA", ".")) / "linking"
    vocabulary = read_vocabulary(folder / "kb.nt")
    limit, count = (40, 100) if options.quick else (None, 1000)
    files = {path.stem: read(path, vocabulary, limit) for path in sorted(folder.glob("*.jsonl"))}
    results = {name: measure(name, files, vocabulary, count) for name in files}
    for name, systems in results.items():
        print(table(name, systems))
    if options.json:
        write_json(options.json, about("spacy", "cdkd-kg", "scikit-learn", "scipy") | {"files": results})


def read_vocabulary(path: Path) -> Vocabulary:
    """Load the knowledge base and the pipeline that reads documents."""
    graph = KnowledgeGraph("kb")
    graph.load_background([path])
    labels = AliasTable(graph.labels())
    known = facts(graph)
    nlp = mention_pipeline(EntitiesConfig(relations=False), labels, known)
    finder = nlp.get_pipe("cdkd_mentions")
    assert isinstance(finder, MentionFinder)  # noqa: S101
    return Vocabulary(finder.linker.aliases, known, nlp)


def read(path: Path, vocabulary: Vocabulary, limit: int | None) -> list[Annotated]:
    """Read the documents of one file; mentions of what the vocabulary lacks are NIL."""
    known = {label.iri for label in vocabulary.aliases.labels}
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()[:limit]]
    documents = []
    for place, (row, doc) in enumerate(zip(rows, vocabulary.nlp.pipe([row["text"] for row in rows]), strict=True)):
        gold = [
            Gold(label["span"][0], label["span"][1], iri if (iri := ENTITY + label["entity_id"]) in known else None)
            for label in row["labels"]
        ]
        anchors = [anchor(doc, mention) for mention in gold]
        judged = Judged(doc.text, anchors, [mention.iri for mention in gold])
        documents.append(Annotated(place, doc, gold, judged, *row.get("evaluation_span", (0, len(doc.text)))))
    return documents


def anchor(doc: Doc, mention: Gold) -> Anchor:
    """Return a gold mention as the linker takes it: with the type of the entity that overlaps it most."""
    span = doc.char_span(mention.begin, mention.end, alignment_mode="expand")
    text = doc.text[mention.begin : mention.end]
    return typed(span)._replace(text=text) if span is not None and len(span) else Anchor(text)


def typed(span: Span) -> Anchor:
    """Return a span as the linker takes it: with the type of the entity that overlaps it most."""
    shared = [(min(entity.end, span.end) - max(entity.start, span.start), entity.label_) for entity in span.doc.ents]
    most, kind = max(shared, key=lambda one: one[0], default=(0, ""))
    return MentionFinder.anchor(span, kind if most > 0 else "", TYPES)


def measure(name: str, files: dict[str, list[Annotated]], vocabulary: Vocabulary, count: int) -> dict[str, Any]:
    """Return the measures of every system on one file."""
    documents = files[name]
    others = [one.judged for other in files if other != name for one in files[other]]
    base = Linker(vocabulary.aliases, vocabulary.facts)
    fitted = base.with_model(fit(others, vocabulary.aliases, vocabulary.facts, start=ZERO))
    systems: dict[str, Answer] = {
        "spaCy exact look-up": spacy_lookup(vocabulary),
        "max-prior": lambda _, anchors: [max_prior(vocabulary, fitted.model.meant, anchor) for anchor in anchors],
        "ours, unfitted": lambda one, anchors: base.link(one.doc.text, anchors),
        "ours, fitted on the other files": lambda one, anchors: fitted.link(one.doc.text, anchors),
        "ours, cross-validated": cross_validated(documents, base),
    }
    draws = resamples(len(documents), count)
    return {system: scores(documents, answer, draws, system.startswith("ours")) for system, answer in systems.items()}


def cross_validated(documents: Sequence[Annotated], base: Linker) -> Answer:
    """Return the links of each document by a model fitted on the other folds of its file."""
    linkers = []
    for part in range(FOLDS):
        rest = [one.judged for one in documents if one.place % FOLDS != part]
        linkers.append(base.with_model(fit(rest, base.aliases, base.facts, start=ZERO)))
    return lambda one, anchors: linkers[one.place % FOLDS].link(one.doc.text, anchors)


def scores(documents: Sequence[Annotated], answer: Answer, draws: Any, ours: bool) -> dict[str, Any]:
    """Return the measures of a system with bootstrap intervals; a system without candidates has no recall of them."""
    gold = [one.gold for one in documents]
    links = [answer(one, one.judged.anchors) for one in documents]
    shares: Shares = {
        **with_gold_spans(gold, links),
        **end_to_end(gold, [spans(one, answer, ours) for one in documents]),
    }
    if not ours:
        shares = {name: counts for name, counts in shares.items() if name not in RECALLS}
    return (
        dict.fromkeys(RECALLS)
        | measures(shares)
        | {
            "mentions": sum(map(len, gold)),
            "in_kb": sum(mention.iri is not None for one in gold for mention in one),
            "ece": link_calibration_error(gold, links),
            "intervals": intervals(shares, draws),
        }
    )


def spans(one: Annotated, answer: Answer, ours: bool) -> list[Said]:
    """Return what a system says of the mentions that are found in the part of a document that is annotated."""
    found: Iterable[Span] = one.doc.spans[SPANS] if ours else [span for span in one.doc.ents if span.label_ in TYPES]
    inside = [span for span in found if one.begin <= span.start_char and span.end_char <= one.end]
    anchors = [MentionFinder.anchor(span, span.label_, TYPES) for span in inside]
    links = answer(one, anchors)
    return [Said(span.start_char, span.end_char, link) for span, link in zip(inside, links, strict=True)]


def spacy_lookup(vocabulary: Vocabulary) -> Answer:
    """Return spaCy's in-memory knowledge base: aliases as written, the likeliest entity of an alias."""
    kb = InMemoryLookupKB(spacy.blank("en").vocab, entity_vector_length=1)
    iris = sorted({label.iri for label in vocabulary.aliases.labels})
    kb.set_entities(entity_list=iris, freq_list=[1] * len(iris), vector_list=[[0.0]] * len(iris))
    of_text: dict[str, list[str]] = {}
    for label in vocabulary.aliases.labels:
        of_text.setdefault(label.text, []).append(label.iri)
    for text, entities in sorted(of_text.items()):
        kb.add_alias(alias=text, entities=entities, probabilities=[1 / len(entities)] * len(entities))

    def answer(_: Annotated, anchors: Sequence[Anchor]) -> list[Link]:
        links = []
        for mention in anchors:
            found = kb.get_alias_candidates(mention.text)
            best = max(found, key=lambda candidate: candidate.prior_prob, default=None)
            links.append(Link((), best.entity_, None, best.prior_prob) if best else Link((), None, "new", 1.0))
        return links

    return answer


def max_prior(vocabulary: Vocabulary, meant: Any, mention: Anchor) -> Link:
    """Return the concept that an anchor meant most often in the other files, else the first with that label."""
    counts = dict.fromkeys((m.label.iri for m in vocabulary.aliases.matches(mention.text, mention.lemma)), 0)
    counts |= meant.get(fold(mention.text), {})
    if not counts:
        return Link((), None, "new", 1.0)
    best = min(counts, key=lambda iri: (-counts[iri], iri))
    return Link((), best, None, (1 + counts[best]) / (len(counts) + sum(counts.values())))


def table(name: str, systems: dict[str, Any]) -> str:
    """Return the measures of one file as text."""
    first = next(iter(systems.values()))
    lines = [
        f"{name}: {first['mentions']} mentions, {first['in_kb']} of them InKB",
        f"{'':<34}{'InKB accuracy, %':>22}{'strong micro F1, %':>22}" + "".join(f"{title:>8}" for title in COLUMNS),
    ]
    for system, found in systems.items():
        cells = "".join(f"{'-' if found[key] is None else format(found[key], '.3f'):>8}" for key in COLUMNS.values())
        lines.append(f"{system:<34}{percent(found, 'accuracy'):>22}{percent(found, 'strong_micro_f1'):>22}{cells}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
