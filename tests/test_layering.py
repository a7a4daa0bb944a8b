"""The picture of the architecture in README is how the packages import."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cdkd_kg"
CONFIG = {"config", "config_corpus", "config_errors", "config_losses", "config_model", "config_yaml"}
FOUNDATION = {"errors", "artifacts", "energy", "memory", "processes", "progress", "stages"} | CONFIG
HEAVY = {"torch", "transformers", "datasets", "spacy", "torch_geometric", "rdflib", "pyoxigraph", "sklearn", "pyarrow"}


def _order():
    text = (ROOT / "README.md").read_text("utf-8")
    line = next(line for line in text.splitlines() if re.match(r"\s*data -> corpus ->", line))
    return [name.strip() for name in line.split("->")]


def _imports(path, text=None):
    """Yield what a file imports by full name; ``from package import x`` is ``package.x``, which may be a module."""
    package = ("cdkd_kg", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(text or path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            yield from (".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names)


FILES = sorted(PACKAGE.rglob("*.py"))


def test_the_picture_names_every_package():
    assert set(_order()) == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_to_the_left(path):
    order, parts = _order(), path.relative_to(PACKAGE).parts
    mine = parts[0].removesuffix(".py")
    if mine in ("__main__", "__init__"):
        return
    allowed = FOUNDATION | set(order[: order.index(mine) + 1] if mine in order else ())
    for name in _imports(path):
        if name.startswith("cdkd_kg."):
            other = name.split(".")[1]
            assert other in allowed, f"{path.relative_to(ROOT)} imports {name}, which is to its right"


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from cdkd_kg import pipeline", "cdkd_kg.pipeline"),
        ("from .. import pipeline", "cdkd_kg.pipeline"),
        ("from ..pipeline import run", "cdkd_kg.pipeline.run"),
        ("from . import fetch", "cdkd_kg.data.fetch"),
        ("from .fetch import fetch", "cdkd_kg.data.fetch.fetch"),
        ("import cdkd_kg.pipeline.run as other", "cdkd_kg.pipeline.run"),
    ],
)
def test_every_way_to_import_is_seen(statement, name):
    assert list(_imports(PACKAGE / "data" / "archive.py", statement)) == [name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_is_long_and_nothing_unsafe_is_called(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    for name in _imports(path):
        assert name.split(".")[0] not in {"pickle", "joblib", "dill", "shelve", "marshal"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"eval", "exec", "torch.load", "print", "__import__"}
            assert not any(keyword.arg == "trust_remote_code" for keyword in node.keywords)


def test_only_one_file_parses_rdf_and_only_one_writes_results():
    for path in FILES:
        text = path.read_text("utf-8")
        if path.name != "parse.py":
            assert not re.search(r"pyoxigraph\.parse\(|\bparse_rdf\(|\.parse\(.*format=", text), path
        if path.name not in ("artifacts.py",) and "data" not in path.parts:
            assert not re.search(r"\.write_text\(|\.write_bytes\(|open\([^)]*[\"']w", text), path


@pytest.mark.parametrize("module", ["cdkd_kg", "cdkd_kg.cli", "cdkd_kg.config"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_dry_run_loads_nothing_heavy(tmp_path):
    output = f"output={tmp_path}"
    code = f"""
import sys
from cdkd_kg.cli import main
sys.argv = ["cdkd", "run", {str(ROOT / "configs" / "quickstart.yaml")!r}, "--dry-run", {output!r}]
try:
    main()
finally:
    print(sorted({HEAVY!r} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "evaluation" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_public_name_is_there():
    import cdkd_kg

    assert all(getattr(cdkd_kg, name) is not None for name in cdkd_kg.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        cdkd_kg.no_such_name  # noqa: B018
