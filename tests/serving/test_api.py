"""What the service answers: predictions and feedback, and to every bad request a status and a reason."""

import gzip
import json
import time
from contextlib import closing

import pytest
from schemathesis import openapi
from starlette.testclient import TestClient

from cdkd_kg import __version__
from cdkd_kg.export.forms import Forms
from cdkd_kg.inference.predictor import Predictor
from cdkd_kg.serving.app import create_app
from cdkd_kg.serving.service import Limits
from cdkd_kg.serving.store import Store
from tests.bundles import TEXTS, tiny_bundle
from tests.serving.conftest import HERE

JSON = {"content-type": "application/json"}


def _ask(client, **asked):
    response = client.post("/predict", json=asked)
    assert response.status_code == 200, response.text
    return response.json()["predictions"]


def test_texts_are_answered_in_their_order_as_the_predictor_answers(client, bundle):
    answers = _ask(client, texts=TEXTS, domain="news")
    for answer, expected in zip(answers, Predictor(bundle, "onnx").predict(TEXTS, "news"), strict=True):
        shares = list(answer["probabilities"].values())
        assert list(answer["probabilities"]) == list(bundle.labels)
        assert shares == pytest.approx(expected.probabilities.tolist(), abs=1e-4)
        assert answer["labels"] == [max(answer["probabilities"], key=answer["probabilities"].get)]
    assert len({answer["id"] for answer in answers}) == len(TEXTS)


def test_a_pair_is_read_as_one_where_the_student_reads_pairs(client, tmp_path):
    bundle = tiny_bundle(tmp_path, Forms(), pairs=True)
    pair = {"text": "ball goal", "text_pair": "bank"}
    with TestClient(create_app(Predictor(bundle, "onnx"), Limits(), None), base_url=HERE) as pairs:
        answer = _ask(pairs, texts=[pair])[0]
        refused = [pairs.post("/predict", json={"texts": [pair, "a"]}), client.post("/predict", json={"texts": [pair]})]
    expected = Predictor(bundle, "onnx").predict([("ball goal", "bank")])[0].probabilities
    assert list(answer["probabilities"].values()) == pytest.approx(expected.tolist(), abs=1e-4)
    assert [one.status_code for one in refused] == [422, 422]
    assert "texts.1" in refused[0].json()["detail"]
    assert "this is one text, and the student reads two texts" in refused[0].json()["detail"]
    assert "this is two texts, and the student reads one text" in refused[1].json()["detail"]


def test_who_is_not_sure_enough_abstains(client, bundle, file):
    sure = max(_ask(client, texts=["ball"])[0]["probabilities"].values())
    assert _ask(client, texts=["ball"], abstain_below=sure + 0.001)[0] | {"id": ""} == {
        "id": "", "labels": [], "abstained": True, "truncated": False,
        "probabilities": _ask(client, texts=["ball"])[0]["probabilities"],
    }  # fmt: skip
    assert not _ask(client, texts=["ball"], abstain_below=sure - 0.001)[0]["abstained"]
    strict = create_app(Predictor(bundle), Limits(abstain_below=1.0), None)
    with TestClient(strict, base_url=HERE) as other:
        assert _ask(other, texts=["ball"])[0]["abstained"]
        assert not _ask(other, texts=["ball"], abstain_below=0.0)[0]["abstained"]


def test_of_independent_labels_any_number_is_given(tmp_path):
    bundle = tiny_bundle(tmp_path, multi_label=True)
    with TestClient(create_app(Predictor(bundle), Limits(), Store(tmp_path / "f.sqlite")), base_url=HERE) as client:
        answers = _ask(client, texts=TEXTS)
        for answer in answers:
            assert answer["labels"] == [label for label, share in answer["probabilities"].items() if share >= 0.5]
        feedback = {"prediction": answers[0]["id"], "labels": []}
        assert client.post("/feedback", json=feedback).status_code == 200
        assert _ask(client, texts=TEXTS, abstain_below=1.0)[0]["abstained"]


def test_feedback_is_kept_with_the_text(client, file):
    answer = _ask(client, texts=["ball goal"], domain="letters")[0]
    said = client.post("/feedback", json={"prediction": answer["id"], "labels": ["business"], "who": "ada"})
    assert said.json() == {"feedback": 1}
    with closing(Store(file)) as store:
        assert [(one.text, one.domain, one.labels) for one in store.texts()] == [("ball goal", "letters", ["business"])]


@pytest.mark.parametrize(
    ("feedback", "status", "reason"),
    [
        ({"prediction": "0" * 32, "labels": ["sport"]}, 404, "there is no prediction"),
        ({"prediction": "ID", "labels": ["sprot"]}, 422, "did you mean 'sport'?"),
        ({"prediction": "ID", "labels": ["sport", "business"]}, 422, "exactly one label"),
        ({"prediction": "ID", "labels": []}, 422, "exactly one label"),
        ({"prediction": "me", "labels": ["sport"]}, 422, "prediction"),
        ({"prediction": "ID"}, 422, "labels"),
    ],
)
def test_feedback_that_says_nothing_is_refused(client, feedback, status, reason):
    name = _ask(client, texts=["ball"])[0]["id"]
    feedback = {key: name if value == "ID" else value for key, value in feedback.items()}
    refused = client.post("/feedback", json=feedback)
    assert (refused.status_code, reason in refused.json()["detail"]) == (status, True), refused.text


def test_a_service_that_keeps_nothing_takes_no_feedback(bundle, tmp_path):
    with TestClient(create_app(Predictor(bundle), Limits(), None), base_url=HERE) as client:
        name = _ask(client, texts=["ball"])[0]["id"]
        refused = client.post("/feedback", json={"prediction": name, "labels": ["sport"]})
    assert refused.status_code == 404
    assert "--feedback" in refused.json()["detail"]
    assert list(tmp_path.iterdir()) == []


BAD = [
    (b'{"texts": [""]}', 422, "texts.0: it is empty"),
    (b'{"texts": ["ball", " \\n"]}', 422, "text 1 is empty"),
    (b'{"texts": []}', 422, "texts: it must not be empty"),
    (b"{}", 422, "texts: it is needed"),
    (b'{"texts": "ball"}', 422, "texts: it must be a list"),
    (b'{"texts": [7]}', 422, "texts.0: it must be a text"),
    (b'{"texts": ["\\ud800"]}', 422, "texts.0"),
    (b'{"texts": [{"text": "a"}]}', 422, "texts.0.text_pair: it is needed"),
    (b'{"texts": [{"text_pair": "a"}]}', 422, "texts.0.text: it is needed"),
    (b'{"texts": [{"text": "a", "text_pare": "a"}]}', 422, "did you mean 'text_pair'?"),
    (b'{"texts": ["a"], "domain": "newz"}', 422, "did you mean 'news'?"),
    (b'{"texts": ["a"], "abstain_below": 2}', 422, "abstain_below"),
    (b'{"texts": ["a"], "lable": 1}', 422, "lable: there is no such key"),
    (b'{"texts": ["a"], "domian": "news"}', 422, "did you mean 'domain'?"),
    (b"[]", 422, "the body: it must be an object of JSON"),
    (b"", 422, "the body: it is needed"),
    (b'{"texts": ["a"', 400, "not JSON"),
    (b'{"texts": ["\xff"]}', 400, "not UTF-8: byte 12 is 0xff"),
    ('{"texts": ["a"]}'.encode("utf-16"), 400, "not UTF-8"),
    (b"[" * 60_000, 400, ""),
    (b"[" * 100_000, 413, "beside its texts"),
    (json.dumps({"texts": ["a"] * 10_000}).encode(), 413, "a call has at most 1,000 texts"),
    (json.dumps({"texts": ["a" * 1_000_000]}).encode(), 413, "at most 100000 characters"),
    (json.dumps({"texts": ["a" * 10_000_000]}).encode(), 413, "at most 8,388,608 bytes"),
]


@pytest.mark.parametrize(("body", "status", "reason"), BAD, ids=[body[:24].decode("latin-1") for body, *_ in BAD])
def test_every_bad_request_is_told_why(client, body, status, reason):
    refused = client.post("/predict", content=body, headers=JSON)
    assert refused.status_code == status, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["status"] == status
    assert reason in refused.json()["detail"]
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_is_not_json_is_refused(client, kind):
    refused = client.post("/predict", content=b'{"texts": ["a"]}', headers={"content-type": kind})
    assert refused.status_code == 415
    assert (
        client.post("/predict", content=b"{}", headers={"content-type": "application/json; charset=utf-8"}).status_code
        == 422
    )


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1.example.org", "192.168.0.1", "", "localhost.evil:8000", "[::2]"]
)
def test_another_name_is_refused(client, host):
    assert client.get("/health", headers={"host": host}).status_code == 403
    assert client.post("/predict", json={"texts": ["a"]}, headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "127.0.0.2:1"])
def test_its_own_names_are_not(client, host):
    assert client.get("/health", headers={"host": host}).status_code == 200


def test_behind_a_proxy_any_name_is_taken(bundle):
    with TestClient(create_app(Predictor(bundle), Limits(), None, loopback=False), base_url=HERE) as client:
        assert client.get("/health", headers={"host": "example.org"}).status_code == 200


def test_no_other_site_is_let_in(client):
    asked = client.options(
        "/predict", headers={"origin": "http://example.org", "access-control-request-method": "POST"}
    )
    assert asked.status_code == 405
    answer = client.post("/predict", json={"texts": ["a"]}, headers={"origin": "http://example.org"})
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_full_queue_is_told_with_when_to_come_again(bundle):
    with TestClient(create_app(Predictor(bundle), Limits(queue=3), None), base_url=HERE) as client:
        refused = client.post("/predict", json={"texts": ["a"] * 4})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert client.post("/predict", json={"texts": ["a"]}).status_code == 200


def test_an_answer_that_does_not_come_is_told(bundle, monkeypatch):
    predictor = Predictor(bundle)
    monkeypatch.setattr(predictor, "predict", lambda *_: time.sleep(0.5))
    with TestClient(create_app(predictor, Limits(timeout=0.1), None), base_url=HERE) as client:
        late = client.post("/predict", json={"texts": ["a"]})
    assert (late.status_code, "0.1 seconds" in late.json()["detail"]) == (503, True)


def test_a_service_that_fails_says_so_without_a_trace_and_goes_on(bundle, monkeypatch):
    predictor = Predictor(bundle)
    right = predictor.predict
    monkeypatch.setattr(predictor, "predict", lambda texts, domains: 1 / 0 if "b" in texts else right(texts, domains))
    app = create_app(predictor, Limits(), None)
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        failed = client.post("/predict", json={"texts": ["b"]})
        assert failed.status_code == 500
        assert "ZeroDivision" not in failed.text
        assert client.post("/predict", json={"texts": ["a"]}).status_code == 200


def test_what_is_not_there_is_told_with_what_is(client):
    missing, wrong = client.get("/predikt"), client.get("/predict")
    assert (missing.status_code, "/openapi.json" in missing.json()["detail"]) == (404, True)
    assert (wrong.status_code, wrong.json()["detail"]) == (405, "/predict takes POST, and not GET")


def test_a_body_comes_as_it_is(client):
    packed = gzip.compress(b'{"texts": ["a"]}')
    refused = client.post("/predict", content=packed, headers=JSON | {"content-encoding": "gzip"})
    assert (refused.status_code, "encoded as 'gzip'" in refused.json()["detail"]) == (415, True)


def test_requests_have_so_much_memory_together_and_give_it_back(bundle):
    with TestClient(create_app(Predictor(bundle), Limits(held=4_000), None), base_url=HERE) as client:
        for _ in range(3):
            refused = client.post("/predict", json={"texts": ["ball " * 6_000]})
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
            assert "memory" in refused.json()["detail"]
            assert client.post("/predict", json={"texts": ["ball " * 3_500]}).status_code == 200


def test_a_bundle_that_was_replaced_on_the_disk_is_told(tmp_path):
    bundle = tiny_bundle(tmp_path)
    with TestClient(create_app(Predictor(bundle), Limits(), None), base_url=HERE) as client:
        before = client.get("/health").json()
        bundle.folder.rename(tmp_path / "aside")
        tiny_bundle(tmp_path / "other", labels=("a", "b")).folder.rename(bundle.folder)
        after, metrics = client.get("/health").json(), client.get("/metrics").text
        assert client.post("/predict", json={"texts": ["a"]}).json()["bundle"] == before["bundle"]
    assert (before["replaced"], after["replaced"]) == (False, True)
    assert before["version"] == __version__
    assert "cdkd_bundle_replaced 1.0" in metrics
    assert f'cdkd_info{{bundle="{before["bundle"]}",form="int8",version="{__version__}"}} 1.0' in metrics
    assert "process_resident_memory_bytes" in metrics


def test_metrics_count_what_happened(client):
    labels = [label for one in _ask(client, texts=TEXTS, domain="news") for label in one["labels"]]
    client.post("/predict", json={"texts": []})
    client.get("/nowhere")
    lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if not line.startswith("#"))
    assert float(lines['cdkd_requests_total{path="/predict",status="200"}']) == 1
    assert float(lines['cdkd_requests_total{path="/predict",status="422"}']) == 1
    assert float(lines['cdkd_requests_total{path="other",status="404"}']) == 1
    given = sum(
        float(lines.get(f'cdkd_predictions_total{{domain="news",label="{label}"}}', 0)) for label in set(labels)
    )
    assert given == len(TEXTS)
    assert float(lines["cdkd_waiting_texts"]) == 0
    assert float(lines['cdkd_drift_documents{domain="news"}']) == len(TEXTS)
    assert lines['cdkd_drifted{domain="news",feature="length"}'] == "0.0"


def test_other_texts_are_seen_to_drift_also_after_a_restart(client, bundle, file):
    _ask(client, texts=["ball " * 200] * 200, domain="news")
    seen = 'cdkd_drifted{domain="news",feature="length"} 1.0'
    assert seen in client.get("/metrics").text
    with TestClient(create_app(Predictor(bundle), Limits(), Store(file)), base_url=HERE) as again:
        assert seen in again.get("/metrics").text


def test_it_describes_itself_and_holds_to_it(client, bundle):
    app = create_app(Predictor(bundle), Limits(), None)
    with TestClient(app, base_url=HERE):
        schema = openapi.from_asgi("/openapi.json", app, headers={"host": "127.0.0.1"})
        assert {operation.ok().label for operation in schema.get_all_operations()} == {
            "POST /predict", "POST /feedback", "GET /health", "GET /metrics",
        }  # fmt: skip
