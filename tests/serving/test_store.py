"""What was kept is there after a kill; feedback is never changed; the last of several judgements holds."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from cdkd_kg.errors import ArtifactError, MissingResourceError
from cdkd_kg.inference.reference import Features
from cdkd_kg.serving.store import Judged, Kept, Store, opened

FEATURES = Features(9, 1.5, 0.75, "sport")


def _kept(number, text="ball", domain="news", pair=None):
    return Kept(f"{number:032x}", "abc", domain, text, pair, [0.75, 0.25], FEATURES)


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "f.sqlite")) as store:
        yield store


def test_a_text_is_told_once_with_what_was_said_of_it_last(store):
    store.keep([_kept(1), _kept(2, "bank"), _kept(3)])
    assert store.judge(f"{1:032x}", ["sport"], "ada") == 1
    assert store.judge(f"{3:032x}", ["business"], "bob", "no ball in it") == 2
    assert store.texts() == [
        Judged(f"{1:032x}", "news", "ball", None, ["business"]),
        Judged(f"{2:032x}", "news", "bank", None, None),
    ]
    assert store.counts() == {"predictions": 3, "judged": 2}


def test_the_same_text_in_two_domains_or_with_another_second_part_is_two(store):
    store.keep([_kept(1), _kept(2, domain="letters"), _kept(3, pair="goal")])
    store.judge(f"{3:032x}", ["sport"])
    assert [(one.domain, one.text_pair, one.labels) for one in store.texts()] == [
        ("news", None, None), ("letters", None, None), ("news", "goal", ["sport"]),
    ]  # fmt: skip


def test_feedback_for_what_is_not_kept_is_refused(store):
    with pytest.raises(MissingResourceError, match="no prediction"):
        store.judge("0" * 32, ["sport"])


def test_the_oldest_predictions_are_forgotten_but_not_what_was_judged(tmp_path):
    with closing(Store(tmp_path / "f.sqlite", most=20)) as store:
        store.keep([_kept(1, "first")])
        store.judge(f"{1:032x}", ["sport"])
        for number in range(2, 60):
            store.keep([_kept(number, f"text {number}")])
        texts = [one.text for one in store.texts()]
    assert texts[0] == "first"
    assert texts[-1] == "text 59"
    assert 20 <= len(texts) <= 23


def test_what_is_watched_comes_back_the_oldest_first(store):
    store.keep([_kept(number)._replace(features=FEATURES._replace(length=number)) for number in range(5)])
    assert [one.length for one in store.recent("news", 3, "abc")] == [2, 3, 4]
    assert store.recent("letters", 3, "abc") == store.recent("news", 3, "another") == []


def test_feedback_can_neither_be_changed_nor_deleted(store, tmp_path):
    store.keep([_kept(1)])
    store.judge(f"{1:032x}", ["sport"])
    with closing(sqlite3.connect(tmp_path / "f.sqlite")) as other:
        for sql in ("DELETE FROM feedback", "UPDATE feedback SET labels = '[]'"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                other.execute(sql)


def test_a_batch_is_kept_whole_or_not_at_all(store):
    store.keep([_kept(1)])
    with pytest.raises(ArtifactError):
        store.keep([_kept(2), _kept(1)])
    assert store.counts()["predictions"] == 1
    store.keep([_kept(2)])


def test_a_full_disk_is_told_as_such_and_costs_nothing_that_was_kept(store):
    store.keep([_kept(1)])
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ArtifactError, match="full"):
        store.keep([_kept(number, "long " * 2000) for number in range(2, 50)])
    assert store.counts()["predictions"] == 1
    store._connection.execute("PRAGMA max_page_count = 100000")
    store.keep([_kept(2)])


def test_another_file_is_not_taken_for_one_of_feedback(tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as other:
        other.execute("CREATE TABLE mine (a)")
    with pytest.raises(ArtifactError, match="no file of feedback"):
        Store(tmp_path / "other.sqlite")
    (tmp_path / "text").write_text("this is no database, and long enough to be one " * 50)
    with pytest.raises(ArtifactError):
        Store(tmp_path / "text")
    with pytest.raises(MissingResourceError), opened(tmp_path / "nothing"):
        pass
    assert not (tmp_path / "nothing").exists()


WRITER = """
import sys
from pathlib import Path
from cdkd_kg.serving.store import Store
from tests.serving.test_store import _kept
store = Store(Path(sys.argv[1]))
begin = int(sys.argv[2])
for number in range(begin, begin + 100_000):
    store.keep([_kept(number, f"text {number}")])
    store.judge(f"{number:032x}", ["sport"])
    print(number, flush=True)
"""


def test_what_was_acknowledged_is_there_after_every_kill(tmp_path):
    file, told = tmp_path / "f.sqlite", []
    for round_ in range(8):
        command = [sys.executable, "-c", WRITER, str(file), str(1_000_000 * round_)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."})
        first = writer.stdout.readline()
        time.sleep(0.02 * round_)
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split("\n")
        told += [int(first), *(int(line) for line in rest[:-1])]
        writer.wait()
    with closing(Store(file)) as store:
        judged = {int(one.id, 16) for one in store.texts() if one.labels}
    assert len(told) >= 8
    assert set(told) <= judged
