"""What the corpus is read from, as digests: nothing is parsed, and the network is asked about URLs alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cdkd_kg.artifacts import canonical_json, sha256_file, sha256_text
from cdkd_kg.config import CorpusConfig, SourceConfig
from cdkd_kg.corpus.read import local_path
from cdkd_kg.corpus.read_folder import files_of
from cdkd_kg.corpus.urls import files_at, identity_of


def corpus_identity(config: CorpusConfig) -> dict[str, str]:
    """Return, for every domain, what its rows come from.

    A file or folder is the SHA-256 of its bytes, a named set that of its archive, a set of the hub its
    id, subset and revision: pin the revision where it must not move. Files at a URL are what their storage
    tells of them, such as an ETag or a time, else their bytes.

    Raises:
        MissingResourceError: a file, folder or named set is not there.
    """
    seen: dict[Path, str] = {}
    return {name: _identity(name, domain.source, seen) for name, domain in config.domains.items()}


def _identity(domain: str, source: SourceConfig, seen: dict[Path, str]) -> str:
    if source.name is not None:
        from cdkd_kg.data.manifest import identity

        return identity(source.name)
    if source.hub is not None:
        return f"hub:{source.hub}:{source.subset or 'default'}@{source.revision or 'main'}"
    if source.url is not None:
        files, paths = files_at(source.url, f"corpus.domains.{domain}.source.url")
        return sha256_text(canonical_json({path: identity_of(files, path) for path in paths}))
    path = local_path(domain, source)
    if path not in seen:
        seen[path] = _folder_digest(path) if path.is_dir() else sha256_file(path)
    return seen[path]


def _folder_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in files_of(folder):
        name = file.relative_to(folder).as_posix()
        digest.update(f"{name}\0{sha256_file(file)}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
