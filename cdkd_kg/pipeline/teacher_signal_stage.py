"""Stage ``teacher_signal``: text and graph teachers, calibrated and fused, as one signal a condition."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.config import Condition, Config
from cdkd_kg.pipeline.geometry_stage import load_geometry
from cdkd_kg.pipeline.graph_stage import ABOUT, TENSORS
from cdkd_kg.pipeline.text_teacher_stage import OPINION
from cdkd_kg.stages import Job

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch_geometric.data import HeteroData

    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.teachers.graph import Expert, GraphTask

EXPERTS, OPINIONS = "experts.json", "opinions.safetensors"


def teacher_signal_job(
    config: Config,
    inputs: Mapping[str, Job],
    text_teachers: Mapping[str, Job],
    task: str,
    seed: int,
    condition: Condition,
) -> Job:
    """Return the job that makes the signal of one condition.

    Args:
        config: the run.
        inputs: the jobs ``corpus``, ``graph`` and ``geometry``.
        text_teachers: text teachers by the domain they learned from, ``""`` for all domains.
        task: the label space.
        seed: decides the labels that may be used, the graph teacher's start, and the shuffling.
        condition: which graph the teacher sees.
    """
    options: dict[str, Any] = {
        "fusion": config.teachers.fusion.model_dump(mode="json"),
        "case": [task, seed, condition],
        "labels_per_class": config.corpus.labels_per_class,
    }
    needs = {f"text_teacher {domain}": job for domain, job in text_teachers.items()}
    if condition == "text_teacher":
        needs["corpus"] = inputs["corpus"]
    else:
        needs |= inputs
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

    from cdkd_kg.corpus.budget import label_budget
    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.teachers.ensemble import fuse_experts
    from cdkd_kg.teachers.signals import TeacherSignal

    name, seed, condition = job.options["case"]
    corpus = Corpus.load(inputs["corpus"])
    rows = corpus.graph_documents()
    domains = np.array(rows["domain"][:], dtype=str)
    text_logits, hidden = _text_opinion(corpus, name, inputs, domains)
    budget = label_budget(corpus, name, seed, config.corpus.labels_per_class)
    view = _view(corpus, name, budget, text_logits, domains)
    experts = {} if condition == "text_teacher" else _graph_experts(config, view, seed, condition, inputs)
    opinions = {"text": text_logits} | {kind: expert.logits for kind, expert in experts.items()}
    ensemble = fuse_experts(opinions, view, config.teachers.fusion)
    signal = TeacherSignal.of(
        teacher=job.fingerprint,
        labels=corpus.tasks[name].labels,
        ids=rows["id"][:],
        text_hashes=rows["text_hash"][:],
        logits=ensemble.logits,
        hidden=hidden,
        embedding=experts["rgcn"].embedding if "rgcn" in experts else hidden,
    )
    signal.save(folder)
    said = ensemble.calibrated | {"fused": ensemble.logits}
    save_file({kind: np.ascontiguousarray(z, dtype=np.float32) for kind, z in said.items()}, folder / OPINIONS)
    notes = {kind: ensemble.experts[kind] | (experts[kind].notes if kind in experts else {}) for kind in opinions}
    graph = read_json(inputs["graph"] / ABOUT)["revision"] if condition == "graph_teacher" else None
    write_json(folder / EXPERTS, {"experts": notes, "graph": graph})


def _text_opinion(
    corpus: Corpus, name: str, inputs: Mapping[str, Path], domains: NDArray[np.str_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return logits and hidden states of the text teachers.

    With one teacher a source domain, each is calibrated on the validation rows of its own domain first; a document
    of such a domain is then its own teacher's, any other gets the mean of all: a product of experts in equal parts.
    """
    import numpy as np
    from safetensors.numpy import load_file

    teachers = {
        key.removeprefix("text_teacher "): load_file(folder / OPINION)
        for key, folder in sorted(inputs.items())
        if key.startswith("text_teacher ")
    }
    if len(teachers) > 1:
        for domain, opinion in teachers.items():
            opinion["logits"] /= _own_temperature(corpus, name, domain, opinion["logits"])
    answers = []
    for kind in ("logits", "hidden"):
        answer = np.mean([opinion[kind] for opinion in teachers.values()], axis=0)
        for domain, opinion in teachers.items():
            answer[domains == domain] = opinion[kind][domains == domain]
        answers.append(answer)
    return answers[0], answers[1]


def _own_temperature(corpus: Corpus, name: str, domain: str, logits: NDArray[np.float32]) -> float:
    import numpy as np

    from cdkd_kg.teachers.calibration import fit_temperature

    judges = corpus.labelled(name, "validation")
    judges = judges.filter(lambda other: other == domain, input_columns=["domain"])
    places = np.searchsorted(corpus.graph_documents()["id"][:], judges["id"][:])
    return fit_temperature(logits[places], corpus.targets(judges, name), corpus.tasks[name].multi_label)


def _view(
    corpus: Corpus, name: str, budget: list[str], text_logits: NDArray[np.float32], domains: NDArray[np.str_]
) -> GraphTask:
    import numpy as np

    from cdkd_kg.teachers.calibration import probabilities
    from cdkd_kg.teachers.graph import GraphTask

    rows, task = corpus.graph_documents(), corpus.tasks[name]
    ids = np.array(rows["id"][:], dtype=str)
    mine = np.isin(domains, [key for key, domain in corpus.domains.items() if domain.task == name])
    targets = np.full((len(ids), len(task.labels)), -1, dtype=np.float32)
    targets[mine] = corpus.targets(rows.select(np.flatnonzero(mine)), name)
    labelled = (targets >= 0).all(axis=1)
    training = np.isin(ids, budget)
    validation = labelled & np.isin(ids, corpus.labelled(name, "validation")["id"][:])
    beliefs = probabilities(text_logits, targets, validation, task.multi_label)
    unlabelled = mine & ~training & ~validation
    return GraphTask(targets, training, validation, unlabelled, domains, beliefs, task.multi_label)


def _graph_experts(
    config: Config, view: GraphTask, seed: int, condition: Condition, inputs: Mapping[str, Path]
) -> dict[str, Expert]:
    import numpy as np

    from cdkd_kg.graph.tensor_files import load_tensors
    from cdkd_kg.teachers.calibration import as_probabilities
    from cdkd_kg.teachers.ensemble import calibrate
    from cdkd_kg.teachers.graph import propagation_expert, rgcn_expert, with_similar_texts

    teacher = config.teachers.graph
    documents, entities = load_geometry(inputs["geometry"])
    data = _controlled(load_tensors(inputs["graph"] / TENSORS), condition, seed)
    data = with_similar_texts(data, documents, config.graph.similar_texts)
    features = np.concatenate([documents, entities[: data["entity"].num_nodes]])
    experts: dict[str, Expert] = {}
    beliefs = view.beliefs
    if "propagation" in teacher.encoders:
        experts["propagation"] = propagation_expert(data, view, teacher)
        match = config.teachers.fusion.prior_correction
        beliefs = as_probabilities(calibrate(experts["propagation"].logits, view, match)[1], view.multi_label)
    if "rgcn" in teacher.encoders:
        experts["rgcn"] = rgcn_expert(data, features, view, beliefs, teacher, seed)
    return experts


def _controlled(data: HeteroData, condition: Condition, seed: int) -> HeteroData:
    from cdkd_kg.graph.controls import shuffled, without_knowledge

    if condition == "shuffled_graph":
        return shuffled(data, seed)
    return without_knowledge(data) if condition == "similar_text" else data
