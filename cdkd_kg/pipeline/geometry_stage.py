"""Stage ``geometry``: documents, entities and label names in the space of the text encoder, before any fine-tuning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from cdkd_kg.config import Config, TaskConfig
from cdkd_kg.errors import TrainingError
from cdkd_kg.pipeline.graph_stage import TENSORS
from cdkd_kg.stages import Job

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch_geometric.data import HeteroData

Reader = Callable[[Mapping[str, Path]], list[str]]
FILE = "geometry.safetensors"


def document_geometry_job(config: Config, corpus: Job, identity: str) -> Job:
    """Return the job that encodes documents; ``identity`` tells the encoder's weights."""
    return _job(config, "documents", identity, {"corpus": corpus}, _documents)


def entity_geometry_job(config: Config, graph: Job, identity: str) -> Job:
    """Return the job that encodes what entities are called and defined as; ``identity`` tells the encoder's weights."""
    return _job(config, "entities", identity, {"graph": graph}, _entities)


def label_geometry_job(config: Config, corpus: Job, identity: str) -> Job:
    """Return the job that encodes the names of labels; ``identity`` tells the encoder's weights."""
    return _job(config, "label names", identity, {"corpus": corpus}, _names)


def load_geometry(folder: Path) -> NDArray[np.float32]:
    """Return ``[N, H]`` of what was encoded, in the order of the graph's nodes."""
    from safetensors.numpy import load_file

    vectors: NDArray[np.float32] = load_file(folder / FILE)["vectors"]
    return vectors


def _job(config: Config, what: str, identity: str, needs: Mapping[str, Job], read: Reader) -> Job:
    text = config.teachers.text
    options = {
        "what": what,
        "model": text.model,
        "weights": identity,
        "max_length": text.max_length,
        "transformers": version("transformers"),
    }
    return Job("geometry", what, options, needs, partial(_work, config, read))


def _documents(inputs: Mapping[str, Path]) -> list[str]:
    from cdkd_kg.corpus.corpus import Corpus

    texts: list[str] = Corpus.load(inputs["corpus"]).graph_documents()["text"][:]
    return texts


def _entities(inputs: Mapping[str, Path]) -> list[str]:
    from cdkd_kg.graph.tensor_files import load_tensors

    return entity_texts(load_tensors(inputs["graph"] / TENSORS))


def entity_texts(data: HeteroData) -> list[str]:
    """Return what every entity is called and, where that is known, defined as."""
    entities = data["entity"]
    return [
        f"{label}: {definition}" if definition else label
        for label, definition in zip(entities.label, entities.definition, strict=True)
    ]


def _names(inputs: Mapping[str, Path]) -> list[str]:
    from cdkd_kg.corpus.corpus import Corpus

    tasks = Corpus.load(inputs["corpus"]).tasks
    return [label.replace("_", " ") for _, task in sorted(tasks.items()) for label in task.labels]


def load_label_names(folder: Path, tasks: Mapping[str, TaskConfig], name: str) -> NDArray[np.float32]:
    """Return ``[C, H]`` of the names of one task's labels."""
    before = sum(len(task.labels) for other, task in tasks.items() if other < name)
    return load_geometry(folder)[before : before + len(tasks[name].labels)]


def _work(config: Config, read: Reader, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    from safetensors.numpy import save_file

    from cdkd_kg.teachers.models import best_device, load_classifier, load_tokenizer, predict

    text, texts = config.teachers.text, read(inputs)
    model = load_classifier(text.model, ("0", "1"), multi_label=False).to(best_device())
    vectors = predict(
        model,
        load_tokenizer(text.model),
        texts,
        max_length=text.max_length,
        batch_size=text.training.per_device_eval_batch_size,
        description=f"encoding {job.key}",
    )[1]
    need_finite(vectors, texts, text.model)
    save_file({"vectors": vectors}, folder / FILE)


def need_finite(vectors: NDArray[np.float32], texts: Sequence[str], model: str) -> None:
    """Refuse vectors ``[N, H]`` that are no numbers: no expert could learn from them.

    Raises:
        TrainingError: with the first of the texts.
    """
    import numpy as np

    wrong = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(wrong):
        raise TrainingError(
            f"{model} gives no finite vector for {len(wrong)} of {len(texts)} texts",
            where=f"the first is {texts[wrong[0]][:60]!r}",
            why="its weights are broken, or it overflows",
            remedy="take another model for teachers.text.model",
        )
