"""A run's folder never shows the students of one run beside the results of another; a foreign commit is not ours."""

import subprocess

import pytest

from cdkd_kg.artifacts import read_json
from cdkd_kg.evaluation import report
from cdkd_kg.pipeline import publish as publishing
from cdkd_kg.pipeline.provenance import code_commit
from cdkd_kg.pipeline.publish import publish


def _publish(tmp_path, run):
    for part in ("model", "corpus"):
        (tmp_path / part).mkdir(exist_ok=True)
    (tmp_path / "model" / "config.json").write_text(run)
    (tmp_path / "corpus" / "set_aside.jsonl").write_text(run)
    publish(
        tmp_path / "run",
        {"topic-graph_teacher": tmp_path / "model"},
        [tmp_path / "corpus" / "set_aside.jsonl"],
        {"run": run},
    )


def _shown(tmp_path):
    files = ("students/topic-graph_teacher/config.json", "set_aside.jsonl", "results.json", "report.html")
    return [path.read_text() if (path := tmp_path / "run" / name).exists() else None for name in files]


@pytest.fixture
def first(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "render_report", lambda results: results["run"])
    _publish(tmp_path, "first")
    (tmp_path / "run" / "notes.txt").write_text("my own")
    return _shown(tmp_path)


def test_a_second_run_takes_the_place_of_the_first_and_leaves_other_files(first, tmp_path):
    _publish(tmp_path, "second")
    assert read_json(tmp_path / "run" / "results.json") == {"run": "second"}
    assert _shown(tmp_path)[:2] == ["second"] * 2
    assert _shown(tmp_path)[3] == "second"
    assert (tmp_path / "run" / "notes.txt").read_text() == "my own"


def test_a_report_that_cannot_be_drawn_leaves_the_first_run_as_it_was(first, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "render_report", lambda results: results["no such key"])
    with pytest.raises(KeyError):
        _publish(tmp_path, "second")
    assert _shown(tmp_path) == first


@pytest.mark.parametrize("step", ["write_bytes", "write_json", "write_text"])
def test_an_interrupt_never_leaves_new_students_beside_old_results(first, tmp_path, monkeypatch, step):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(publishing, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        _publish(tmp_path, "second")
    students, _, results, page = _shown(tmp_path)
    assert students == "second"
    assert results is None or "second" in results
    assert page is None


def test_only_a_repository_that_holds_our_code_tells_acode_commit(tmp_path):
    def git(*arguments):
        names = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *names, *arguments], check=True, capture_output=True)

    for name in ("ours.py", "theirs.py"):
        (tmp_path / name).write_text("")
    assert code_commit(tmp_path / "ours.py") == ""
    git("init", "--quiet")
    git("add", "ours.py")
    git("commit", "--quiet", "--no-gpg-sign", "--message", "first")
    assert len(code_commit(tmp_path / "ours.py")) == 12
    assert code_commit(tmp_path / "theirs.py") == ""
