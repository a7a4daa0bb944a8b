"""A small bundle made by hand: a random BERT in its forms, two domains, and what their texts looked like."""

from pathlib import Path

from safetensors.numpy import save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from cdkd_kg.artifacts import new_folder, write_json
from cdkd_kg.export.forms import Forms, write_forms
from cdkd_kg.inference.bundle import ABOUT, FORMAT, Bundle, open_bundle
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.inference.reference import REFERENCE, SURPRISALS, features, reference, surprisals
from cdkd_kg.teachers.models import predict
from tests.models import tiny_bert

LABELS = ("sport", "business")
WORDS = ("ball", "goal", "team", "bank", "rate", "stock", "the", "of", "a")
TEXTS = [" ".join(WORDS[place % 9 :] + WORDS[: place % 7]) for place in range(60)]
INT8 = Forms(onnx=False)


def classifier(folder: Path, labels=LABELS, multi_label=False, model=tiny_bert):
    """Return a random classifier of labels and its tokenizer; its head is large enough to be sure of something."""
    model(folder, list(WORDS))
    made = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=len(labels), ignore_mismatched_sizes=True
    )
    made.config.id2label = dict(enumerate(labels))
    made.config.label2id = {label: place for place, label in enumerate(labels)}
    made.config.problem_type = "multi_label_classification" if multi_label else "single_label_classification"
    head = made.classifier if hasattr(made, "classifier") else made.score
    head.weight.data *= 40
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    made.config.pad_token_id = tokenizer.pad_token_id
    tokenizer.model_max_length = 16
    return made.eval(), tokenizer


def written(folder: Path, forms: Forms, model=tiny_bert):
    """Write the forms of a model into ``folder / "bundle"``, unsealed; return that and what the model says."""
    made, tokenizer = classifier(folder / "model", model=model)
    bundle = Bundle(
        folder / "bundle",
        "",
        {"labels": list(LABELS), "multi_label": False, "reads": ["text"], "smaller": [], "max_length": 16},
    )
    bundle.folder.mkdir()
    said, _ = predict(made, tokenizer, TEXTS, 16, 8)
    write_forms(forms, made, tokenizer, TEXTS, bundle)
    return bundle, said


def tiny_bundle(
    folder: Path, forms: Forms = INT8, multi_label: bool = False, labels=LABELS, pairs: bool = False
) -> Bundle:
    """Write a bundle into ``folder / "bundle"``, and return it."""
    model, tokenizer = classifier(folder / "bert", labels, multi_label)
    domains = {"news": {"role": "source", "temperature": 2.0}, "letters": {"role": "target", "temperature": 0.5}}
    about = {
        "format": FORMAT, "task": "topic", "labels": list(labels), "multi_label": multi_label, "max_length": 16,
        "reads": ["pair" if pairs else "text"], "smaller": [], "temperature": 1.0, "domains": domains,
    }  # fmt: skip
    with new_folder(folder / "bundle") as aside:
        bundle = Bundle(aside, "", about)
        write_forms(forms, model, tokenizer, TEXTS, bundle)
        predictor = Predictor(bundle, threads=1)
        bits = surprisals(predictor.token_counts(TEXTS))
        save_file({"bits": bits}, aside / SURPRISALS)
        asked = [(text, text) for text in TEXTS] if pairs else TEXTS
        seen = [features(text, one, labels, bits) for text, one in zip(asked, predictor.predict(asked), strict=True)]
        write_json(aside / REFERENCE, {name: reference(seen, labels) for name in domains})
        write_json(aside / ABOUT, about)
    return open_bundle(folder / "bundle")
