"""Stage ``geometry``: documents and entity labels in the space of the text encoder, before any fine-tuning."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from cdkd_kg.config import Config
from cdkd_kg.pipeline.graph_stage import TENSORS
from cdkd_kg.stages import Job

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "geometry.safetensors"


def geometry_job(config: Config, corpus: Job, graph: Job, identity: str) -> Job:
    """Return the job that encodes documents and entities; ``identity`` tells the encoder's weights."""
    text = config.teachers.text
    options = {
        "model": text.model,
        "weights": identity,
        "max_length": text.max_length,
        "transformers": version("transformers"),
    }
    return Job("geometry", text.model, options, {"corpus": corpus, "graph": graph}, partial(_work, config))


def load_geometry(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return ``[N, H]`` of documents and ``[M, H]`` of entities, in the order of the graph's nodes."""
    from safetensors.numpy import load_file

    arrays = load_file(folder / FILE)
    return arrays["documents"], arrays["entities"]


def _work(config: Config, job: Job, inputs: Mapping[str, Path], folder: Path) -> None:
    del job
    from safetensors.numpy import save_file

    from cdkd_kg.corpus.corpus import Corpus
    from cdkd_kg.graph.tensor_files import load_tensors
    from cdkd_kg.teachers.models import best_device, load_classifier, load_tokenizer, predict

    text = config.teachers.text
    model = load_classifier(text.model, ("0", "1"), multi_label=False).to(best_device())
    tokenizer = load_tokenizer(text.model)
    batch = text.training.per_device_eval_batch_size
    documents = Corpus.load(inputs["corpus"]).graph_documents()["text"][:]
    entities = load_tensors(inputs["graph"] / TENSORS)["entity"].label
    encode = partial(predict, model, tokenizer, max_length=text.max_length, batch_size=batch)
    save_file(
        {
            "documents": encode(documents, description="encoding documents")[1],
            "entities": encode(entities, description="encoding entities")[1],
        },
        folder / FILE,
    )
