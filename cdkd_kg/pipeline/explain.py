"""What the teachers of a run said of one document, and what moved them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdkd_kg.artifacts import is_whole, read_json
from cdkd_kg.config import Condition, Config
from cdkd_kg.corpus.pairs import parts
from cdkd_kg.errors import ConfigError, MissingResourceError, nearest
from cdkd_kg.pipeline.conditions import WITHOUT_GRAPH, WITHOUT_TEACHER
from cdkd_kg.pipeline.graph_stage import ABOUT
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of
from cdkd_kg.pipeline.teacher_signal_stage import BELIEFS, EXPERTS, OPINIONS, graph_seen, view_of
from cdkd_kg.pipeline.text_opinion import WEIGHTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cdkd_kg.corpus.corpus import Corpus

MOST = 10
"""So many documents, and so many entities, are named: those that moved the answer most."""


def explain(config: Config, document: str, seed: int | None = None, condition: str = "graph_teacher") -> dict[str, Any]:
    r"""Return what each expert said of a document, how they were fused, and what moved the graph.

    Every number adds up. The log-odds of the fused answer against the next label are the sum of what the experts bring,
    :math:`w_k (z_{kc} - z_{kc'}) / T`; the votes for a label are the sum over entities; what is propagated to a
    document is the sum over documents of influence times what these were known or believed to be. (Self-training takes
    the fused answer for certain afterwards.)

    Args:
        config: a run that has been made.
        document: its identifier, such as ``bbc/17``.
        seed: one of the run's; its first where None.
        condition: whose teacher.

    Returns:
        ``document``, ``domain``, ``task``, ``text``, ``label`` (only of rows that taught), ``fused`` (probability by
        label), ``experts``, ``entities``, ``documents``, and ``domain_teachers``: the weight of each, if there are any.

    Raises:
        ConfigError: the run has no such seed, condition or document, or the document is a test document.
        MissingResourceError: the run was not made yet, or by other code.
    """
    from safetensors.numpy import load_file

    from cdkd_kg.corpus.corpus import Corpus

    seed = config.seeds[0] if seed is None else seed
    task, shown = _asked(config, document, seed, condition)
    folder, inputs = _finished(config, f"{task}/seed{seed}/{shown}")
    corpus = Corpus.load(inputs["corpus"])
    place = _place(corpus, document)
    labels = corpus.tasks[task].labels
    opinions, about = load_file(folder / OPINIONS), read_json(folder / EXPERTS)
    answer = {name: logits[place] for name, logits in opinions.items()}
    multi_label = corpus.tasks[task].multi_label
    found: dict[str, Any] = {
        "document": document, "domain": document.partition("/")[0], "task": task, "seed": seed, "condition": shown,
        "text": "\n".join(filter(None, parts(corpus.graph_documents()[place]["text"]))),
        "fused": _probabilities(answer.pop("fused"), labels, multi_label),
    }  # fmt: skip
    found["experts"] = _experts(config, about, answer, found["fused"], multi_label)
    found["domain_teachers"] = _domain_teachers(folder, about, place)
    view = view_of(config, corpus, task, seed)
    found |= {"label": None, "entities": [], "documents": []}
    if view.training[place]:
        found["label"] = _known(view.targets[place], labels)
    if shown in WITHOUT_GRAPH:
        return found
    data, *_ = graph_seen(config, shown, seed, inputs)
    concepts = read_json(inputs["graph"] / ABOUT)["label_concepts"][task]
    from cdkd_kg.teachers.explanations import document_influences, entity_votes

    found["entities"] = entity_votes(data, [list(concepts[label]) for label in labels], labels, place, MOST)
    if families := about["experts"].get("propagation", {}).get("edge_families"):
        beliefs = load_file(folder / BELIEFS)["beliefs"]
        shares = document_influences(data, families, config.teachers.graph, place)
        ids = corpus.graph_documents()["id"][:]
        found["documents"] = _documents(shares, view.training, view.targets, beliefs, ids, labels)
    return found


def _experts(
    config: Config,
    about: Mapping[str, Any],
    answer: Mapping[str, NDArray[np.floating]],
    fused: Mapping[str, float],
    multi_label: bool,
) -> list[dict[str, Any]]:
    """Return what each expert said, and what it brings to the log-odds of the likeliest label over the next."""
    from cdkd_kg.teachers.fusion import entropy_gate

    labels = tuple(fused)
    first, second = (labels.index(label) for label in sorted(labels, key=lambda label: (-fused[label], label))[:2])
    weights = {name: float(about["experts"][name]["weight"]) for name in answer}
    if config.teachers.fusion.weights == "entropy":  # each document has weights of its own
        gate = entropy_gate({name: logits[None] for name, logits in answer.items()}, multi_label)
        weights = {name: float(share[0, 0]) for name, share in gate.items()}
    return [
        {
            "name": name,
            **{key: about["experts"][name][key] for key in ("temperature", "prior_correction")},
            "weight": round(weights[name], 4),
            "says": _probabilities(logits, labels, multi_label),
            "brings": round(weights[name] * float(logits[first] - logits[second]) / about["temperature"], 4),
        }
        for name, logits in sorted(answer.items())
    ]


def _domain_teachers(folder: Path, about: Mapping[str, Any], place: int) -> dict[str, float]:
    """Return how much the text teacher of each domain counted for a document; nothing where one speaks for all."""
    from safetensors.numpy import load_file

    if not (folder / WEIGHTS).is_file():
        return {}
    shares = load_file(folder / WEIGHTS)["weights"][place]
    names = next(iter(about["experts"]["text"]["domain_teachers"]["weights"].values()))
    return {name: round(float(share), 4) for name, share in zip(sorted(names), shares, strict=True)}


def _asked(config: Config, document: str, seed: int, condition: str) -> tuple[str, Condition]:
    """Return the task of the document and the condition, of those that the run has."""
    domain = document.partition("/")[0]
    if domain not in config.corpus.domains:
        raise ConfigError(
            f"there is no domain {domain!r}{nearest(domain, config.corpus.domains)}",
            where=f"document {document!r}",
            remedy=f"name the document as domain/id, with one of {sorted(config.corpus.domains)}",
        )
    known: dict[str, Condition] = {name: name for name in config.evaluation.conditions if name not in WITHOUT_TEACHER}
    for what, value, values in (("seed", seed, config.seeds), ("condition with a teacher", condition, known)):
        if value not in values:
            raise ConfigError(
                f"the run has no {what} {value!r}", where=config.name, remedy=f"give one of {list(values)}"
            )
    return config.corpus.domains[domain].task, known[condition]


def _finished(config: Config, key: str) -> tuple[Path, dict[str, Path]]:
    cache = cache_of(config)
    job = next(job for job in jobs_of(config) if job.stage == "teacher_signal" and job.key == key)
    inputs = {name: need.folder(cache) for name, need in job.needs.items()}
    for folder in (job.folder(cache), *inputs.values()):
        if not is_whole(folder):
            raise MissingResourceError(
                f"the teachers of {key} have not answered yet",
                where=str(cache),
                remedy="run `cdkd run` with this configuration first; after an update of cdkd_kg, once more",
            )
    return job.folder(cache), inputs


def _place(corpus: Corpus, document: str) -> int:
    ids = corpus.graph_documents()["id"][:]
    if document in ids:
        return list(ids).index(document)
    raise ConfigError(
        f"no teacher has seen a document {document!r}{nearest(document, ids)}",
        where="corpus",
        why="teachers see training and validation documents; test documents are in no graph",
        remedy=f"name one such as {ids[0]!r}",
    )


def _probabilities(logits: NDArray[np.floating], labels: tuple[str, ...], multi_label: bool) -> dict[str, float]:
    from cdkd_kg.teachers.calibration import as_probabilities

    values = as_probabilities(logits[None], multi_label)[0]
    return {label: round(float(value), 4) for label, value in zip(labels, values, strict=True)}


def _known(targets: NDArray[np.floating], labels: tuple[str, ...]) -> list[str]:
    return [label for label, value in zip(labels, targets, strict=True) if value == 1]


def _documents(
    shares: NDArray[np.floating],
    training: NDArray[np.bool_],
    targets: NDArray[np.floating],
    beliefs: NDArray[np.floating],
    ids: list[str],
    labels: tuple[str, ...],
) -> list[dict[str, Any]]:
    """Return the documents of most influence, each with what it was known or believed to be."""
    found = []
    for row in shares.argsort(kind="stable")[::-1][:MOST]:
        known = bool(training[row])
        start = (targets if known else beliefs)[row]
        top = int(start.argmax())
        found.append(
            {
                "document": ids[row],
                "influence": round(float(shares[row]), 4),
                "label": labels[top],
                "probability": round(float(start[top]), 4),
                "known": known,
            }
        )
    return [one for one in found if one["influence"] > 0]
