"""Result files are whole or not there, and an altered one is noticed."""

import random
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkd_kg.artifacts import (
    MANIFEST,
    canonical_json,
    is_sound,
    is_whole,
    new_folder,
    read_json,
    verify,
    write_json,
    write_text,
)
from cdkd_kg.errors import ArtifactError


def _fill(path, text="content"):
    with new_folder(path, {"stage": "test"}) as folder:
        write_text(folder / "a.txt", text)
        (folder / "deep").mkdir()
        write_json(folder / "deep" / "b.json", {"b": 1})


def test_a_finished_folder_verifies_and_tells_about_itself(tmp_path):
    _fill(tmp_path / "done")
    assert verify(tmp_path / "done") == {"stage": "test"}
    assert is_whole(tmp_path / "done")


def test_a_failed_block_leaves_the_old_folder_and_no_rest(tmp_path):
    _fill(tmp_path / "done", "old")
    with pytest.raises(TypeError), new_folder(tmp_path / "done") as folder:
        write_json(folder / "a.txt", {1, 2})
    assert (tmp_path / "done" / "a.txt").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["done"]


def test_a_new_folder_replaces_the_old_one(tmp_path):
    _fill(tmp_path / "done", "old")
    _fill(tmp_path / "done", "new")
    assert (tmp_path / "done" / "a.txt").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["done"]


@given(position=st.integers(0, 6), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(tmp_path_factory, position, bit):
    path = tmp_path_factory.mktemp("flip") / "done"
    _fill(path)
    content = bytearray((path / "a.txt").read_bytes())
    content[position] ^= 1 << bit
    (path / "a.txt").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"a\.txt"):
        verify(path)


def test_ten_thousand_flipped_bits_and_cuts_are_all_found(tmp_path):
    with new_folder(tmp_path / "done", {"seconds": 12.5, "small": 1e-5, "key": "topic"}) as folder:
        write_text(folder / "a.txt", "content" * 50)
        write_json(folder / "sub" / "b.json", {"teacher": "x" * 64, "ids": list(range(40))})
    files = sorted(path for path in (tmp_path / "done").rglob("*") if path.is_file())
    whole, chance = {file: file.read_bytes() for file in files}, random.Random(0)
    found = 0
    for _ in range(10_000):
        file = chance.choice(files)
        content = bytearray(whole[file])
        if chance.random() < 0.5:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        else:
            del content[chance.randrange(len(content)) :]
        file.write_bytes(content)
        found += not is_sound(tmp_path / "done")
        file.write_bytes(whole[file])
    assert found == 10_000
    assert is_sound(tmp_path / "done")


def test_a_cut_file_and_a_missing_manifest_are_not_whole(tmp_path):
    _fill(tmp_path / "done")
    (tmp_path / "done" / "a.txt").write_text("con")
    assert not is_whole(tmp_path / "done")
    (tmp_path / "done" / MANIFEST).unlink()
    assert not is_whole(tmp_path / "done")
    with pytest.raises(ArtifactError, match="missing"):
        verify(tmp_path / "done")


def test_broken_json_is_an_artifact_error(tmp_path):
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ArtifactError, match=r"x\.json"):
        read_json(tmp_path / "x.json")


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.booleans()))
def test_canonical_json_does_not_depend_on_order(value):
    assert canonical_json(value) == canonical_json(dict(reversed(value.items())))


WRITER = """
import sys
from pathlib import Path
from cdkd_kg.artifacts import new_folder, write_text
number = 0
while True:
    number += 1
    with new_folder(Path(sys.argv[1]) / "done") as folder:
        for name in "abcdef":
            write_text(folder / name, str(number) * 1000)
"""


def test_a_killed_writer_never_leaves_a_mixed_folder(tmp_path):
    for round_number in range(10):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)])
        time.sleep(0.25 + 0.03 * round_number)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (tmp_path / "done").is_dir():
            verify(tmp_path / "done")
            assert len({(tmp_path / "done" / name).read_text() for name in "abcdef"}) == 1
    _fill(tmp_path / "done")
    assert [path.name for path in tmp_path.iterdir()] == ["done"]


def test_of_two_writers_of_one_folder_both_end_well_and_one_folder_stays(tmp_path):
    with new_folder(tmp_path / "done") as first:
        write_text(first / "a.txt", "same")
        _fill(tmp_path / "done", "same")
    assert verify(tmp_path / "done") == {}
    assert [path.name for path in tmp_path.iterdir()] == ["done"]


def test_files_of_a_folder_get_the_mode_that_any_new_file_gets(tmp_path):
    (tmp_path / "plain").touch()
    with new_folder(tmp_path / "one") as folder:
        (folder / "weights").touch(mode=0o600)
    assert (tmp_path / "one" / "weights").stat().st_mode == (tmp_path / "plain").stat().st_mode
