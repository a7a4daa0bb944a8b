from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdkd_kg.data.archive import named, read_members
from cdkd_kg.errors import ArtifactError

FILES = st.dictionaries(st.from_regex(r"[a-z]{1,5}/[a-z]{1,5}", fullmatch=True), st.binary(max_size=50), min_size=1)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES)
def test_zip_and_tarball_give_the_same_sorted_files(zipped, tarred, files: dict[str, bytes]) -> None:
    wanted = tuple({name.split("/")[0] + "/" for name in files})
    expected = dict(sorted(files.items()))
    for archive in (zipped(files), tarred(files)):
        read = read_members(archive, wanted, "here")
        assert list(read.items()) == list(expected.items())


def test_only_the_wanted_members_are_read(zipped) -> None:
    archive = zipped({"a/x": b"1", "a/y": b"2", "ab/x": b"3", "b": b"4"})
    assert read_members(archive, ("a/", "b"), "here") == {"a/x": b"1", "a/y": b"2", "b": b"4"}


@pytest.mark.parametrize("wanted", ["a/z", "c/"])
def test_a_missing_member_is_named(zipped, tarred, wanted: str) -> None:
    for pack in (zipped, tarred):
        with pytest.raises(ArtifactError, match=f"the archive has no '{wanted}' \\(tiny.whl\\)"):
            read_members(pack({"a/x": b"1"}), (wanted,), "tiny.whl")


def test_a_cut_archive_is_an_error_that_names_it(zipped, tarred, tmp_path: Path) -> None:
    for content in (zipped({"a": b"1" * 999})[:-30], tarred({"a": bytes(range(256)) * 99})[:-30], b"", b"text"):
        (tmp_path / "cut").write_bytes(content)
        with pytest.raises(ArtifactError, match=r"(cannot be read|has no 'a') \(cut\)"):
            read_members(tmp_path / "cut", ("a",), "cut")


def test_a_member_is_found_by_the_end_of_its_path() -> None:
    assert named({"x/a.json": b"1", "x/b.json": b"2"}, "b.json") == b"2"
    with pytest.raises(ArtifactError, match=r"no member 'c\.json'"):
        named({"x/a.json": b"1"}, "c.json")
