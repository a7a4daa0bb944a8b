"""What a model's configuration says of its shape."""

import pytest
from transformers import BertConfig, CLIPConfig, RobertaConfig

from cdkd_kg.distillation.layers import check_layers
from cdkd_kg.errors import ConfigError
from cdkd_kg.teachers.pretrained import model_shape


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
