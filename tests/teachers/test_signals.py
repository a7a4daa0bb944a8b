import numpy as np
import pytest

from cdkd_kg.artifacts import new_folder, verify
from cdkd_kg.errors import ArtifactError, StaleSignalError, TrainingError
from cdkd_kg.teachers.signals import TENSORS, TeacherSignal


def _signal(**changes):
    values = {
        "teacher": "t" * 64,
        "labels": ["x", "y"],
        "ids": ["b", "a", "c"],
        "text_hashes": ["hb", "ha", "hc"],
        "logits": np.array([[2.0, 0], [1, 0], [3, 0]]),
        "hidden": np.ones((3, 4)),
        "embedding": np.ones((3, 2)),
    }
    return TeacherSignal.of(**values | changes)


def test_rows_are_sorted_by_id_and_found_by_content():
    signal = _signal()
    assert signal.ids == ("a", "b", "c")
    assert signal.logits[signal.rows(["c", "a"], ["hc", "ha"])][:, 0].tolist() == [3, 1]


def test_it_survives_saving_bit_for_bit(tmp_path):
    signal = _signal()
    with new_folder(tmp_path / "signal") as folder:
        signal.save(folder)
    loaded = TeacherSignal.load(tmp_path / "signal", "t" * 64)
    for name in ("logits", "hidden", "embedding", "weight"):
        assert np.array_equal(getattr(loaded, name), getattr(signal, name))
    assert (loaded.ids, loaded.labels) == (signal.ids, signal.labels)


def test_a_changed_text_an_unknown_document_and_another_teacher_are_errors(tmp_path):
    signal = _signal()
    with pytest.raises(StaleSignalError, match="changed"):
        signal.rows(["a"], ["other"])
    with pytest.raises(StaleSignalError, match="not seen"):
        signal.rows(["z"], ["hz"])
    signal.save(tmp_path)
    with pytest.raises(StaleSignalError, match="another teacher"):
        TeacherSignal.load(tmp_path, "u" * 64)


def test_a_cut_file_is_an_error_and_a_flipped_bit_is_found(tmp_path):
    with new_folder(tmp_path / "signal") as folder:
        _signal().save(folder)
    file = tmp_path / "signal" / TENSORS
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArtifactError, match="altered"):
        verify(tmp_path / "signal")
    file.write_bytes(content[:-20])
    with pytest.raises(ArtifactError, match="cannot be read"):
        TeacherSignal.load(tmp_path / "signal")


def test_a_teacher_that_is_not_finite_is_refused_by_document():
    logits = np.array([[2.0, 0], [np.nan, 0], [3, 0]])
    with pytest.raises(TrainingError, match=r"logits are not finite \(a\)"):
        _signal(logits=logits)


def test_large_logits_are_held_to_the_range_of_half_precision():
    assert np.isfinite(_signal(logits=np.full((3, 2), 1e9)).logits).all()


@pytest.mark.parametrize("name", ["logits", "hidden", "embedding", "weight"])
def test_infinity_is_refused_and_not_held_to_the_range(name):
    values = np.ones(3) if name == "weight" else np.ones((3, 2))
    values[1] = np.inf
    with pytest.raises(TrainingError, match=rf"{name} are not finite \(a\)"):
        _signal(**{name: values})


@pytest.mark.parametrize(
    ("name", "values"),
    [("weight", np.ones((3, 1))), ("logits", np.ones(3)), ("hidden", np.ones((3, 2, 2))), ("embedding", np.ones(3))],
)
def test_an_array_that_would_broadcast_is_refused(name, values):
    with pytest.raises(ValueError, match=f"{name} has {values.ndim} dimensions"):
        _signal(**{name: values})


@pytest.mark.parametrize("wrong", [-0.1, 5.0])
def test_a_weight_outside_of_its_range_is_refused_by_document(wrong):
    with pytest.raises(TrainingError, match=rf"outside of \[0, 1\] \(a\)\. Why: it is {wrong:g}"):
        _signal(weight=np.array([1, wrong, 0]))


def test_rows_and_columns_are_as_many_as_documents_and_labels():
    with pytest.raises(ValueError, match="4 rows for 3 documents"):
        _signal(hidden=np.ones((4, 2)))
    with pytest.raises(ValueError, match="2 columns for 3 labels"):
        _signal(labels=["x", "y", "z"])
