"""A graph says what its model says, at any size of batch; a form that does not is refused with the figures."""

from contextlib import nullcontext
from functools import partial

import numpy as np
import onnx
import pytest
import torch

from cdkd_kg.errors import ExportRefusedError
from cdkd_kg.export.agreement import agreement, need_as_good, need_same
from cdkd_kg.export.first_token import keep_first_token
from cdkd_kg.export.forms import Forms, checked_forms
from cdkd_kg.export.onnx import write_onnx
from cdkd_kg.inference.bundle import FILES
from cdkd_kg.inference.predictor import Predictor
from tests.bundles import LABELS, TEXTS, classifier, written
from tests.models import tiny_bert, tiny_gpt2


@pytest.mark.parametrize("model", [tiny_bert, tiny_gpt2])
@pytest.mark.parametrize("form", ["torch", "onnx", "openvino"])
def test_a_form_of_full_precision_says_what_the_model_says(tmp_path, model, form):
    bundle, said = written(tmp_path, Forms(int8=None, openvino=form == "openvino"), model)
    np.testing.assert_allclose(Predictor(bundle, form).logits(TEXTS), said, atol=2e-4)


@pytest.mark.parametrize("calibration", ["dynamic", "static"])
def test_eight_bits_are_smaller_and_nearly_the_same(tmp_path, calibration):
    bundle, said = written(tmp_path, Forms(int8=calibration))
    logits = Predictor(bundle, "int8").logits(TEXTS)
    assert np.abs(logits - said).max() < 0.1 * np.abs(said).max()
    assert not np.array_equal(logits, said)
    small, large = ((bundle.folder / FILES[form]).stat().st_size for form in ("int8", "onnx"))
    assert small < large


def test_what_is_not_asked_for_is_not_left(tmp_path):
    bundle, _ = written(tmp_path, Forms(onnx=False))
    assert sorted(path.name for path in (bundle.folder / "onnx").iterdir()) == ["model_int8.onnx"]


def test_the_model_is_as_it_was_after_it_was_written(tmp_path):
    bundle, said = written(tmp_path, Forms())
    folder = Predictor(bundle, "torch").logits(TEXTS)
    np.testing.assert_allclose(folder, said, atol=1e-5)


def _targets(said):
    return np.eye(len(LABELS), dtype=np.float32)[said.argmax(axis=1)]


def test_forms_are_held_against_the_student(tmp_path):
    bundle, said = written(tmp_path, Forms(openvino=True))
    rows = {one["name"]: one for one in checked_forms(bundle, TEXTS, said, _targets(said))}
    assert list(rows) == ["torch", "int8", "onnx", "openvino"]
    assert rows["onnx"]["same"] == rows["torch"]["same"] == 1.0
    assert rows["onnx"]["before"] == 1.0
    assert rows["openvino"]["bytes"] > rows["int8"]["bytes"] > 1000


def test_a_student_that_says_something_else_fails_the_export_with_the_figures(tmp_path):
    bundle, said = written(tmp_path, Forms())
    bundle.about["smaller"] = ["with a pruned vocabulary"]
    with pytest.raises(ExportRefusedError, match=r"accuracy 0\.00% in place of 100\.00% on 60 labelled"):
        checked_forms(bundle, TEXTS, -said, _targets(-said))


def test_one_that_decides_otherwise_fails_it_also_where_it_is_as_good(tmp_path):
    bundle, said = written(tmp_path, Forms(onnx=False, int8=None))
    other = said.copy()
    other[::5] = -other[::5]
    unlabelled = np.full_like(said, -1)
    unlabelled[1] = _targets(said)[1]
    with pytest.raises(ExportRefusedError, match="the form torch does not decide as the student does"):
        checked_forms(bundle, TEXTS, other, unlabelled)
    bundle.about["smaller"] = ["with a pruned vocabulary"]
    assert checked_forms(bundle, TEXTS, other, unlabelled)[0]["same"] == pytest.approx(0.8)


def test_the_bars_are_where_they_are_said_to_be():
    said = np.tile(np.array([[1.0, 0.0]]), (1000, 1))
    for wrong, exact, good in ((5, True, True), (6, False, False)):
        other = said.copy()
        other[:wrong] = other[:wrong, ::-1]
        found = agreement(said, other, np.tile(np.array([[1.0, 0.0]]), (1000, 1)), False)
        assert found.lost == pytest.approx(wrong / 1000)
        for check, passes in (
            (partial(need_same, found, "it"), exact),
            (partial(need_as_good, found, "it", "do"), good),
        ):
            with nullcontext() if passes else pytest.raises(ExportRefusedError):
                check()


def test_without_labels_every_other_decision_counts_as_lost():
    said, unknown = np.array([[1.0, 0.0]] * 10), np.full((10, 2), -1.0)
    other = said.copy()
    other[0] = [0.0, 1.0]
    with pytest.raises(ExportRefusedError, match=r"the same decision on 90\.00% of 10"):
        need_as_good(agreement(said, other, unknown, False), "it", "do")


def test_numbers_that_are_none_are_refused():
    said, broken = np.array([[1.0, 0.0]]), np.array([[np.nan, np.nan]])
    with pytest.raises(ExportRefusedError):
        need_same(agreement(-said, broken, np.array([[1.0, 0.0]]), False), "it")


def test_the_model_is_not_left_in_training(tmp_path):
    made, _ = classifier(tmp_path / "model")
    write_onnx(made, ("input_ids", "attention_mask"), tmp_path / "model.onnx")
    assert not any(module.training for module in made.modules())


def test_torch_is_not_left_with_other_threads_or_gradients(tmp_path):
    threads = torch.get_num_threads()
    written(tmp_path, Forms())
    assert (torch.get_num_threads(), torch.is_grad_enabled()) == (threads, True)


def _sizes(file, texts, tokens):
    """Return the numbers of rows that products with weights are made of."""
    graph = onnx.load(file)
    for one in graph.graph.input:
        for place, size in enumerate((texts, tokens)):
            one.type.tensor_type.shape.dim[place].dim_value = size
    inferred = onnx.shape_inference.infer_shapes(graph, data_prop=True).graph
    shapes = {one.name: [each.dim_value for each in one.type.tensor_type.shape.dim] for one in inferred.value_info}
    weights = {one.name for one in graph.graph.initializer}
    return [
        shapes[node.output[0]][1]
        for node in graph.graph.node
        if node.op_type == "MatMul" and node.input[1] in weights and len(shapes.get(node.output[0], ())) == 3
    ]


def test_the_last_layer_is_of_the_first_token_alone(tmp_path):
    bundle, _ = written(tmp_path, Forms(int8=None))
    sizes = _sizes(bundle.folder / FILES["onnx"], 2, 9)
    layer = [9] * 6
    assert sizes[: len(layer)] == layer
    assert sorted(sizes[-6:]) == [1, 1, 1, 1, 9, 9]  # query, output and feed-forward part; key and value


def test_a_graph_that_answers_from_another_token_is_left_as_it_is(tmp_path):
    bundle, _ = written(tmp_path, Forms(int8=None), tiny_gpt2)
    file = bundle.folder / FILES["onnx"]
    before = file.read_bytes()
    assert not keep_first_token(file)
    assert file.read_bytes() == before
