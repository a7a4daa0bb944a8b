"""The whole round on a small corpus: a run, a bundle, what a service saw, a new student, and the way back."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from cdkd_kg.artifacts import read_json
from cdkd_kg.cli.renew import _tell
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.errors import ConfigError, ConflictError, MissingResourceError
from cdkd_kg.export.forms import Forms
from cdkd_kg.inference.bundle import open_bundle
from cdkd_kg.inference.reference import Features
from cdkd_kg.pipeline.export import export
from cdkd_kg.renewal import renew as renewing
from cdkd_kg.renewal.adapt import adapt
from cdkd_kg.renewal.renew import base_of, joined
from cdkd_kg.renewal.retrain import retrain
from cdkd_kg.renewal.versions import kept, latest_used, versions_of
from tests.pipeline.corpus import MONEY, SPORT
from tests.renewal.conftest import serve


def test_a_retrained_student_learned_from_the_service_and_is_in_use(bundle, tmp_path):
    before = open_bundle(bundle)
    found = retrain(bundle, serve(tmp_path / "f.sqlite"), tolerance=100)
    after = open_bundle(bundle)
    assert found["accepted"]
    assert (found["texts"], found["judged"]) == (80, 80)
    assert after.digest == found["new"] != found["old"] == before.digest
    assert open_bundle(versions_of(bundle) / found["version"]).digest == before.digest
    assert {one["domain"] for one in found["domains"]} == {"news", "letters", "letters_served"}
    assert after.about["domains"].keys() == before.about["domains"].keys()
    assert after.about["domains"]["letters"]["judged"] > 0  # it had no label before
    assert found["documents"]["known"] > found["documents"]["read"] > 0
    assert [one["name"] for one in after.about["forms"]] == [one["name"] for one in before.about["forms"]]
    assert (bundle.parent / "topic.versions" / f"{found['version']}.yaml").is_file()
    page = (bundle.parent / "topic.versions" / f"{found['version']}.html").read_text("utf-8")
    assert "The new student is in use" in page


def test_only_what_is_new_is_read_and_a_name_that_no_graph_knows_is_told(bundle, tmp_path):
    found = retrain(bundle, serve(tmp_path / "f.sqlite", name="Winterfell"), tolerance=100)
    assert found["documents"]["read"] <= 80
    names = {one["name"]: one["documents"] for one in found["unknown"]["most"]}
    assert names.get("Winterfell", 0) > 10, found["unknown"]


def test_test_documents_of_before_are_those_of_now(bundle, tmp_path):
    found = retrain(bundle, serve(tmp_path / "f.sqlite"), tolerance=100)
    old, new = _test_documents(bundle.parent / "runs" / "tiny"), _test_documents(found["run"])
    for domain in ("news", "letters"):
        one, other = ({name for name in names if name.startswith(f"{domain}/")} for names in (old, new))
        assert one == other != set()


def _test_documents(run_folder):
    folder = Path(read_json(Path(run_folder) / "results.json")["made_in"]["corpus"])
    return Corpus.load(folder).rows("topic", "test")["id"][:]


def test_a_worse_student_is_kept_aside_and_can_be_taken_all_the_same(bundle, tmp_path, monkeypatch, capsys):
    before = open_bundle(bundle).digest

    def worse(*arguments):
        return [one._replace(passes=False) for one in right(*arguments)]

    right = renewing.judge
    monkeypatch.setattr(renewing, "judge", worse)
    found = retrain(bundle, serve(tmp_path / "f.sqlite"))
    assert not found["accepted"]
    assert open_bundle(bundle).digest == before
    assert open_bundle(versions_of(bundle) / found["version"]).digest == found["new"]
    assert "was kept aside" in (versions_of(bundle) / f"{found['version']}.html").read_text("utf-8")
    assert _cdkd("rollback", str(bundle))[0] == 2  # it was never in use
    _tell(found | {"accepted": True}, as_json=False)
    assert f"cdkd rollback {bundle}`" in capsys.readouterr().out
    with pytest.raises(typer.Exit):
        _tell(found, as_json=False)
    assert f"cdkd rollback {bundle} --to {found['version']}`" in capsys.readouterr().out
    status, said, _ = _cdkd("rollback", str(bundle), "--to", found["version"], "--json")
    assert (status, json.loads(said)["in_use"]) == (0, found["new"])


def test_a_second_round_goes_on_from_the_first_and_can_be_rolled_back(bundle, tmp_path):
    first = retrain(bundle, serve(tmp_path / "a.sqlite", 60), tolerance=100)
    second = retrain(bundle, serve(tmp_path / "b.sqlite", 70, name="Elsewhere"), tolerance=100)
    assert second["old"] == first["new"]
    assert second["texts"] == 130
    assert kept(bundle) == ["0001", "0002"]
    status, said, _ = _cdkd("rollback", str(bundle))
    assert status == 0
    assert first["new"][:12] in said
    assert open_bundle(bundle).digest == first["new"]
    _cdkd("rollback", str(bundle))
    assert open_bundle(bundle).digest == second["new"]


def _cdkd(*arguments):
    command = [sys.executable, "-m", "cdkd_kg", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_without_a_judgement_there_is_nothing_to_retrain_with(bundle, tmp_path):
    with pytest.raises(ConfigError, match="nobody has judged"):
        retrain(bundle, serve(tmp_path / "f.sqlite", 10, labelled=False))
    status, _, said = _cdkd("retrain", str(bundle), "--with", str(tmp_path / "nothing.sqlite"))
    assert (status, "no file of feedback" in said) == (2, True)
    assert kept(bundle) == []


def test_a_run_whose_data_are_gone_is_told(bundle, tmp_path):
    news = bundle.parent / "news.csv"
    news.rename(tmp_path / "news.csv")
    try:
        with pytest.raises(MissingResourceError, match=r"news\.csv"):
            retrain(bundle, serve(tmp_path / "f.sqlite", 10))
    finally:
        (tmp_path / "news.csv").rename(news)
    assert kept(bundle) == []


def test_a_new_domain_needs_texts_alone_and_is_told_what_can_be_known(bundle, tmp_path):
    rows = "".join(f"Hello {SPORT[place % 9]} and {MONEY[place % 9]} {place}.\n" for place in range(260))
    (tmp_path / "mails.csv").write_text("body\n" + rows)
    found = adapt(bundle, "mails", tmp_path / "mails.csv", {"text": "body"}, tolerance=100)
    known = found["unlabelled"]["mails"]
    assert found["accepted"]
    held_out = [name for name in _test_documents(found["run"]) if name.startswith("mails/")]
    assert known["documents"] == len(held_out)
    assert len(held_out) == 52
    assert 0 <= known["estimate"] <= 1
    assert known["checks"].keys() == {"news", "letters"}
    assert read_json(bundle / "reference.json")["mails"]["documents"] == len(held_out)
    assert sum(known["labels"].values()) == pytest.approx(1, abs=1e-3)
    after = open_bundle(bundle)
    assert "mails" in after.domains
    assert after.about["domains"]["mails"]["judged"] == 0
    page = (versions_of(bundle) / f"{found['version']}.html").read_text("utf-8")
    assert "What is known without labels" in page
    with pytest.raises(ConfigError, match="knows a domain 'mails' already"):
        adapt(bundle, "mails", tmp_path / "mails.csv")


def test_texts_of_a_new_domain_that_cannot_be_used_are_told(bundle, tmp_path):
    (tmp_path / "mails.csv").write_text("text\nHello ball.\n \n")
    with pytest.raises(ConfigError, match="'txt' is no column of ours"):
        adapt(bundle, "mails", tmp_path / "mails.csv", {"txt": "text"})
    with pytest.raises(ConfigError, match="1 of 2 texts can be used"):
        adapt(bundle, "mails", tmp_path / "mails.csv")
    pairs = "".join(f"Hello ball {place}.,Good.\n" for place in range(9))
    (tmp_path / "pairs.csv").write_text("text,second\n" + pairs)
    with pytest.raises(ConfigError, match="the student reads no pair"):
        adapt(bundle, "mails", tmp_path / "pairs.csv", {"text_pair": "second"})
    with pytest.raises(MissingResourceError, match=r"nothing\.csv"):
        adapt(bundle, "mails", tmp_path / "nothing.csv")
    assert kept(bundle) == []


def test_runs_that_were_moved_are_found_where_they_are_said_to_be(bundle, tmp_path):
    retrain(bundle, serve(tmp_path / "a.sqlite", 60), tolerance=100)
    runs, moved = bundle.parent / "runs", tmp_path / "elsewhere"
    runs.rename(moved)
    try:
        file = serve(tmp_path / "b.sqlite", 70, name="Elsewhere")
        with pytest.raises(MissingResourceError, match=r"not there.*--run"):
            retrain(bundle, file, tolerance=100)
        run = moved / open_bundle(bundle).about["run"]["name"]
        found = retrain(bundle, file, tolerance=100, run=run)
        assert (found["texts"], Path(found["run"]).parent) == (130, moved)  # those of the first round moved with it
        assert not runs.exists()
    finally:
        moved.rename(runs)


def test_renewals_that_differ_in_anything_have_names_of_their_own(bundle, tmp_path):
    one = base_of(open_bundle(bundle))
    other = base_of(open_bundle(bundle), decisions=tmp_path)
    names = {joined(base, {}).name for base in (one, other, one.model_copy(update={"seeds": (7,)}))}
    assert len(names) == 3
    assert all(name.startswith("tiny--") for name in names)
    assert other.graph.decisions == tmp_path
    assert joined(joined(one, {}), {}).name.count("--") == 1


def test_the_card_of_a_retrained_bundle_says_where_its_rows_come_from(bundle, tmp_path):
    retrain(bundle, serve(tmp_path / "f.sqlite"), tolerance=100)
    card = (bundle / "README.md").read_text("utf-8")
    assert "\n# tiny: topic\n" in card
    assert "| a service: texts that it was asked about | not told: of who sent them |" in card
    assert "Labels of target domains were not, but for those that people gave to answers of the service." in card
    assert str(tmp_path) not in card.split("## Data")[1].split("## Teachers")[0]


def test_versions_are_listed(bundle, tmp_path):
    found = retrain(bundle, serve(tmp_path / "f.sqlite"), tolerance=100)
    status, said, _ = _cdkd("rollback", str(bundle), "--list")
    assert status == 0
    assert found["new"][:12] in said
    assert "was in use" in said
    _, said, _ = _cdkd("rollback", str(bundle), "--list", "--json")
    assert json.loads(said) == {
        "bundle": str(bundle), "in_use": found["new"],
        "versions": [{"name": "0001", "digest": found["old"], "used": True}],
    }  # fmt: skip


def test_drift_of_what_was_kept_is_shown(bundle, tmp_path):
    kept_file = serve(tmp_path / "f.sqlite", bundle=open_bundle(bundle).digest[:12])
    status, said, _ = _cdkd("drift", str(bundle), "--with", str(kept_file), "--json")
    found = json.loads(said)
    assert status == 0
    assert (found["predictions"], found["judged"]) == (80, 80)
    assert found["domains"]["letters"]["documents"] == 80
    assert {one["feature"] for one in found["domains"]["letters"]["shifts"]} == set(Features._fields)
    assert found["domains"]["news"] == {"documents": 0, "shifts": []}
    other = serve(tmp_path / "g.sqlite", bundle="abc")
    assert "No document that names a domain was answered by" in _cdkd("drift", str(bundle), "--with", str(other))[1]
    _, shown, _ = _cdkd("drift", str(bundle), "--with", str(tmp_path / "f.sqlite"))
    assert "80 predictions are kept, 80 of them judged." in shown


def test_who_was_overtaken_is_told_and_the_version_in_use_stays(bundle, tmp_path, monkeypatch):
    right = renewing.compare

    def overtaken(*arguments):
        shutil.rmtree(bundle)
        export(bundle.parent / "runs" / "tiny", bundle, Forms(onnx=False, int8=None))
        return right(*arguments)

    monkeypatch.setattr(renewing, "compare", overtaken)
    with pytest.raises(ConflictError, match="another version came into use"):
        retrain(bundle, serve(tmp_path / "f.sqlite"), tolerance=100)
    assert open_bundle(bundle).form() == "torch"
    with pytest.raises(MissingResourceError):
        latest_used(bundle)


@pytest.mark.parametrize("step", ["export", "compare", "take_into_use"])
def test_a_retraining_that_is_cut_short_leaves_the_bundle_and_goes_on(bundle, tmp_path, monkeypatch, step):
    before, file = open_bundle(bundle).digest, serve(tmp_path / "f.sqlite")

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(renewing, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            retrain(bundle, file, tolerance=100)
    assert open_bundle(bundle).digest == before
    found = retrain(bundle, file, tolerance=100)
    assert found["old"] == before
    assert open_bundle(bundle).digest == found["new"]
    assert open_bundle(versions_of(bundle) / latest_used(bundle)).digest == before
