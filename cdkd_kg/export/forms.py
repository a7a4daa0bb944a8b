"""The forms of a bundle: made from one student, smaller or portable, each held against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from cdkd_kg.corpus.pairs import parts
from cdkd_kg.errors import ExportRefusedError
from cdkd_kg.export.agreement import agreement, need_as_good, need_same, told
from cdkd_kg.export.factorise import factorise
from cdkd_kg.export.onnx import Calibration, quantise, write_onnx, write_openvino
from cdkd_kg.export.vocabulary import prune
from cdkd_kg.inference.bundle import FILES, Bundle, Form
from cdkd_kg.inference.predictor import Predictor, Text
from cdkd_kg.progress import track
from cdkd_kg.teachers.encoding import encode

CALIBRATING = 128
"""So many training texts show the range of activations."""
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Forms:
    """What to make of a student beside its Hugging Face folder.

    Attributes:
        onnx: the graph with 32-bit weights.
        int8: the graph with 8-bit weights, and how its activations are calibrated; None makes none.
        openvino: OpenVINO's form of the graph with 32-bit weights.
        prune_vocabulary: take tokens out that occur less often than so many times in training texts.
        embedding_rank: put a product of two thin matrices in the place of the word embeddings of the ONNX graphs.
    """

    onnx: bool = True
    int8: Calibration | None = "dynamic"
    openvino: bool = False
    prune_vocabulary: int | None = None
    embedding_rank: int | None = None

    @property
    def smaller(self) -> list[str]:
        """What was made smaller, in words."""
        pruned = ["with a pruned vocabulary"] if self.prune_vocabulary else []
        return pruned + ([f"with word embeddings of rank {self.embedding_rank}"] if self.embedding_rank else [])


def as_text(text: str) -> Text:
    """Return a text of the corpus as a predictor takes it: two parts as a pair."""
    first, second = parts(text)
    return first if second is None else (first, second)


def write_forms(
    forms: Forms,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    train: Sequence[str],
    bundle: Bundle,
) -> None:
    """Write a student into the folder of a bundle, in every form that is wanted.

    Args:
        forms: what is wanted.
        model: the student; it is made smaller in place.
        tokenizer: of it.
        train: training texts.
        bundle: with its folder, and what :class:`Predictor` needs to know.
    """
    if forms.prune_vocabulary:
        counts = _counts(tokenizer, train, bundle.max_length)
        tokenizer = prune(model, tokenizer, counts, forms.prune_vocabulary)
    factors = None
    if forms.embedding_rank:
        factors = factorise(model, _counts(tokenizer, train, bundle.max_length), forms.embedding_rank)
    model.save_pretrained(bundle.folder)
    tokenizer.save_pretrained(bundle.folder)
    bundle.about["pad_token_id"] = tokenizer.pad_token_id
    if factors is not None:
        model.set_input_embeddings(factors)
    if forms.onnx or forms.int8 or forms.openvino:
        names = tuple(name for name in INPUTS if name in tokenizer.model_input_names)
        _write_graphs(forms, model, names, train, bundle)


def _write_graphs(
    forms: Forms, model: PreTrainedModel, names: tuple[str, ...], train: Sequence[str], bundle: Bundle
) -> None:
    graph = bundle.folder / FILES["onnx"]
    write_onnx(model, names, graph)
    if forms.int8:
        texts = [as_text(text) for text in train[:CALIBRATING]]
        read = Predictor(bundle, "onnx", 1).batches(texts) if forms.int8 == "static" else ()
        batches = ({name: one[name] for name in names} for one in read)
        quantise(graph, bundle.folder / FILES["int8"], forms.int8, batches)
    if forms.openvino:
        write_openvino(graph, bundle.folder / FILES["openvino"])
    if not forms.onnx:
        graph.unlink()


def _counts(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_length: int) -> list[int]:
    """Return how often each token of a vocabulary occurs in what is read of texts."""
    read = (token for text in texts for row in encode(tokenizer, [text], max_length)["input_ids"] for token in row)
    found = Counter(read)
    return [found[token] for token in range(len(tokenizer))]


def checked_forms(bundle: Bundle, texts: Sequence[str], student: Floats, targets: Floats) -> list[dict[str, Any]]:
    """Ask every form about test documents, and return how each answers.

    The forms of full precision must decide as the student of the run does; where that was made smaller, as its Hugging
    Face folder does. No form may be worse than the student of the run by more than half a point.

    Args:
        bundle: whose folder is filled.
        texts: test documents.
        student: logits ``[N, C]`` of the student of the run for them.
        targets: ``[N, C]`` of 0 and 1; rows of -1 are unlabelled.

    Raises:
        ExportRefusedError: a form says something else, or is worse; or there is no test document.
    """
    if not texts:
        raise ExportRefusedError(
            "the run has no test document",
            why="every form is held against the student on test documents before it is written",
            remedy="give a domain of the task a test split, or labels to draw one from, and run again",
        )
    asked = [as_text(text) for text in texts]
    rows, exact = [], None
    forms: list[Form] = [form for form in ("torch", *FILES) if (bundle.folder / FILES[form]).is_file()]
    for form in track(list(dict.fromkeys(forms)), "asking each form"):  # the Hugging Face folder first, as the measure
        predictor = Predictor(bundle, form)
        logits = predictor.logits(asked)
        predictor.close()
        found = agreement(student, logits, targets, bundle.multi_label)
        exact = logits if exact is None else exact
        if form != "int8":
            same = exact if bundle.about["smaller"] else student
            need_same(agreement(same, logits, targets, bundle.multi_label), f"the form {form}")
        need_as_good(found, f"the form {form}", _remedy(form))
        rows.append({"name": form, "file": FILES[form], "bytes": _bytes(bundle.folder / FILES[form])} | told(found))
    return rows


def _remedy(form: Form) -> str:
    if form == "int8":
        return "try the other calibration (--int8 dynamic or static), or leave it out (--int8 none)"
    return "leave --prune-vocabulary and --embedding-rank out, or give a larger rank or more training texts"


def _bytes(file: Path) -> int:
    """Return the size of a form; the weights of OpenVINO lie beside it."""
    beside = file.with_suffix(".bin")
    return file.stat().st_size + (beside.stat().st_size if beside.is_file() else 0)
