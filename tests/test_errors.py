"""An error says what, where, why and what to do."""

import pickle

import pytest

from cdkd_kg.errors import (
    CdkdError,
    ConfigError,
    ConflictError,
    DataRefusedError,
    MissingResourceError,
    TrainingError,
    is_installed,
    nearest,
    need_installed,
)


def test_message_has_all_four_parts():
    error = ConfigError("unknown key 'sed'", where="a.yaml, line 3", why="it is not known", remedy="write 'seeds'")
    assert str(error) == "unknown key 'sed' (a.yaml, line 3). Why: it is not known. What to do: write 'seeds'."


def test_absent_parts_leave_no_trace():
    assert str(CdkdError("it failed")) == "it failed."


def test_a_question_ends_by_itself():
    assert str(CdkdError("no x; did you mean 'y'?", why="z")) == "no x; did you mean 'y'? Why: z."


def test_exit_statuses():
    assert (CdkdError.exit_status, ConfigError.exit_status, DataRefusedError.exit_status) == (1, 2, 3)
    assert TrainingError.exit_status == 2


def test_an_error_of_another_process_says_what_it_said_there():
    told = {"where": "a.yaml", "why": "it is not known", "remedy": "write 'seeds'"}
    for error in (CdkdError("it failed", **told), ConflictError("it failed", theirs=["no"], yours="yes", **told)):
        came = pickle.loads(pickle.dumps(error))  # noqa: S301  as Ray brings it from a worker
        assert (type(came), str(came), vars(came)) == (type(error), str(error), vars(error))


def test_nearest_is_silent_when_nothing_is_near():
    assert nearest("sed", ["seeds"]) == "; did you mean 'seeds'?"
    assert nearest("qqqq", ["seeds"]) == ""


def test_a_question_ends_as_a_question():
    error = ConfigError("it is wrong", why="is a prefix missing?", remedy="did you mean 'x'?")
    assert str(error) == "it is wrong. Why: is a prefix missing? What to do: did you mean 'x'?"


def test_a_folder_is_not_taken_for_a_package(tmp_path, monkeypatch):
    (tmp_path / "logs_of_a_tracker").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not is_installed("logs_of_a_tracker")
    assert is_installed("pytest")
    with pytest.raises(MissingResourceError, match=r"\[some\].*What to do: pip install 'cdkd-kg\[some\]'") as caught:
        need_installed("logs_of_a_tracker", "some", "[some] key")
    assert caught.value.exit_status == 2
