"""The command itself, on a socket: it starts, answers, stops in grace, keeps what was said after a kill."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from cdkd_kg.serving.store import Store
from tests.bundles import TEXTS

JSON = {"content-type": "application/json"}
HEAD = "POST /predict HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: "
EXAMPLES = int(os.environ.get("CDKD_EXAMPLES", "25"))
"""`CDKD_EXAMPLES=1000 pytest tests/serving/test_serve.py` for the full figure, for each operation."""


@contextmanager
def served(bundle, *options):
    command = [sys.executable, "-m", "cdkd_kg", "serve", str(bundle.folder), "--port", "0", *options]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        line = process.stdout.readline()
        assert " at http://127.0.0.1:" in line, process.stderr.read()
        yield process, line.rsplit(" ", 1)[1].strip()
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def address(bundle, tmp_path_factory):
    with served(bundle, "--feedback", str(tmp_path_factory.mktemp("served") / "f.sqlite")) as (_, address):
        yield address


def test_what_was_begun_is_answered_before_it_stops(bundle):
    with served(bundle) as (process, address):
        answers = []

        def ask():
            with suppress(httpx.ConnectError):  # of who comes when it has stopped to listen
                answers.append(httpx.post(f"{address}/predict", json={"texts": TEXTS * 16}, timeout=30).status_code)

        asking = [threading.Thread(target=ask) for _ in range(4)]
        for one in asking:
            one.start()
        while not float(_metric(address, "cdkd_batch_texts_count")):
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        for one in asking:
            one.join()
        assert process.wait(30) in (0, -signal.SIGTERM)
        assert answers.count(200) >= 1
        assert set(answers) <= {200, 429}


def _metric(address, name):
    lines = httpx.get(f"{address}/metrics").text.splitlines()
    return next((line.rsplit(" ", 1)[1] for line in lines if line.startswith(name)), "0")


def test_feedback_that_was_acknowledged_survives_a_kill(bundle, tmp_path):
    file, told = tmp_path / "f.sqlite", set()
    for _ in range(3):
        with served(bundle, "--feedback", str(file)) as (process, address), httpx.Client(base_url=address) as client:
            end = threading.Timer(0.4, process.kill)
            end.start()
            try:
                while True:
                    name = client.post("/predict", json={"texts": ["ball"]}).json()["predictions"][0]["id"]
                    said = client.post("/feedback", json={"prediction": name, "labels": ["sport"]})
                    told.add(said.json()["feedback"])
            except httpx.HTTPError:
                pass
            end.join()
    with closing(Store(file)) as store:
        assert store.counts()["judged"] >= len(told) > 3


def test_a_client_that_never_reads_keeps_nobody_waiting_and_is_cut_off(bundle):
    with served(bundle, "--timeout", "1") as (process, address):
        place = address.removeprefix("http://").split(":")
        body = json.dumps({"texts": ["ball"] * 1000}).encode()
        head = HEAD + str(len(body))
        deaf = []
        for _ in range(3):
            one = socket.create_connection((place[0], int(place[1])))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            one.setblocking(False)
            try:
                for _ in range(200):  # until neither side's buffers take any more
                    one.send(head.encode() + b"\r\n\r\n" + body)
            except BlockingIOError:
                pass
            deaf.append(one)
        time.sleep(0.5)
        begin = time.monotonic()
        while True:
            answer = httpx.post(f"{address}/predict", json={"texts": ["ball"]}, timeout=20)
            if answer.status_code == 200 or time.monotonic() - begin > 15:
                break
        assert answer.status_code == 200
        assert httpx.get(f"{address}/health").status_code == 200
        end = time.monotonic() + 30
        while _connections(process) > 1 and time.monotonic() < end:
            time.sleep(0.1)
        assert _connections(process) <= 1  # what is left is ours
        for one in deaf:
            one.close()
        process.terminate()
        assert "Traceback" not in process.communicate(timeout=30)[1]


def test_a_client_that_does_not_go_on_is_told_and_let_go(bundle):
    with served(bundle, "--timeout", "0.5") as (_, address):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as slow:
            slow.sendall((HEAD + "99\r\n\r\n{").encode())
            answer = slow.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"nothing more came within 0.5 seconds" in answer


def _told(address, sent, seconds=10):
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as line:
        with suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(sent)
        return line.makefile("rb").read()


def test_a_head_that_does_not_end_is_let_go_by_time_and_by_size(bundle):
    with served(bundle, "--timeout", "1") as (_, address):
        answer = _told(address, b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in answer
        assert b"the head of the request did not come within 1 seconds" in answer
        assert _told(address, b"").startswith(b"HTTP/1.1 408 ")
        assert _told(address, b"GET /health HTTP/1.1\r\nx: " + b"a" * 70_000).startswith(b"HTTP/1.1 431 ")
        whole = b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
        answer = _told(address, whole + whole[:30])  # a second request that never ends
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 408 " in answer


def test_an_empty_line_after_a_request_is_the_begin_of_a_head(bundle):
    with served(bundle, "--timeout", "1") as (_, address):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            assert line.recv(100_000).startswith(b"HTTP/1.1 200 ")
            line.sendall(b"\r\n")
            assert b"HTTP/1.1 408 " in line.makefile("rb").read()  # after what may be left of the first answer


def test_a_post_that_wants_another_protocol_is_told(address):
    head = "POST /predict HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade\r\nupgrade: h2c\r\n"
    body = b'{"texts": ["ball"]}'
    answer = _told(
        address, f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"without the header Upgrade" in answer
    asked = httpx.get(f"{address}/health", headers={"connection": "Upgrade", "upgrade": "h2c"})
    assert asked.status_code == 200


def test_what_takes_many_times_its_size_is_never_read(bundle):
    keys = ", ".join(f'"{number}": 1' for number in range(600_000))
    with served(bundle) as (process, address):
        begin = _memory(process)
        for body in (f'{{"texts": ["a"], {keys}}}', "[" + "{}," * 2_000_000 + "{}]"):
            refused = httpx.post(f"{address}/predict", content=body, headers=JSON, timeout=30)
            assert (refused.status_code, "beside its texts" in refused.json()["detail"]) == (413, True)
        assert _memory(process) - begin < 100
        texts = ["ball " * 1_500] * 1_000  # whose commas and quotation marks are none of the body
        assert httpx.post(f"{address}/predict", json={"texts": texts}, timeout=60).status_code in (200, 503)


def test_who_sends_a_lot_slowly_keeps_no_small_call_waiting(bundle):
    with served(bundle, "--timeout", "5") as (_, address), ExitStack() as open_ones:
        host, port = address.removeprefix("http://").split(":")
        for _ in range(4):
            line = open_ones.enter_context(socket.create_connection((host, int(port)), timeout=10))
            line.settimeout(1)
            with suppress(OSError):
                line.sendall(f"{HEAD}{8 << 20}\r\n\r\n".encode() + b" " * (7 << 20))
        assert httpx.post(f"{address}/predict", json={"texts": ["ball"]}).status_code == 200


def test_what_is_no_http_is_told_as_everything_else_is(address):
    answer = _told(address, b"hello there\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer


def test_half_sent_requests_do_not_fill_the_memory(bundle):
    with served(bundle, "--timeout", "3") as (process, address), ExitStack() as open_ones:
        host, port = address.removeprefix("http://").split(":")
        begin, told = _memory(process), []
        for _ in range(30):
            line = open_ones.enter_context(socket.create_connection((host, int(port)), timeout=10))
            with suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(f"{HEAD}{8 << 20}\r\n\r\n".encode() + b" " * (7 << 20))
            told.append(line)
        answers = [line.recv(12) for line in told]
        assert {b"HTTP/1.1 429", b"HTTP/1.1 408"} == set(answers)
        assert _memory(process) - begin < 150
        assert httpx.post(f"{address}/predict", json={"texts": ["ball"]}).status_code == 200


def _memory(process):
    """Return the most MiB that a process had in memory."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def test_options_come_from_the_environment_and_the_log_tells_requests(bundle):
    command = [sys.executable, "-m", "cdkd_kg", "serve", str(bundle.folder)]
    environment = os.environ | {"CDKD_SERVE_PORT": "0", "CDKD_SERVE_LOG_LEVEL": "info", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    address = process.stdout.readline().rsplit(" ", 1)[1].strip()
    httpx.get(f"{address}/health")
    process.terminate()
    said, _ = process.communicate(timeout=30)
    assert '"GET /health HTTP/1.1" 200' in said


def _connections(process):
    """Return how many connections a service has."""
    found = psutil.Process(process.pid).net_connections("tcp")
    return sum(one.status != psutil.CONN_LISTEN for one in found)


def _refused(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "cdkd_kg", "serve", *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_what_cannot_be_served_is_told_before_anything_listens(bundle, tmp_path):
    status, said = _refused(str(tmp_path))
    assert (status, "no bundle" in said) == (2, True)
    status, said = _refused(str(bundle.folder), "--host", "example.org")
    assert (status, "no address" in said) == (2, True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, said = _refused(str(bundle.folder), "--port", str(taken.getsockname()[1]))
    assert (status, "cannot be listened on" in said) == (2, True)
    (tmp_path / "text").write_text("no database, " * 200)
    status, said = _refused(str(bundle.folder), "--port", "0", "--feedback", str(tmp_path / "text"))
    assert (status, "this is no file of feedback" in said) == (1, True)
    status, said = _refused(str(bundle.folder), "--port", "0", "--feedback", str(tmp_path / "nowhere" / "f.sqlite"))
    assert (status, "no such folder" in said) == (2, True)


@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
@pytest.mark.parametrize("path", ["/predict", "/feedback", "/health", "/metrics"])
def test_it_is_as_it_is_described(address, path, mode):
    described = schemathesis.openapi.from_url(f"{address}/openapi.json")
    if mode.name == "NEGATIVE" and path in ("/health", "/metrics"):
        return  # they take nothing that could be wrong
    for operation in described[path].values():

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
        def check(case):
            # A text that fits the description may still be blank, and a prediction unknown.
            answer = case.call_and_validate(excluded_checks=[positive_data_acceptance, negative_data_rejection])
            if mode.name == "NEGATIVE":
                assert 400 <= answer.status_code < 500  # 413 among them, which that check does not know

        check()
