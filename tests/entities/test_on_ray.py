"""Reading on a real cluster of two workers, some of which are killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from cdkd_kg.entities import extract as extracts
from cdkd_kg.entities import on_ray
from cdkd_kg.entities.extract import read_in_parts
from cdkd_kg.entities.reading import Document
from cdkd_kg.entities.tables import save_parts
from cdkd_kg.errors import ArtifactError, ConfigError, WorkersLostError
from tests.entities.test_extract import ALIASES, CONFIG

ROOT = Path(__file__).parents[2]
WORKER = "ray::MapWorker"
ON_RAY = CONFIG.model_copy(update={"engine": "ray"})
TEXT = "Microsoft was acquired by Apple {}. Smoking causes lung cancer in Paris, said Napoleon."


def documents(count: int) -> list[Document]:
    return [Document(f"d/{number:04}", TEXT.format(number)) for number in range(count)]


def saved(folder: Path, *arguments, **options) -> dict[str, bytes]:
    folder.mkdir()
    save_parts(read_in_parts(*arguments, **options), folder)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def workers() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            if child.name().startswith(WORKER):
                found.append(child)
    return found


@contextmanager
def killing(workspace: Path, most: int) -> Iterator[list[int]]:
    """Kill, as long as the block runs and so often at most, a worker that has begun to read and is not done."""
    killed: list[int] = []
    over = threading.Event()

    def watch() -> None:
        seen: set[str] = set()
        while not over.wait(0.02) and len(killed) < most:
            begun = {str(file) for file in workspace.glob("begun/*/*/*")} - seen
            if begun:
                seen |= begun
                for worker in workers()[:1] if most == 1 else workers():
                    with suppress(psutil.Error):
                        worker.kill()
                        killed.append(worker.pid)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def listening() -> set[str]:
    """Return the addresses on which processes that this one started wait for anybody."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            found |= {one.laddr.ip for one in child.net_connections() if one.status == psutil.CONN_LISTEN}
    return found


def wait_for(condition: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(extracts, "PART", 100)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def test_two_workers_of_which_one_is_killed_find_what_one_process_finds(tmp_path):
    rows = documents(2000)
    here = saved(tmp_path / "here", rows, CONFIG, ALIASES)
    addresses: set[str] = set()
    most_workers = 0

    def watch() -> None:
        nonlocal most_workers
        while not over.wait(0.5):
            addresses.update(listening())
            most_workers = max(most_workers, len(workers()))

    over = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    with killing(tmp_path / "work", 1) as killed:
        there = saved(tmp_path / "there", rows, ON_RAY, ALIASES, shards=tmp_path / "work")
    over.set()
    watcher.join()
    assert len(killed) == 1
    assert most_workers >= 2
    assert there == here
    assert addresses
    assert all(address.startswith(("127.", "::ffff:127.")) or address == "::1" for address in addresses)
    assert not workers()


def test_only_what_is_missing_is_read_again(tmp_path, monkeypatch):
    rows = documents(300)
    space = tmp_path / "work"
    first = saved(tmp_path / "first", rows, ON_RAY, ALIASES, shards=space)
    records = sorted(space.glob("read/*.sha256"))
    assert len(records) == 3
    records[1].unlink()
    before = {file: file.stat().st_mtime_ns for file in space.glob("mentions/*")}
    begun = len(list(space.glob("begun/*/*/*")))
    assert saved(tmp_path / "again", rows, ON_RAY, ALIASES, shards=space) == first
    after = {file: file.stat().st_mtime_ns for file in space.glob("mentions/*")}
    assert {file.stem for file in after if after[file] != before[file]} == {records[1].stem}
    assert len(list(space.glob("begun/*/*/*"))) == begun + 1
    monkeypatch.setattr(on_ray, "_cluster", None)  # whoever asked for a cluster now would fail
    assert saved(tmp_path / "all known", rows, ON_RAY, ALIASES, shards=space) == first
    assert len(list(space.glob("begun/*/*/*"))) == begun + 1


def test_a_run_that_is_killed_leaves_no_process_and_goes_on(tmp_path):
    rows, space = documents(1500), tmp_path / "work"
    command = [sys.executable, "-m", "tests.entities.test_on_ray", str(space), str(len(rows))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        wait_for(lambda: list(space.glob("read/*.sha256")) or run.poll() is not None)
        left = psutil.Process(run.pid).children(recursive=True)
        run.kill()
    done = set(space.glob("read/*.sha256"))
    assert 0 < len(done) < 15
    wait_for(lambda: not any(child.is_running() for child in left))
    begun = len(list(space.glob("begun/*/*/*")))
    there = saved(tmp_path / "there", rows, ON_RAY, ALIASES, shards=space)
    assert there == saved(tmp_path / "here", rows, CONFIG, ALIASES)
    assert len(list(space.glob("begun/*/*/*"))) - begun <= 15 - len(done)


def test_documents_that_cost_one_worker_after_the_other_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(extracts, "PART", 4000)
    with (
        killing(tmp_path / "work", 99) as killed,
        pytest.raises(WorkersLostError, match=r"4 workers were lost .*d/0000 to d/3999, 4000 documents"),
    ):
        saved(tmp_path / "there", documents(4000), ON_RAY, ALIASES, shards=tmp_path / "work")
    assert len(killed) >= 4


def test_a_machine_with_another_version_is_refused(tmp_path, monkeypatch):
    usual = on_ray._identity
    monkeypatch.setattr(on_ray, "_identity", lambda config: usual(config) | {"pipeline": "another"})
    with pytest.raises(ConfigError, match="its pipeline is another one"):
        saved(tmp_path / "there", documents(3), ON_RAY, ALIASES)


def test_where_there_is_nothing_to_read_no_cluster_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    assert saved(tmp_path / "there", [], ON_RAY, ALIASES) == saved(tmp_path / "here", [], CONFIG, ALIASES)


def test_a_worker_tells_its_error_as_it_is(tmp_path):
    model = tmp_path / "model.json"
    model.write_text("no model")
    with pytest.raises(ArtifactError, match=r"model\.json") as told:
        saved(tmp_path / "there", documents(3), ON_RAY.model_copy(update={"link_model": model}), ALIASES)
    assert type(told.value) is ArtifactError


if __name__ == "__main__":
    extracts.PART = 100
    for _ in read_in_parts(documents(int(sys.argv[2])), ON_RAY, ALIASES, shards=Path(sys.argv[1])):
        pass
