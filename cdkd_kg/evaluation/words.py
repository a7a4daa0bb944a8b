"""What things are called and how numbers are written: the same in report, table and verdict."""

from __future__ import annotations

from typing import NamedTuple

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"


class ConditionWords(NamedTuple):
    """A condition's short name and what was done, in one sentence."""

    name: str
    sentence: str


class MetricWords(NamedTuple):
    """A metric's name, its unit in a table head, and whether more is better."""

    name: str
    unit: str
    more_is_better: bool


CONDITIONS = {
    "no_distillation": ConditionWords(
        "no distillation", "The student learns from the labelled source texts alone; it has no teacher."
    ),
    "text_teacher": ConditionWords(
        "text teacher",
        "The student also learns what a text model, trained on the source labels, says of every unlabelled text.",
    ),
    "graph_teacher": ConditionWords(
        "graph teacher",
        "As before, but the text model's opinion is first refined over the knowledge graph that links the documents.",
    ),
    "shuffled_graph": ConditionWords(
        "shuffled graph",
        "A control: the same graph with its entities exchanged at random, so that its shape stays and its knowledge "
        "is gone.",
    ),
    "similar_text": ConditionWords(
        "similar text",
        "A control: the graph links documents by the likeness of their texts alone, without entities or knowledge.",
    ),
    "self_training": ConditionWords(
        "self-training",
        "A control without a graph: the text model's answers are taken for true, as if they were labels.",
    ),
    "two_text_teachers": ConditionWords(
        "two text teachers", "A control without a graph: two text models of different starts answer together."
    ),
    "adapted_text": ConditionWords(
        "adapted text",
        "A control without a graph: the text model first learned to fill in words of all texts, labelled or not.",
    ),
    "shuffled_relations": ConditionWords(
        "shuffled relations", "A control: who is related stays, but which relation it is was exchanged at random."
    ),
    "knowledge_only": ConditionWords(
        "knowledge only", "The knowledge graph without ties between documents of similar text."
    ),
    "without_ontology": ConditionWords(
        "without ontology", "A control: documents share entities, but no relation ties one entity to another."
    ),
    "dropped_25": ConditionWords("25 % dropped", "The graph without a quarter of its edges."),
    "dropped_50": ConditionWords("50 % dropped", "The graph without half of its edges."),
    "dropped_75": ConditionWords("75 % dropped", "The graph without three quarters of its edges."),
    "spreading_only": ConditionWords(
        "spreading only", "The whole graph, but beliefs are only passed along it: no graph network is trained."
    ),
    "same_size_mlp": ConditionWords(
        "network of the same size", "A control: a network as large as the graph network that sees no edge."
    ),
    "joint": ConditionWords(
        "joint",
        "A graph network on the student's own encoder teaches it while both learn; labels and text teach the network.",
    ),
    "oracle": ConditionWords(
        "oracle", "A ceiling: the student learns from the true labels of all training texts, those of the target too."
    ),
}

METRICS = {
    "accuracy": MetricWords("Accuracy", "%", True),
    "micro_f1": MetricWords("Micro-F1", "%", True),
    "macro_f1": MetricWords("Macro-F1", "%", True),
    "ece": MetricWords("Calibration error (ECE)", "%", False),
    "nll": MetricWords("Log loss (NLL)", "nats", False),
}

GLOSSARY = {
    "Accuracy": "The share of documents whose answer is right. Where a document may have several labels, the whole "
    "set must be right.",
    "Bootstrap": "The test documents are drawn again, with replacement, many times; how far a score moves says how "
    "much it owes to the choice of documents.",
    "Calibration error (ECE)": "By how much a student's confidence and its share of right answers differ, averaged "
    "over groups of equally confident answers. 0 % is best: 80 % sure means right 8 times in 10.",
    "Distillation": "A small model, the student, is trained to answer as a larger or better informed one, the teacher.",
    "Edge family": "A kind of way over the graph: between similar texts, over entities that two texts mention "
    "(mentions), or over a relation between their entities (knowledge).",
    "Expert": "One of the opinions that a teacher's signal is made of: the text model, a linear "
    "classifier on the same model before training, beliefs spread over the graph, or a graph network.",
    "Fused": "The signal itself: the calibrated experts multiplied, each to the power of its weight.",
    "Holm correction": "Asking several questions of the same data makes a lucky answer likelier; the correction "
    "raises each p to make up for it.",
    "Interval": "The middle 95 % of what the bootstrap gives, for the mean over seeds. It is about the choice of test "
    "documents, not about the choice of seed.",
    "Log loss (NLL)": "The mean negative logarithm of the probability given to the true label, in nats. Less is "
    "better; confident errors cost most.",
    "Macro-F1": "The harmonic mean of precision and recall of each class, averaged over the classes that occur in the "
    "test documents of the domain, so that rare classes count as much as common ones. A class that is predicted but "
    "never occurs counts through the precision of the others.",
    "Micro-F1": "The harmonic mean of precision and recall over all decisions for or against a label.",
    "Optimiser step": "One change of a model's numbers, after one batch of documents.",
    "p": "How often a difference of the other sign came up in the bootstrap, two-sided and Holm-corrected. Below 0.05 "
    "counts as shown.",
    "Point": "A percentage point: from 80 % to 83 % is 3 points.",
    "Propagation": "Beliefs are passed along the edges of the graph from document to document; nothing is trained but "
    "the weights of the edge families, chosen on validation documents of source domains.",
    "Revision": "The SHA-256 of the graph as a file: two graphs with the same revision are the same.",
    "RGCN": "A relational graph network: a small neural network whose layers mix each document with its neighbours, "
    "with a weight of its own for each kind of edge.",
    "Seed": "The number that decides everything random in a run: which labels are shown, how training starts.",
    "Source and target domain": "Labels of source domains are used in training. Of a target domain the texts alone "
    "are used; its labels serve only to measure.",
    "Temperature": "A number that divides a model's logits: above 1 it was too sure of itself, below 1 not enough. "
    "At its bound, 0.05 or 20, no temperature made its confidence fit: the expert says next to nothing of use, or the "
    "validation documents are too few.",
    "Triples": "The statements of a knowledge graph, each of a subject, a relation and an object.",
    "Weight": "How much an expert counts in the signal: 0 is not at all; the weights need not add up to 1.",
}


def condition_name(condition: str) -> str:
    """Return what a condition is called in running text."""
    known = CONDITIONS.get(condition)
    return known.name if known else condition.replace("_", " ")


def relation_name(relation: str) -> str:
    """Return what a family of edges is called in running text."""
    return "mentioned together" if relation == "comention" else relation.replace("_", " ")


def in_text(metric: str) -> str:
    """Return what a metric is called inside a sentence: ``accuracy``, ``micro-F1``."""
    name = METRICS[metric].name
    return name[0].lower() + name[1:]


def number(value: float, digits: int = 1) -> str:
    """Write a number with a real minus sign and never as minus zero."""
    text = f"{value:,.{digits}f}"
    return text.replace("-", MINUS) if float(text.replace(",", "")) else text.lstrip("-")


def percent(share: float) -> str:
    """Write a share as ``84.1 %``."""
    return f"{number(100 * share)} %"


def points(difference: float) -> str:
    """Write a difference of shares as percentage points with its sign: ``+3.0``."""
    text = number(100 * difference)
    return text if text.startswith(MINUS) else f"+{text}"


def span(low: float, high: float, scale: float = 100, digits: int = 1) -> str:
    """Write an interval as ``82.0 to 86.1``."""
    return f"{number(scale * low, digits)} to {number(scale * high, digits)}"


def p_value(p: float) -> str:
    """Write a p-value with three digits."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def plural(count: int, word: str) -> str:
    """Write ``1 seed`` and ``1,200 seeds``."""
    return f"{count:,} {word}{'s' * (count != 1)}"


def listed(words: list[str]) -> str:
    """Write ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
