from __future__ import annotations

import hashlib
import shutil
import sys
import venv
from pathlib import Path

import pytest

from cdkd_kg.artifacts import is_whole
from cdkd_kg.data.fetch import cache_folder, fetch
from cdkd_kg.errors import ArtifactError, MissingResourceError

FILE = "tiny-1.0-py3-none-any.whl"
WHEEL = {
    "data/a.txt": "text",
    "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "tiny-1.0.dist-info/RECORD": "",
}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all pip can reach."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_an_archive_in_the_cache_needs_no_network(make_set, zipped, shelf: Path, cache: Path) -> None:
    manifest = make_set("tiny", zipped(WHEEL))
    assert fetch("tiny", manifest) == cache / "pypi" / "tiny-1.0" / FILE


def test_pip_places_an_archive_whole_and_once(make_set, zipped, shelf: Path, cache: Path) -> None:
    wheel = zipped(WHEEL)
    manifest = make_set("tiny", wheel, cached=False)
    (shelf / FILE).write_bytes(wheel)
    path = fetch("tiny", manifest)
    assert path.read_bytes() == wheel
    assert is_whole(path.parent)
    (shelf / FILE).unlink()
    assert fetch("tiny", manifest) == path


def test_another_archive_of_the_same_version_is_refused_with_both_digests(
    make_set, zipped, shelf: Path, cache: Path
) -> None:
    wheel, forged = zipped(WHEEL), zipped(WHEEL | {"data/a.txt": "forged"})
    manifest = make_set("tiny", wheel, cached=False)
    (shelf / FILE).write_bytes(forged)
    with pytest.raises(ArtifactError) as caught:
        fetch("tiny", manifest)
    assert hashlib.sha256(wheel).hexdigest() in str(caught.value)
    assert hashlib.sha256(forged).hexdigest() in str(caught.value)
    assert not list(cache.rglob("*.whl"))


def test_a_download_that_fails_says_how_to_do_it_by_hand_and_leaves_nothing(make_set, shelf: Path, cache: Path) -> None:
    manifest = make_set("tiny", b"wheel", cached=False)
    with pytest.raises(MissingResourceError) as caught:
        fetch("tiny", manifest)
    message = str(caught.value)
    assert "could not be downloaded (pypi:tiny@1.0). Why: Could not find a version" in message
    assert (
        f"put {FILE} (SHA-256 {hashlib.sha256(b'wheel').hexdigest()}) at {cache / 'pypi' / 'tiny-1.0' / FILE}"
        in message
    )
    assert "\n" not in message
    assert list((cache / "pypi").iterdir()) == []


def test_a_changed_archive_in_the_cache_is_deleted_and_both_digests_named(make_set, zipped, cache: Path) -> None:
    manifest = make_set("tiny", zipped(WHEEL))
    place = cache / "pypi" / "tiny-1.0" / FILE
    right = hashlib.sha256(place.read_bytes()).hexdigest()
    place.write_bytes(b"changed")
    with pytest.raises(ArtifactError) as caught:
        fetch("tiny", manifest)
    assert f"is {hashlib.sha256(b'changed').hexdigest()}, expected {right}" in str(caught.value)
    assert not place.exists()


def test_without_pip_the_remedy_is_named(
    make_set, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    python = next((tmp_path / "bare").glob("[bS]*/python*"))
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(MissingResourceError, match=r"pip is missing .*ensurepip"):
        fetch("tiny", make_set("tiny", b"wheel", cached=False))


def test_without_npm_the_remedy_is_named(
    make_set, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = make_set("tiny", b"tarball", registry="npm", file="tiny-1.0.tgz", cached=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingResourceError, match=r"npm is missing .*install Node\.js, or put tiny-1\.0\.tgz"):
        fetch("tiny", manifest)


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_without_a_registry_is_one_paragraph(make_set, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = make_set("tiny", b"tarball", registry="npm", file="tiny-1.0.tgz", cached=False)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(cache / "npm-cache"))
    with pytest.raises(MissingResourceError, match=r"could not be downloaded \(npm:tiny@1\.0\)\. Why: \S") as caught:
        fetch("tiny", manifest)
    assert "\n" not in str(caught.value)


def test_a_model_of_the_hub_is_not_fetched_here() -> None:
    with pytest.raises(MissingResourceError, match="google/mobilebert-uncased"):
        fetch("mobilebert")


def test_a_cache_that_cannot_be_written_is_named(make_set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = make_set("tiny", b"wheel", cached=False)
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CDKD_CACHE", str(tmp_path / "file"))
    with pytest.raises(MissingResourceError, match="set CDKD_CACHE"):
        fetch("tiny", manifest)


def test_the_cache_is_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDKD_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("CDKD_CACHE")
    assert cache_folder() == Path.home() / ".cache" / "cdkd_kg"
