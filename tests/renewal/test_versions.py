"""Versions change places in one step: whoever opens the bundle finds the one or the other, and never none."""

import shutil
import threading
from pathlib import Path

import pytest

from cdkd_kg.errors import ArtifactError, ConflictError, MissingResourceError
from cdkd_kg.inference.bundle import open_bundle
from cdkd_kg.renewal import versions
from cdkd_kg.renewal.versions import alone, kept, latest_used, listed, named, next_version, take_into_use, versions_of
from tests.bundles import tiny_bundle


@pytest.fixture
def bundle(tmp_path):
    """A bundle in use with one version beside it, of other labels."""
    found = tiny_bundle(tmp_path / "one").folder
    other = tiny_bundle(tmp_path / "other", labels=("a", "b")).folder
    target = tmp_path / "models" / "topic"
    target.parent.mkdir()
    shutil.move(found, target)
    versions_of(target).mkdir()
    shutil.move(other, versions_of(target) / "0001")
    return target


def _labels(bundle):
    return open_bundle(bundle).labels


def test_two_versions_change_places_and_back(bundle):
    assert kept(bundle) == ["0001"]
    take_into_use(bundle, "0001")
    assert _labels(bundle) == ("a", "b")
    assert _labels(versions_of(bundle) / "0001") == ("sport", "business")
    take_into_use(bundle, "0001")
    assert _labels(bundle) == ("sport", "business")


def test_it_works_where_the_system_cannot_exchange(bundle, monkeypatch):
    monkeypatch.setattr(versions.ctypes, "CDLL", lambda *_, **__: object())
    take_into_use(bundle, "0001")
    assert _labels(bundle) == ("a", "b")
    assert sorted(path.name for path in bundle.parent.iterdir()) == ["topic", "topic.versions"]


def test_nobody_who_opens_it_meanwhile_finds_none(bundle):
    wrong, done = [], threading.Event()

    def reader():
        while not done.is_set():
            try:
                (bundle / "cdkd.json").read_bytes()
            except OSError as error:
                wrong.append(error)

    reading = threading.Thread(target=reader)
    reading.start()
    for _ in range(40):
        take_into_use(bundle, "0001")
    done.set()
    reading.join()
    assert wrong == []


def test_a_version_that_is_broken_or_not_there_is_not_taken(bundle):
    with pytest.raises(MissingResourceError, match="no version '0002'"):
        take_into_use(bundle, "0002")
    weights = versions_of(bundle) / "0001" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ArtifactError):
        take_into_use(bundle, "0001")
    assert _labels(bundle) == ("sport", "business")


def test_two_who_change_at_once_are_told(bundle):
    with alone(bundle), pytest.raises(ConflictError), alone(bundle):
        pass


def test_a_link_stays_one_and_here_has_a_name(bundle, monkeypatch):
    link = bundle.with_name("current")
    link.symlink_to(bundle.name)
    take_into_use(link, "0001")
    assert link.is_symlink()
    assert _labels(link) == ("a", "b")
    monkeypatch.chdir(bundle)
    assert versions_of(Path()) == versions_of(bundle)


def test_what_was_kept_aside_is_not_what_was_in_use(bundle):
    with pytest.raises(MissingResourceError, match=r"ever in use.*--to: \['0001'\]"):
        latest_used(bundle)
    shutil.copytree(versions_of(bundle) / "0001", versions_of(bundle) / "0003")
    assert next_version(bundle) == "0004"
    assert [one.used for one in listed(bundle)] == [False, False]


def test_the_way_back_leads_to_what_was_in_use_last_also_after_another_was_taken(bundle, tmp_path):
    shutil.move(tiny_bundle(tmp_path / "third", labels=("c", "d")).folder, versions_of(bundle) / "0002")
    for version, labels in (("0002", ("c", "d")), ("0001", ("a", "b"))):
        take_into_use(bundle, version)
        assert _labels(bundle) == labels
    for labels in (("c", "d"), ("a", "b"), ("c", "d")):
        take_into_use(bundle, latest_used(bundle))
        assert _labels(bundle) == labels
    assert [one.used for one in listed(bundle)] == [True, True]


def test_a_digest_names_a_bundle_wherever_it_lies(bundle):
    mine, other = open_bundle(bundle).digest, listed(bundle)[0].digest
    assert named(bundle, other[:8]) == named(bundle, "0001") == "0001"
    assert named(bundle, mine[:12]) == ""
    take_into_use(bundle, named(bundle, other))
    assert (named(bundle, other), named(bundle, mine)) == ("", "0001")
    for wrong in ("0009", other[:3], "abcdef"):
        with pytest.raises(MissingResourceError, match=rf"no version '{wrong}'.*0001 \({mine[:12]}\)"):
            named(bundle, wrong)


def test_what_lies_there_beside_versions_harms_none(bundle):
    folder = versions_of(bundle)
    shutil.copytree(folder / "0001", folder / "0001-backup")
    shutil.copytree(folder / "0001", folder / "0002")
    (folder / "0002" / "manifest.json").unlink()
    assert next_version(bundle) == "0003"
    assert [one.name for one in listed(bundle)] == ["0001"]
    (bundle / "manifest.json").unlink()  # of the one in use, which is what somebody goes back from
    take_into_use(bundle, "0001")
    assert _labels(bundle) == ("a", "b")


def test_a_bundle_that_is_not_there_gets_no_folder_of_versions(tmp_path):
    with pytest.raises(MissingResourceError, match="no such bundle"), alone(tmp_path / "typo"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_who_was_killed_between_two_names_left_a_bundle_that_comes_back(bundle):
    bundle.rename(bundle.with_name(".topic.changing"))
    with alone(bundle):
        assert _labels(bundle) == ("sport", "business")
    bundle.rename(bundle.with_name(".topic.changing"))
    (versions_of(bundle) / "0001").rename(bundle)
    with alone(bundle):
        assert _labels(bundle) == ("a", "b")
    assert kept(bundle) == ["0001"]


def test_a_bundle_alone_has_no_other(tmp_path):
    assert kept(tmp_path / "topic") == []
    assert next_version(tmp_path / "topic") == "0001"
    with pytest.raises(MissingResourceError):
        latest_used(tmp_path / "topic")
