"""The example of docs/tune.md is what the code takes, and its commands name what is there."""

import re
import shlex
import shutil
from pathlib import Path

from cdkd_kg.config import load_config
from cdkd_kg.tune.config import TuneConfig, load_tune

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tune.md").read_text("utf-8")


def test_the_example_is_a_search(tmp_path):
    shutil.copy(ROOT / "configs" / "quickstart.yaml", tmp_path)
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "my_search.yaml").write_text(example, "utf-8")
    tune = load_tune(tmp_path / "my_search.yaml")
    assert tune.base.seeds == (0, 1)
    assert [possible.whole for possible in list(tune.config.space.values())[:3]] == [False, True, False]
    assert all(f"{key}:" in example for key in TuneConfig.model_fields)


def test_the_shipped_search_is_valid_and_says_how_it_is_run(monkeypatch):
    files = set(re.findall(r"configs/tune_\w+\.yaml", PAGE))
    assert files == {f"configs/{path.name}" for path in (ROOT / "configs").glob("tune_*.yaml")}
    for file in files:
        assert load_tune(ROOT / file).config.name == Path(file).stem
        assert (ROOT / file).read_text("utf-8").startswith(f"# cdkd tune {file}")


def test_the_overrides_of_the_command_are_taken():
    (command,) = re.findall(r"^cdkd run .*", PAGE, re.MULTILINE)
    _, _, file, *overrides = shlex.split(command)
    assert load_config(ROOT / file, overrides).distillation.training.learning_rate == 0.0002
