"""What benchmarks/inference.py measures, and what its table says of it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from statistics import median

import pytest

from benchmarks.distillation_turns import TASK
from benchmarks.inference import CONFIG, ROOT, Way, teacher_of, throughput
from benchmarks.inference_table import INT8, OPTIMUM, TEACHERS, inference_table, judged
from benchmarks.load import at_rate, one_by_one
from benchmarks.service import Lengths, capacity, measured
from benchmarks.tail_table import tail_table
from cdkd_kg.artifacts import write_json
from cdkd_kg.config import load_config
from cdkd_kg.export.forms import Forms
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.pipeline.text_teacher_stage import MODEL, NOT_ASKED
from tests.bundles import LABELS, TEXTS, tiny_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("bundle"), Forms())


@pytest.fixture(scope="module")
def folder(bundle, tmp_path_factory):
    said = Predictor(bundle, "onnx").predict(TEXTS)
    labels = [LABELS[int(one.probabilities.argmax())] for one in said]
    folder = tmp_path_factory.mktemp("task")
    write_json(folder / TASK, {"texts": TEXTS, "labels": labels})
    return folder


def test_a_form_and_plain_transformers_classify_the_same_texts_in_turns(bundle, folder):
    place = str(bundle.folder)
    ways = [Way("ours, onnx", "ours", (place, "onnx")), Way("transformers", "pipeline", (place, "32", "16"))]
    found = throughput(ways, folder, rounds=2)
    assert [way["name"] for way in found] == ["ours, onnx", "transformers"]
    assert [one["accuracy"] for way in found for one in way["rounds"]] == [1.0] * 4
    assert all(one["seconds"] > 0 for way in found for one in way["rounds"])


def test_a_service_is_started_loaded_and_measured(bundle, folder, monkeypatch):
    monkeypatch.setattr("benchmarks.service.capacity", lambda bears, _: 40.0 if bears(20.0) else 20.0)
    found = measured(bundle.folder, folder, Lengths(starts=1, warm_up=5, calls=10, probe=2.0, load=0.5))
    assert 0 < found["start_seconds"] < 60
    assert 20 < found["memory_mb"] <= found["memory_after_mb"] + 50
    assert found["single"]["statuses"] == {"200": 10}
    assert found["load"]["errors"] == 0
    assert found["load"]["calls"] == pytest.approx(found["load"]["rate"] * 0.5, abs=1)
    assert found["load"]["rate"] == pytest.approx(0.8 * found["capacity"], abs=0.2)


async def _slow(seconds, status=200):
    """Start a service that answers one call at a time."""
    alone = asyncio.Lock()

    async def answer(reader, writer):
        while head := await reader.readuntil(b"\r\n\r\n"):
            await reader.readexactly(int(head.rsplit(b":", 1)[1]))
            async with alone:
                await asyncio.sleep(seconds)
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\n{{}}".encode())

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def _asked(seconds, make, status=200):
    async def ask():
        server, port = await _slow(seconds, status)
        told = await make("127.0.0.1", port, TEXTS)
        server.close()
        return told

    return asyncio.run(ask())


def test_a_call_takes_from_when_it_was_due_however_long_the_earlier_ones_take():
    told = _asked(0.02, lambda *place: at_rate(*place, rate=100, seconds=1))
    assert told.statuses == {200: 100}
    assert told.seconds[0] < median(told.seconds) < told.seconds[-1]
    assert told.seconds[-1] > 0.9  # 100 calls that take 2 s, the last of them due after 0.99 s
    assert told.as_json()["last_ms"] > 800


def test_one_call_follows_another():
    told = _asked(0.01, lambda *place: one_by_one(*place, calls=7))
    assert (told.statuses, len(told.seconds)) == ({200: 7}, 7)
    assert all(0.01 <= each < 1 for each in told.seconds)


def test_refusals_and_answers_that_do_not_come_are_errors():
    refused = _asked(0, lambda *place: one_by_one(*place, calls=3), status=429).as_json()
    assert (refused["errors"], refused["statuses"]) == (3, {"429": 3})
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = asyncio.run(one_by_one("127.0.0.1", closed.getsockname()[1], TEXTS, 2)).as_json()
    assert (nobody["errors"], nobody["statuses"]) == (2, {"0": 2})


@pytest.mark.parametrize("most", [0.0, 2.0, 9.0, 10.0, 1234.0])
def test_the_capacity_is_found_from_both_sides_to_a_twentieth(most):
    found = capacity(lambda rate: rate <= most, 10.0)
    assert 0.94 * most <= found <= most


def test_the_teacher_of_a_run_is_found_by_what_it_was_made_of(tmp_path):
    config = load_config(ROOT / CONFIG)
    results = {"config": config.model_dump(mode="json"), "made_in": {"corpus": str(tmp_path / "corpus-1")}}
    asked = config.teachers.text.model_dump(mode="json", exclude=NOT_ASKED)
    made = [("topic/seed1", asked), ("topic/seed0", asked | {"max_length": 7}), ("topic/seed0", asked)]
    for number, (key, options) in enumerate(made):
        with pytest.raises(SystemExit, match="no text teacher"):
            teacher_of(results, "topic")
        folder = tmp_path / f"text_teacher-{number}"
        folder.mkdir()
        write_json(folder / "manifest.json", {"about": {"key": key, "options": {"teacher": options}}})
    assert teacher_of(results, "topic") == folder / MODEL


def _results():
    seconds = {TEACHERS[0]: [10, 20, 40], TEACHERS[1]: [11, 21, 41], OPTIMUM: [1.4, 2.8, 2], INT8: [1, 2, 4]}
    ways = [
        {"name": name, "rounds": [{"seconds": each, "accuracy": 0.9012} for each in several]}
        for name, several in seconds.items()
    ]
    settings = {
        "run": "quickstart",
        "texts": 100,
        "characters": 1234,
        "length": 64,
        "teacher": "minilm-l6",
        "rounds": 3,
    }
    told = {"p50_ms": 4.0, "p99_ms": 6.0, "most_ms": 9.0, "calls": 500, "errors": 0}
    load = told | {"rate": 240.0, "seconds": 300.0, "p99_ms": 20.0, "calls": 72_000}
    service = {
        "starts": [1.5, 1.4, 1.6], "start_seconds": 1.5, "memory_mb": 144.4, "memory_after_mb": 180.0, "single": told,
        "capacity": 300.0, "load": load, "probes": [told | {"rate": rate} for rate in (300.0, 150.0, 450.0)],
    }  # fmt: skip
    return {"settings": settings, "ways": ways, "service": service}


def test_goals_are_judged_by_the_faster_teacher_and_by_medians_of_ratios():
    goals = [(goal.found, goal.met) for goal in judged(_results())]
    assert goals == [
        ("10.00 x", True), ("1.40 x", True), ("1.50 s", True), ("144 MB", True), ("5.00 x", False), ("0", True)
    ]  # fmt: skip


def test_the_table_has_a_row_a_classifier_a_load_and_a_goal():
    rows = inference_table(_results()).splitlines()
    assert "| ours, int8 | 50 (25 to 100) | 10.00 x | 90.12% |" in rows
    assert f"| {TEACHERS[0]} | 5 (2 to 10) | 1.00 x | 90.12% |" in rows
    assert "| one after another | 250 | 4.0 | 6.0 | 9.0 | 500 | 0 |" in rows
    assert "| at 80 % of capacity, 300 s | 240 | 4.0 | 20.0 | 9.0 | 72,000 | 0 |" in rows
    assert [row.split(" |")[0] for row in rows if "% | " in row and row.startswith("| at ")] == [
        "| at 50%",
        "| at 100%",
    ]
    assert sum(row.endswith("**not met** |") for row in rows) == 1


def test_the_tail_is_told_beside_a_single_call_of_the_same_round():
    told = [
        {"single": {"p50_ms": single, "p99_ms": 9.0}, "60%": {"p99_ms": 12.0}, "80%": {"p99_ms": late}}
        for single, late in ((4.0, 40.0), (3.0, 60.0), (6.0, 36.0))
    ]
    table = tail_table({"rounds": 3, "seconds": 8.0, "capacity": 579.1, "changes": {"as it is": told}})
    assert "| as it is | 4.0 | 3.0 x (2.0 to 4.0) | 10.0 x (6.0 to 20.0) |" in table.splitlines()


def test_the_load_is_a_process_of_its_own(folder):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        command = [sys.executable, "-m", "benchmarks.load", "127.0.0.1", str(closed.getsockname()[1]), str(folder)]
        done = subprocess.run(
            [*command, "--rate", "50", "--seconds", "0.1"],
            capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert json.loads(done.stdout)["statuses"] == {"0": 5}
