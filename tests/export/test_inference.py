"""A student answers with transformers alone: none of what made it is imported, nor has to be installed."""

import json
import subprocess
import sys

from transformers import AutoModelForSequenceClassification, AutoTokenizer

from cdkd_kg.export.bundle import save_bundle
from tests.models import tiny_bert

HEAVY = ("cdkd_kg", "networkx", "pyoxigraph", "rdflib", "spacy", "torch_geometric")
ASK = f"""
import json, sys
for name in {HEAVY!r}:
    sys.modules[name] = None  # from here on an import of it fails
from transformers import pipeline
print(json.dumps(pipeline("text-classification", model=sys.argv[1])(["ball goal", "bank"], top_k=None)))
"""
IMPORTED = f"""
import sys
from transformers import pipeline
pipeline("text-classification", model=sys.argv[1])("ball goal")
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def _student(folder):
    tiny_bert(folder / "bert", ["ball", "goal", "bank"])
    model = AutoModelForSequenceClassification.from_pretrained(folder / "bert")
    model.config.id2label, model.config.label2id = {0: "sport", 1: "business"}, {"sport": 0, "business": 1}
    save_bundle(model, AutoTokenizer.from_pretrained(folder / "bert"), 16, {"task": "topic"}, folder / "student")
    return folder / "student"


def _said(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_predicting_imports_nothing_of_what_made_the_student(tmp_path):
    assert _said(IMPORTED, _student(tmp_path)) == "[]"


def test_predicting_works_where_none_of_it_can_be_imported(tmp_path):
    answers = json.loads(_said(ASK, _student(tmp_path)))
    assert len(answers) == 2
    for answer in answers:
        assert {one["label"] for one in answer} == {"sport", "business"}
        assert abs(sum(one["score"] for one in answer) - 1) < 1e-5
