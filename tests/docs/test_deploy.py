"""docs/deploy.md does what it says: its walk is run, on a smaller corpus, from the run to the way back."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from cdkd_kg.artifacts import read_json
from cdkd_kg.cli import app
from cdkd_kg.inference.bundle import open_bundle
from cdkd_kg.serving.models import LONGEST, MOST
from cdkd_kg.serving.service import Limits
from tests.bundles import tiny_bundle
from tests.models import tiny_bert
from tests.pipeline.corpus import settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "deploy.md").read_text("utf-8")
BLOCKS = re.findall(r"```(bash|python)\n(.*?)```", PAGE, re.DOTALL)
WORDS = {
    "politics": ["senator", "government", "court", "law", "budget", "treaty", "vote"],
    "sport": ["game", "goal", "pitcher", "coach", "playoffs", "team", "loss"],
    "tech": ["driver", "card", "memory", "program", "file", "modem", "Windows"],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder in which configs/quickstart.yaml is of a small corpus of the same labels and domains."""
    folder = tmp_path_factory.mktemp("walk")
    shutil.copytree(ROOT / "data" / "sample", folder / "data" / "sample")
    said = (folder / "data" / "sample" / "said.csv").read_text("utf-8")
    for name in ("bbc", "newsgroups"):
        rows = [
            f"{label}{number},{words[number % 7]} of {words[number * 3 % 7]} {name} {number},{label}"
            for number in range(24)
            for label, words in WORDS.items()
        ]
        (folder / f"{name}.csv").write_text("\n".join(["id,text,label", *rows]) + "\n")
    words = " ".join(word for some in WORDS.values() for word in some)
    tiny_bert(folder / "bert", re.findall(r"\w+|[^\w\s]", f"{said} {words} bbc newsgroups of"))
    (folder / "configs").mkdir()
    (folder / "configs" / "quickstart.yaml").write_text(yaml.safe_dump(_quickstart(folder)))
    return folder


def _quickstart(folder):
    values = settings(folder) | {"name": "quickstart", "output": "runs"}
    values["corpus"]["tasks"] = {"topic": {"labels": list(WORDS)}}
    values["corpus"]["domains"] = {
        name: {"task": "topic", "role": role, "source": {"path": f"{name}.csv"}}
        for name, role in (("bbc", "source"), ("newsgroups", "target"))
    }
    values["graph"] = {"name": "quickstart"}
    values["evaluation"] = {"conditions": ["text_teacher", "graph_teacher"], "bootstrap": 200}
    return values


def _script():
    """Return the walk as one script: Python blocks are given to Python."""
    parts = ["set -eu", "set -m"]
    for kind, block in BLOCKS:
        parts.append(block if kind == "bash" else f"python - <<'PYTHON'\n{block}PYTHON")
    return "\n".join(parts)


def test_the_walk_leads_from_a_run_to_a_served_student_and_round_again(home):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    (home / "cdkd").write_text(f'#!/bin/sh\nexec {sys.executable} -m cdkd_kg "$@"\n')
    (home / "cdkd").chmod(0o755)
    environment = os.environ | {"PATH": f"{home}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment["PYTHONPATH"] = str(ROOT)
    script = _script().replace("8000", port)
    done = subprocess.run(
        ["bash", "-c", script], cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=540
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    assert '"labels":["' in done.stdout
    assert "49 predictions are kept, 48 of them judged." in done.stdout  # the one of curl among them
    assert "The new student is in use" in done.stdout
    assert "is in use at models/topic" in done.stdout
    reports = [read_json(home / "models" / "topic.versions" / f"{name}.json") for name in ("0001", "0002")]
    assert (reports[0]["texts"], reports[0]["judged"]) == (49, 48)
    texts = len(list((home / "data" / "sample" / "texts").iterdir()))
    assert reports[1]["unlabelled"]["mails"]["documents"] == max(1, round(texts / 5))  # the rest is learned from
    assert reports[1]["old"] != reports[0]["new"]  # that was rolled back
    assert "mails" in open_bundle(home / "models" / "topic").domains


def test_every_command_and_option_of_the_page_is_there():
    commands = {command.name: command for command in app.registered_commands}
    for name in re.findall(r"`?cdkd ([a-z]+)", PAGE):
        assert name in commands or name in ("curate", "graph"), name


def test_the_limits_of_the_page_are_those_of_the_service():
    body = f"a body of more than {Limits().body >> 20} MiB"
    assert f"more than {LONGEST:,} characters, more than {MOST:,} texts, {body}" in PAGE


DOCKER = (ROOT / "Dockerfile").read_text("utf-8")
SERVED = r"""
import json, sys
allowed = set(json.loads(sys.argv[1]))

class Only:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in allowed or top.startswith("_"):
            return None
        raise ModuleNotFoundError(f"{name} is not in the image", name=name)

sys.meta_path.insert(0, Only())
sys.argv = ["cdkd", "serve", sys.argv[2], "--port", "0"]
from cdkd_kg.cli import main
main()
"""


def _closure(packages):
    """Return packages with all that they require."""
    found, waiting = set(), list(packages)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        found.add(name)
        try:
            needs = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue
        waiting += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return found


def test_the_image_has_what_the_service_needs(tmp_path):
    (listed,) = re.findall(r"constraint constraints\.txt \\\n\s+([a-z -]+)\n", DOCKER)
    packages = _closure(listed.split())
    assert not packages & {"torch", "transformers", "spacy", "pyoxigraph", "datasets"}
    modules = {
        module
        for module, owners in packages_distributions().items()
        if {owner.lower().replace("_", "-") for owner in owners} & packages
    }
    bundle = tiny_bundle(tmp_path)
    command = [sys.executable, "-c", SERVED, json.dumps([*sorted(modules), "cdkd_kg"]), str(bundle.folder)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as served:
        try:
            line = served.stdout.readline()
            assert " at http://127.0.0.1:" in line, served.stderr.read()
        finally:
            served.kill()


def test_the_image_copies_what_the_package_is_built_of():
    copied = " ".join(re.findall(r"^COPY (.*) \S+$", DOCKER, re.MULTILINE)).split()
    for name in copied:
        assert (ROOT / name).exists(), name
    for needed in ("data/manifest.json", "graphs/relations.ttl", "graphs/shapes.ttl", "cdkd_kg", "benchmarks"):
        assert needed in copied
