"""The examples of docs/study.md are what the code takes."""

import re
import shutil
from pathlib import Path

from cdkd_kg.study.cases import cases_of
from cdkd_kg.study.config import StudyConfig, load_study

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "study.md").read_text("utf-8")


def test_the_example_is_a_study(tmp_path, monkeypatch):
    monkeypatch.setenv("CDKD_DATA", "data")
    shutil.copy(ROOT / "configs" / "topics.yaml", tmp_path)
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "my_study.yaml").write_text(example, "utf-8")
    study = load_study(tmp_path / "my_study.yaml")
    names = [case.name for case in cases_of(study)]
    assert names == [f"my_study-{pair}-{budget}" for pair in ("bbc_to_ag", "ag_to_bbc") for budget in ("16", "all")]
    assert all(f"{key}:" in example for key in StudyConfig.model_fields)


def test_the_commands_name_what_the_study_has(monkeypatch):
    monkeypatch.setenv("CDKD_DATA", "data")
    study = load_study(ROOT / "configs" / "study_topics.yaml")
    only = re.findall(r"--only (\S+)", PAGE)
    assert {case.choices["direction"] for case in cases_of(study, only)} == {"bbc_to_ag", "ag_to_bbc"}
