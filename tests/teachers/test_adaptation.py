"""An encoder learns to fill in words, also where a batch is one short text of which none was drawn."""

import pytest
import torch
from safetensors.torch import load_file

from cdkd_kg.config import TextTeacherConfig, TrainingConfig
from cdkd_kg.teachers.adaptation import adapt
from tests.models import tiny_bert


@pytest.mark.parametrize("seed", range(3))
def test_a_last_batch_of_one_short_text_is_learned_from(tmp_path, seed):
    tiny_bert(tmp_path / "bert", ["ball", "goal"])
    training = TrainingConfig(per_device_train_batch_size=4)
    config = TextTeacherConfig(model=str(tmp_path / "bert"), max_length=16, training=training)
    adapt(["ball goal"] * 5, config, seed, tmp_path / "adapted")
    weights = load_file(tmp_path / "adapted" / "model.safetensors")
    assert all(torch.isfinite(value).all() for value in weights.values())
