"""Arrays that are read from disk as they are needed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from cdkd_kg.teachers.mapped import mapped

KINDS = st.sampled_from([np.float16, np.float32, np.float64, np.int64, np.int32, np.bool_])
ARRAY = KINDS.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=1, max_dims=3, min_side=0)))


@given(st.dictionaries(st.text(min_size=1, max_size=5), ARRAY, max_size=4))
def test_they_are_what_the_library_reads(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("mapped") / "a.safetensors"
    save_file(content, path, {"made": "by a test"})
    read = mapped(path)
    assert read.keys() == load_file(path).keys()
    for name, whole in load_file(path).items():
        assert read[name].dtype == whole.dtype
        assert np.array_equal(read[name], whole, equal_nan=whole.dtype.kind == "f")


def test_they_cannot_be_written_and_a_cut_file_is_none(tmp_path):
    path = tmp_path / "a.safetensors"
    save_file({"a": np.ones(9)}, path)
    with pytest.raises(ValueError, match="read-only"):
        mapped(path)["a"][0] = 2
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SafetensorError):
        mapped(path)
