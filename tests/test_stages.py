"""Jobs run when something they depend on has changed, and only then."""

import logging
import subprocess
import sys

import pytest

from cdkd_kg import artifacts
from cdkd_kg.artifacts import held, new_folder, write_text
from cdkd_kg.errors import ConfigError
from cdkd_kg.stages import Job, earlier, plan, run_jobs, stage_named


def _jobs(log, corpus_option=1, student_option=1):
    def work(job, inputs, folder):
        log.append(job.stage)
        write_text(
            folder / "out.txt",
            "+".join([job.stage, *(path.joinpath("out.txt").read_text() for path in inputs.values())]),
        )

    corpus = Job("corpus", "all", {"x": corpus_option}, {}, work)
    student = Job("student", "one", {"x": student_option}, {"corpus": corpus}, work)
    return [corpus, student]


def _run(jobs, cache, **options):
    planned = plan(jobs, cache, **options)
    return [step for _, step in run_jobs(planned, cache, options.get("force"))]


def test_the_second_time_nothing_runs(tmp_path):
    log = []
    _run(_jobs(log), tmp_path)
    steps = _run(_jobs(log), tmp_path)
    assert log == ["corpus", "student"]
    assert all(step.reused for step in steps)


def test_a_changed_option_repeats_what_depends_on_it(tmp_path):
    log = []
    _run(_jobs(log), tmp_path)
    _run(_jobs(log, student_option=2), tmp_path)
    assert log == ["corpus", "student", "student"]
    _run(_jobs(log, corpus_option=2), tmp_path)
    assert log[3:] == ["corpus", "student"]


def test_until_and_force(tmp_path):
    log = []
    assert [step.stage for step in _run(_jobs(log), tmp_path, until="corpus")] == ["corpus"]
    _run(_jobs(log), tmp_path)
    _run(_jobs(log), tmp_path, force="student")
    assert log == ["corpus", "student", "student"]


def test_an_altered_result_is_made_again(tmp_path, caplog):
    log = []
    jobs = _jobs(log)
    _run(jobs, tmp_path)
    (jobs[0].folder(tmp_path) / "out.txt").write_text("Corpus")
    with caplog.at_level(logging.WARNING):
        _run(jobs, tmp_path)
    assert log == ["corpus", "student", "corpus"]
    assert "altered" in caplog.text


def test_an_interrupted_job_leaves_nothing_and_the_earlier_one_stays(tmp_path):
    log = []
    corpus, student = _jobs(log)

    def interrupted(job, inputs, folder):
        write_text(folder / "out.txt", "half")
        raise KeyboardInterrupt

    broken = Job("student", "one", student.options, student.needs, interrupted)
    with pytest.raises(KeyboardInterrupt):
        _run([corpus, broken], tmp_path)
    assert [path.name.split("-")[0] for path in tmp_path.iterdir()] == ["corpus"]
    _run([corpus, student], tmp_path)
    assert log == ["corpus", "student"]


def test_what_killed_jobs_left_is_swept_whatever_their_fingerprint(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        ended.wait()
    machine = artifacts._owner().split("-")[0]
    left = [f".corpus-{number:016x}.{machine}-{ended.pid}.0123abcd.{end}" for number, end in enumerate(("tmp", "old"))]
    kept = [
        f".corpus-{2:016x}.{artifacts._owner()}.0123abcd.tmp",
        f".corpus-{3:016x}.{'0' * 8}-{ended.pid}.0123abcd.tmp",
        ".notes",
    ]
    for name in (*left, *kept):
        (tmp_path / name).mkdir()
    _run(_jobs([])[:1], tmp_path)
    assert sorted(path.name for path in tmp_path.glob(".*")) == sorted(kept)


@pytest.mark.parametrize(("force", "stays"), [(None, "first"), ("corpus", "second")])
def test_a_folder_that_another_run_finished_first_stays_unless_forced(tmp_path, force, stays):
    def slow(job, inputs, folder):
        with new_folder(job.folder(tmp_path)) as other:
            write_text(other / "out.txt", "first")
        write_text(folder / "out.txt", "second")

    job = Job("corpus", "all", {}, {}, slow)
    _run([job], tmp_path, **({"force": force} if force else {}))
    assert (job.folder(tmp_path) / "out.txt").read_text() == stays
    assert [path.name for path in tmp_path.iterdir()] == [job.folder(tmp_path).name]


def test_unknown_stage_names_the_nearest():
    assert stage_named("text-teacher") == "text_teacher"
    with pytest.raises(ConfigError, match="did you mean 'student'"):
        stage_named("students")


def test_what_a_killed_job_kept_is_there_the_next_time_and_gone_when_it_is_done(tmp_path):
    found = []

    def work(job, inputs, folder):
        space = job.workspace(folder.parent)
        found.append(space.is_dir())
        space.mkdir(exist_ok=True)
        if len(found) == 1:
            raise KeyboardInterrupt
        write_text(folder / "out.txt", "done")

    job = Job("student", "one", {}, {}, work)
    with pytest.raises(KeyboardInterrupt):
        _run([job], tmp_path)
    assert [step.reused for step in _run([job], tmp_path)] == [False]
    assert found == [False, True]
    assert [path.name for path in tmp_path.iterdir()] == [job.folder(tmp_path).name]


def test_a_forced_stage_starts_anew_and_what_another_process_holds_stays(tmp_path):
    kept = []

    def work(job, inputs, folder):
        kept.append(job.workspace(folder.parent).is_dir())
        write_text(folder / "out.txt", "done")

    job = Job("student", "one", {}, {}, work)
    space = job.workspace(tmp_path)
    space.mkdir()
    _run([job], tmp_path, force="student")
    with held(space) as mine:
        assert mine
        with held(space) as other:
            assert not other
        _run([job], tmp_path, force="student")
        assert space.is_dir()
    assert kept == [False, True]


def test_earlier_folders_are_those_of_the_same_method_whole_and_by_name(tmp_path, monkeypatch):
    shown = []

    def work(job, inputs, folder):
        shown.append([path.name for path in earlier(job, folder.parent, "out.txt")])
        write_text(folder / "out.txt", "".join(path.name for path in inputs.values()))

    def jobs(corpus_option, option=1):
        corpus = Job("corpus", "all", {"x": corpus_option}, {}, work)
        return [corpus, Job("entities", "all", {"x": option}, {"corpus": corpus}, work)]

    def shown_to(corpus_option, option=1, **options):
        _run(jobs(corpus_option, option), tmp_path, **options)
        return shown[-1]

    assert shown_to(1) == []
    names = [jobs(option)[1].folder(tmp_path).name for option in (1, 2, 3)]
    assert shown_to(2) == names[:1]
    assert shown_to(3) == sorted(names[:2])
    assert shown_to(1, option=2) == []
    assert shown_to(3, force="entities") == []
    (tmp_path / names[0] / "out.txt").write_text("altered ")
    (tmp_path / names[1] / "manifest.json").unlink()
    assert shown_to(4) == [names[2]]
    monkeypatch.setattr("cdkd_kg.stages.code_digest", str)
    assert shown_to(4) == []
