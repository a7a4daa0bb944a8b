"""Stage ``teacher_signal``: text and graph teachers, calibrated and fused, as one signal a condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.config import Condition, Config
from cdkd_kg.pipeline.conditions import (
    WITHOUT_GRAPH,
    condition_graph,
    experts_of,
    similar_texts_of,
    without_edges,
)
from cdkd_kg.pipeline.geometry_stage import load_geometry, load_label_names
from cdkd_kg.pipeline.graph_stage import ABOUT, TENSORS
from cdkd_kg.pipeline.text_opinion import TEXT, WEIGHTS, TextOpinion, text_opinion
from cdkd_kg.stages import Job

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch_geometric.data import HeteroData

    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.teachers.entity_signal import EntitySignal
    from cdkd_kg.teachers.graph import Expert, GraphTask

EXPERTS, OPINIONS, BELIEFS = "experts.json", "opinions.safetensors", "beliefs.safetensors"


class Said(NamedTuple):
    """What was asked and answered.

    Attributes:
        task: labels and masks, with the beliefs of text.
        experts: what each said.
        beliefs: ``[N, C]``, those that spreading starts from.
        text: what the text teachers say.
    """

    task: GraphTask
    experts: dict[str, Expert]
    beliefs: NDArray[np.float32]
    text: TextOpinion


def teacher_signal_job(
    config: Config,
    inputs: Mapping[str, Job],
    text_teachers: Mapping[str, Job],
    task: str,
    seed: int,
    condition: Condition,
    entities: Job,
) -> Job:
    """Return the job that makes the signal of one condition.

    Args:
        config: the run.
        inputs: the jobs ``corpus``, ``graph``, ``document_geometry``, ``entity_geometry`` and ``label_geometry``.
        text_teachers: by the domain they learned from, ``""`` for all domains; ``"second "`` before it is one of
            another start, ``"without "`` one for which that domain was left out.
        task: the label space.
        seed: decides the labels that may be used, the graph teacher's start, and the shuffling.
        condition: which graph the teacher sees.
        entities: the job that found the mentions, for students whose mentions are drawn to their entities.
    """
    options: dict[str, Any] = {
        "fusion": config.teachers.fusion.model_dump(mode="json"),
        **{name: getattr(config.teachers.text, name) for name in ("probe", "label_names", "weights")},
        "case": [task, seed, condition],
        "labels_per_class": config.corpus.labels_per_class,
    }
    needs = {f"{TEXT}{domain}": job for domain, job in text_teachers.items()}
    needs |= {name: inputs[name] for name in ("corpus", "document_geometry", "label_geometry")}
    if condition not in WITHOUT_GRAPH:
        needs |= inputs
        if aligns_entities(config) and condition != "same_size_mlp":  # its network sees no edge, nor may its student
            needs["entities"] = entities
            options["entities"] = True
        options |= {
            "graph": config.teachers.graph.model_dump(mode="json"),
            "similar_texts": config.graph.similar_texts,
            "torch": version("torch"),
        }
    key = f"{task}/seed{seed}/{condition}"
    return Job("teacher_signal", key, options, needs, partial(_work, config))


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.teachers.ensemble import Fold, as_decided, fuse_experts
    from cdkd_kg.teachers.signals import TeacherSignal

    name, seed, condition = job.options["case"]
    corpus = Corpus.load(inputs["corpus"])
    rows = corpus.graph_documents()
    ask = partial(_experts, config, corpus, job.options["case"], inputs)
    view = view_of(config, corpus, name, seed)
    seen, experts, beliefs, text = ask(view)
    folds = []
    for domain in left_out(config, name):
        there = ask(without_domain(view, domain), domain)
        judged = (view.training | view.validation) & (view.domains == domain)
        folds.append(Fold({kind: one.logits for kind, one in there.experts.items()}, there.task, judged))
    logits = {kind: one.logits for kind, one in experts.items()}
    ensemble = fuse_experts(logits, seen, config.teachers.fusion, folds)
    if condition not in WITHOUT_GRAPH:
        save_file({"beliefs": beliefs}, folder / BELIEFS)
    if "entities" in inputs:
        vectors = [one.entities for one in experts.values() if one.entities is not None]
        data, _ = graph_seen(config, condition, seed, inputs)
        linked = _entity_signal(data, rows["id"][:], inputs, vectors)
        if len(linked.documents):
            linked.save(folder)
    fused = ensemble.logits if condition != "self_training" else as_decided(ensemble.logits, seen.multi_label)
    signal = TeacherSignal.of(
        teacher=job.fingerprint,
        labels=corpus.tasks[name].labels,
        ids=rows["id"][:],
        text_hashes=rows["text_hash"][:],
        logits=fused,
        hidden=text.hidden,
        embedding=[one.embedding for one in experts.values() if one.embedding is not None][-1],
    )
    signal.save(folder)
    if text.weights is not None:
        save_file({"weights": text.weights}, folder / WEIGHTS)
    said = ensemble.calibrated | {"fused": fused}
    save_file({kind: np.ascontiguousarray(z, dtype=np.float32) for kind, z in said.items()}, folder / OPINIONS)
    notes = {kind: ensemble.experts[kind] | one.notes for kind, one in experts.items()}
    graph = read_json(inputs["graph"] / ABOUT)["revision"] if condition == "graph_teacher" else None
    write_json(folder / EXPERTS, {"experts": notes, "temperature": ensemble.temperature, "graph": graph})


def aligns_entities(config: Config) -> bool:
    """Say whether a loss of the student's asks what the graph teacher makes of entities."""
    return config.distillation.losses.entity_alignment.weight > 0


def _entity_signal(
    data: HeteroData, ids: Sequence[str], inputs: Mapping[str, Path], vectors: Sequence[NDArray[np.float32]]
) -> EntitySignal:
    """Return the linked mentions that the graph of a condition has, with the last network's vectors or the encoder's.

    A control must not bring true links back, see :func:`~cdkd_kg.teachers.entity_signal.shown`.
    """
    from cdkd_kg.entities.tables import Extraction
    from cdkd_kg.graph.tensor_files import load_tensors
    from cdkd_kg.teachers.entity_signal import EntitySignal, shown

    entities = data["entity"].ids[: data["entity"].num_nodes]
    known = vectors[-1] if vectors else load_geometry(inputs["entity_geometry"])[: len(entities)]
    found = Extraction.load(inputs["entities"]).mentions.select(["document", "begin", "end", "iri"]).to_pylist()
    instead = shown(_ties(load_tensors(inputs["graph"] / TENSORS), ids), _ties(data, ids))
    mentions = [
        (one["document"], one["begin"], one["end"], instead[tie])
        for one in found
        if (tie := (one["document"], one["iri"])) in instead
    ]
    return EntitySignal.of(ids, mentions, dict(zip(entities, known, strict=True)))


def _ties(data: HeteroData, ids: Sequence[str]) -> set[tuple[str, str]]:
    from cdkd_kg.graph.tensors import MENTIONS

    ends = data[MENTIONS].edge_index.tolist() if MENTIONS in data.edge_types else [[], []]
    return {(ids[document], data["entity"].ids[entity]) for document, entity in zip(*ends, strict=True)}


def _experts(
    config: Config,
    corpus: Corpus,
    case: tuple[str, int, Condition],
    inputs: Mapping[str, Path],
    view: GraphTask,
    left: str | None = None,
) -> Said:
    """Ask every expert of a condition.

    ``left`` is a source domain whose labels no text teacher has seen; ``view`` hides them from the others.
    """
    name, seed, condition = case
    text = text_opinion(config, corpus, name, seed, inputs, view, left)
    names = load_label_names(inputs["label_geometry"], corpus.tasks, name)
    seen, experts = _text_experts(config, view, text, names, inputs)
    if condition in WITHOUT_GRAPH:
        return Said(seen, experts, seen.beliefs, text)
    concepts = read_json(inputs["graph"] / ABOUT)["label_concepts"][name]
    mine = [list(concepts[label]) for label in corpus.tasks[name].labels]
    beliefs, graph_experts = _graph_experts(config, seen, experts, mine, seed, condition, inputs)
    return Said(seen, experts | graph_experts, beliefs, text)


def without_domain(view: GraphTask, domain: str) -> GraphTask:
    """Return the task as if all labels of a domain were hidden, as a target's are."""
    other, labelled = view.domains != domain, view.training | view.validation
    return replace(
        view,
        training=view.training & other,
        validation=view.validation & other,
        unlabelled=view.unlabelled | (labelled & ~other),
    )


def left_out(config: Config, task: str) -> list[str]:
    """Return the source domains that are left out in turn to judge how experts are fused; none where there is one."""
    sources = [name for name, about in config.corpus.domains.items() if about.task == task and about.role == "source"]
    return sources if config.teachers.fusion.weights == "leave_one_out" and len(sources) > 1 else []


def view_of(config: Config, corpus: Corpus, name: str, seed: int) -> GraphTask:
    """Return the task with even beliefs, before any expert has spoken."""
    import numpy as np

    from cdkd_kg.corpus.budget import label_budget
    from cdkd_kg.teachers.graph import GraphTask

    rows, task = corpus.graph_documents(), corpus.tasks[name]
    ids, domains = (np.array(rows[column][:], dtype=str) for column in ("id", "domain"))
    mine = np.isin(domains, [key for key, domain in corpus.domains.items() if domain.task == name])
    targets = np.full((len(ids), len(task.labels)), -1, dtype=np.float32)
    targets[mine] = corpus.targets(rows.select(np.flatnonzero(mine)), name)
    labelled = (targets >= 0).all(axis=1)
    training = np.isin(ids, label_budget(corpus, name, seed, config.corpus.labels_per_class))
    validation = labelled & np.isin(ids, corpus.labelled(name, "validation")["id"][:])
    even = np.full_like(targets, 1 / len(task.labels))
    return GraphTask(targets, training, validation, mine & ~training & ~validation, domains, even, task.multi_label)


def _text_experts(
    config: Config,
    view: GraphTask,
    text: TextOpinion,
    names: NDArray[np.float32],
    inputs: Mapping[str, Path],
) -> tuple[GraphTask, dict[str, Expert]]:
    """Return the experts that read text alone, and the task with what they believe together."""
    from cdkd_kg.teachers.ensemble import believing
    from cdkd_kg.teachers.graph import Expert
    from cdkd_kg.teachers.label_names import names_expert
    from cdkd_kg.teachers.probe import probe_expert

    experts, documents = (
        {"text": Expert(text.logits, text.notes, text.hidden)},
        load_geometry(inputs["document_geometry"]),
    )
    if config.teachers.text.probe:
        experts["probe"] = probe_expert(documents, view)
    if config.teachers.text.label_names:
        experts["names"] = names_expert(documents, names, view)
    return believing(view, experts, config.teachers.fusion), experts


def _graph_experts(
    config: Config,
    view: GraphTask,
    text: Mapping[str, Expert],
    concepts: Sequence[Sequence[str]],
    seed: int,
    condition: Condition,
    inputs: Mapping[str, Path],
) -> tuple[NDArray[np.float32], dict[str, Expert]]:
    """Return the beliefs ``[N, C]`` that spreading starts from, and the experts that read the graph."""
    from cdkd_kg.teachers.calibration import as_probabilities
    from cdkd_kg.teachers.concepts import concept_expert
    from cdkd_kg.teachers.ensemble import Fold, believing, calibrate
    from cdkd_kg.teachers.learned_entities import pretrained_entities
    from cdkd_kg.teachers.network import network_expert
    from cdkd_kg.teachers.sgc import sgc_expert
    from cdkd_kg.teachers.spreading import spreading_expert

    teacher = config.teachers.graph
    data, features = graph_seen(config, condition, seed, inputs)
    experts: dict[str, Expert] = {}
    wanted = experts_of(condition, teacher)
    if wanted.concepts and (found := concept_expert(data, concepts, view)):
        experts["concepts"] = found
    if wanted.sgc:
        experts["sgc"] = sgc_expert(data, features[data["document"].num_nodes :], view)
    if experts:
        view = believing(view, {**text, **experts}, config.teachers.fusion)
    beliefs = view.beliefs
    for way in wanted.spreading:
        experts[way] = spreading_expert(way, data, view, teacher)
        spread = experts[way].logits
        held = calibrate(way, [Fold({way: spread}, view, view.validation)], config.teachers.fusion.prior_correction)
        beliefs = as_probabilities(held.applied(spread, view), view.multi_label)
    learned, notes = pretrained_entities(data, teacher, seed) if wanted.networks else (None, {})
    for network in wanted.networks:  # they learn from what was spread
        expert = network_expert(
            network, data, features, view, beliefs, teacher, seed, learned, entities=aligns_entities(config)
        )
        experts[network] = replace(expert, notes=expert.notes | notes)
    return view.beliefs, experts


def graph_seen(
    config: Config, condition: Condition, seed: int, inputs: Mapping[str, Path]
) -> tuple[HeteroData, NDArray[np.float32]]:
    """Return the graph that a condition shows, similar texts too, and ``[V, H]`` features of documents and entities."""
    import numpy as np

    from cdkd_kg.graph.tensor_files import load_tensors
    from cdkd_kg.teachers.graph import with_similar_texts

    documents, entities = (load_geometry(inputs[name]) for name in ("document_geometry", "entity_geometry"))
    data = without_edges(load_tensors(inputs["graph"] / TENSORS), config.teachers.graph.without_edges)
    data = condition_graph(data, condition, seed)
    data = with_similar_texts(data, documents, similar_texts_of(condition, config))
    return data, np.concatenate([documents, entities[: data["entity"].num_nodes]])
