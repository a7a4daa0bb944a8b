from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdkd_kg.data import manifest as listing
from cdkd_kg.data.corpora import READERS
from cdkd_kg.data.manifest import find, identity, load_manifest
from cdkd_kg.data.vocabularies import CONVERTERS
from cdkd_kg.errors import ArtifactError, MissingResourceError


def test_every_set_is_pinned_licensed_and_readable() -> None:
    entries = load_manifest()
    assert list(entries) == sorted(entries)
    assert {name for name, entry in entries.items() if entry.kind == "corpus"} == set(READERS)
    assert {name for name, entry in entries.items() if entry.kind == "vocabulary"} == set(CONVERTERS)
    for entry in entries.values():
        assert entry.licence
        assert entry.citation
        assert entry.registry == "hub" or len(entry.sha256 or "") == 64


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(MissingResourceError, match=r"no set called 'bbc-new'; did you mean 'bbc-news'\?"):
        find("bbc-new")


def test_identities_differ_between_sets_of_one_archive_only_by_what_is_read() -> None:
    assert identity("bbc-news") == identity("bbc-news")
    assert len({identity(name) for name in load_manifest()}) == len(
        {entry.sha256 or entry.source for entry in load_manifest().values()}
    )


def test_identity_follows_the_digest(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    known = json.loads(json.dumps({"bbc-news": find("bbc-news").model_dump(mode="json", exclude={"name"})}))
    known["bbc-news"]["sha256"] = "0" * 64
    manifest.write_text(json.dumps(known), "utf-8")
    assert identity("bbc-news", manifest) != identity("bbc-news")


def test_identity_follows_the_code_that_reads_a_set_but_not_that_of_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("bbc-news", "eurovoc", "minilm-l6")
    before = {name: identity(name) for name in names}
    monkeypatch.setattr(listing, "_source_digest", lambda _: "other code")
    assert [name for name in names if identity(name) != before[name]] == ["bbc-news", "eurovoc"]


def test_the_digest_of_the_code_follows_every_file_of_it(tmp_path: Path) -> None:
    digests = []
    for content in ("one = 1", "one = 2"):
        package = tmp_path / content
        package.mkdir()
        (package / "converter.py").write_text(content)
        digests.append(listing._source_digest(package))
    assert len(set(digests)) == 2


@pytest.mark.parametrize("change", [{"sha256": None}, {"registry": "ftp"}, {"licens": "MIT"}])
def test_a_broken_entry_is_refused_and_named(tmp_path: Path, change: dict[str, object]) -> None:
    fields = find("eurovoc").model_dump(mode="json", exclude={"name"}) | change
    (tmp_path / "manifest.json").write_text(json.dumps({"eurovoc": fields}), "utf-8")
    with pytest.raises(ArtifactError, match="manifest of fetchable sets is broken"):
        load_manifest(tmp_path / "manifest.json")
