"""Result folders that are whole or absent: written aside, synced, renamed, with a SHA-256 manifest last.

A folder counts only when its ``manifest.json`` is there, is what was written, and every file in it has the size and
the digest that the manifest says. Tensors are safetensors, tables are Parquet, the rest is JSON or text;
nothing is ever pickled.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import socket
import tempfile
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cdkd_kg.errors import ArtifactError, ConfigError

MANIFEST, LOCK = "manifest.json", "lock"


def canonical_json(value: Any) -> str:
    """Return ``value`` as JSON with sorted keys and no spaces: the same text for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def sha256_text(text: str) -> str:
    """Return the SHA-256 of ``text`` in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, read in blocks, as 64 hexadecimal digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` so that a reader sees the old file or the new one, never a part."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` aside, sync it, and rename it to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with aside.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON with sorted keys."""
    write_text(path, _indented(value))


def _indented(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> Any:
    """Read a JSON file of ours; a missing or broken one is an :class:`ArtifactError`."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ArtifactError("a result file is missing", where=str(path), remedy="run the stage again") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ArtifactError("a result file is broken", where=str(path), why=str(error)) from error


def need_writable(folder: Path) -> None:
    """Make the folder ``folder``, unless it is there, and try to write into it.

    Raises:
        ConfigError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(
            "the output folder cannot be written",
            where=str(folder.absolute()),
            why=error.strerror or str(error),
            remedy="set output= to a folder that can be written, such as output=runs",
        ) from error


@contextmanager
def new_folder(path: Path, about: dict[str, Any] | None = None, *, keep_whole: bool = False) -> Iterator[Path]:
    """Give a folder to fill that becomes ``path`` only when the block ends without an error.

    Args:
        path: where the finished folder goes; an older one there is replaced.
        about: what to record in the manifest beside the files.
        keep_whole: let a whole folder stay that another process finished in the meantime, and drop the new one.

    Yields:
        A folder beside ``path``; it is removed when the block fails or the process is interrupted.
    """
    sweep(path.parent, path.name)
    with scratch_folder(path) as aside:
        yield aside
        seal(aside, about or {})
        if not (keep_whole and is_whole(path)):
            _place(aside, path)
        _sync_folder(path.parent)


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside ``path``, which need not be there, and remove it when the block ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = aside_of(path)
    aside.mkdir()
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def aside_of(path: Path) -> Path:
    """Return a name beside ``path`` to make it under; :func:`sweep` removes it when this process is gone."""
    return path.with_name(f".{path.name}.{_owner()}.{uuid.uuid4().hex[:8]}.tmp")


@contextmanager
def held(folder: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold a folder, which is made, against other processes, and say whether that went; who dies lets go.

    With ``wait`` it goes as soon as nobody else holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def remove_unheld(folder: Path) -> None:
    """Remove a folder, where there is one and no process holds it."""
    if folder.is_dir():
        with held(folder) as mine:
            if mine:
                shutil.rmtree(folder, ignore_errors=True)


def _place(aside: Path, path: Path) -> None:
    old = aside.with_suffix(".old")
    if path.exists():
        path.replace(old)
    try:
        aside.replace(path)
    except OSError:
        if not is_whole(path):  # else another process finished the same folder first, and that one stays
            raise
    shutil.rmtree(old, ignore_errors=True)


def _owner() -> str:
    """Return a name for this process that tells it from those of other machines on a shared disk."""
    return f"{sha256_text(socket.gethostname())[:8]}-{os.getpid()}"


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove what processes of this machine left unfinished in ``folder`` when they were killed.

    Args:
        folder: where finished folders lie.
        name: only what was to become the folder of this name; None is everything.
    """
    machine = _owner().split("-")[0]
    rest = re.compile(rf"\.(.+)\.{machine}-(\d+)\.[0-9a-f]{{8}}\.(tmp|old)")
    for path in folder.glob(".*"):
        found = rest.fullmatch(path.name)
        if found and name in (None, found[1]) and not _is_running(int(found[2])):
            shutil.rmtree(path, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, as somebody else
        pass
    return True


def seal(folder: Path, about: dict[str, Any]) -> None:
    """Write the manifest of a filled folder: size and SHA-256 of every file in it, ``about``, and its own SHA-256."""
    files = {}
    mode = _usual_mode()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file != folder / MANIFEST:
            file.chmod(mode)  # safetensors makes files that their owner alone can read
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
            files[file.relative_to(folder).as_posix()] = {
                "bytes": file.stat().st_size,
                "sha256": sha256_file(file),
            }
    content = {"about": about, "files": files}
    write_json(folder / MANIFEST, content | {"sha256": sha256_text(_indented(content))})


def _usual_mode() -> int:
    """Return the mode that a new file gets here: the umask can only be read by setting it."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def is_whole(folder: Path) -> bool:
    """Say whether ``folder`` has a manifest and all its files at the sizes that the manifest says."""
    try:
        files = read_json(folder / MANIFEST)["files"]
        return all((folder / name).stat().st_size == entry["bytes"] for name, entry in files.items())
    except (ArtifactError, OSError, KeyError, TypeError):
        return False


def verify(folder: Path, only: Collection[str] | None = None) -> dict[str, Any]:
    """Check every file of ``folder`` against its manifest and return what the manifest says about it.

    ``only`` names some of the files, where the rest is not read and need not be looked at.

    Raises:
        ArtifactError: the manifest is missing or altered, or a file is missing, cut or altered.
    """
    manifest = manifest_of(folder)
    for name, entry in manifest["files"].items():
        file = folder / name
        if only is not None and name not in only:
            continue
        if not file.is_file() or file.stat().st_size != entry["bytes"] or sha256_file(file) != entry["sha256"]:
            raise _altered(folder, name)
    about: dict[str, Any] = manifest["about"]
    return about


def files_of(folder: Path) -> frozenset[str]:
    """Return the names of the files that the manifest of a folder names, with ``/`` between folders.

    Raises:
        ArtifactError: the manifest is missing or altered.
    """
    return frozenset(manifest_of(folder)["files"])


def manifest_of(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder, whose every byte is what was written: ``files`` and ``about``.

    Raises:
        ArtifactError: it is missing or altered.
    """
    file = folder / MANIFEST
    manifest: dict[str, Any] = read_json(file)
    if not isinstance(manifest, dict):
        raise _altered(folder, MANIFEST)
    content = {name: value for name, value in manifest.items() if name != "sha256"}
    if file.read_text("utf-8") != _indented(content | {"sha256": sha256_text(_indented(content))}):
        raise _altered(folder, MANIFEST)
    return manifest


def _altered(folder: Path, name: str) -> ArtifactError:
    return ArtifactError(
        "a result file is not what its manifest says" if name != MANIFEST else "a manifest is not what was written",
        where=str(folder / name),
        why="it is missing, cut or altered",
        remedy=f"delete {folder} and run again; only this stage is repeated",
    )


def is_sound(folder: Path) -> bool:
    """Say whether ``folder`` is whole and every file in it has the digest that the manifest says."""
    try:
        verify(folder)
    except (ArtifactError, OSError, KeyError, TypeError):
        return False
    return True


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
