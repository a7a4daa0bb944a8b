"""What a model's configuration says of its shape."""

import pytest
from transformers import BertConfig, CLIPConfig, RobertaConfig

from cdkd_kg.distillation.layers import check_layers
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.models import load_classifier, load_tokenizer
from cdkd_kg.teachers.pretrained import model_shape
from tests.models import tiny_bert, tiny_gpt2


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        (BertConfig(num_hidden_layers=3, max_position_embeddings=64), (3, 64)),
        (RobertaConfig(num_hidden_layers=3, max_position_embeddings=66), (3, 64)),
        (CLIPConfig(), (None, None)),
    ],
    ids=["bert", "roberta", "clip"],
)
def test_the_shape_is_read_from_the_configuration_alone(tmp_path, config, shape):
    config.save_pretrained(tmp_path)
    assert model_shape(tmp_path) == shape


def test_layers_of_a_model_that_does_not_say_how_many_it_has_are_refused():
    with pytest.raises(ConfigError, match=r"num_hidden_layers.*distillation\.student\.model"):
        check_layers((0, 1), None)


def _saved(folder, labels):
    model = load_classifier(tiny_bert(folder / "start", ["ball", "bank"]), labels, False)
    model.save_pretrained(folder / "tuned")
    load_tokenizer(folder / "start").save_pretrained(folder / "tuned")
    return folder / "tuned"


def _told(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "cdkd_kg.teachers.models"]


@pytest.mark.parametrize("theirs", [("Sport", "Business"), ("LABEL_0", "LABEL_1"), ("a", "b", "c")])
def test_a_head_that_is_dropped_is_told_of_once(tmp_path, caplog, theirs):
    folder = _saved(tmp_path, theirs)
    caplog.clear()
    for _ in range(2):
        load_classifier(folder, ("sport", "business"), False)
    (said,) = _told(caplog)
    assert f"{folder} was saved with is dropped" in said
    assert f"its labels are {list(theirs)} and the task's ['sport', 'business']" in said


def test_a_head_that_is_kept_and_a_model_without_one_are_nothing_to_tell_of(tmp_path, caplog):
    folder = _saved(tmp_path, ("sport", "business"))
    bare, gpt = tmp_path / "bare", tiny_gpt2(tmp_path / "gpt", ["ball", "bank"])
    load_classifier(folder, ("sport", "business"), False).base_model.save_pretrained(bare)
    caplog.clear()
    for model, labels in (
        (folder, ("business", "sport")),
        (bare, ("a", "b")),
        (gpt, ("a", "b")),
        (gpt, ("a", "b", "c")),
    ):
        load_classifier(model, labels, False)
    assert _told(caplog) == []
