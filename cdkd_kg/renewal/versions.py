"""The versions of a bundle: one is in use, the others lie beside it, and changing them is one step."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from cdkd_kg.artifacts import MANIFEST, held, read_json, sha256_file, write_json
from cdkd_kg.errors import ConflictError, MissingResourceError
from cdkd_kg.inference.bundle import ABOUT, open_bundle

DIGITS = 6
"""So many digits of a digest name a bundle."""
_NAME = r"\d{4,}"
USED = "used.json"
"""Beside the versions: which bundles were in use, in that order."""
_AT_FDCWD, _EXCHANGE = -100, 2
"""As ``renameat2`` of Linux calls them."""


def versions_of(bundle: Path) -> Path:
    """Return the folder in which the other versions of a bundle lie; it need not be there."""
    bundle = bundle.resolve()  # of "." there is no name, and a link stays what it is
    return bundle.with_name(f"{bundle.name}.versions")


def _is_bundle(folder: Path) -> bool:
    return (folder / ABOUT).is_file() and (folder / MANIFEST).is_file()


def kept(bundle: Path) -> list[str]:
    """Return the names of the versions that lie beside a bundle, the oldest first."""
    folders = versions_of(bundle).glob("*/")
    return sorted(path.name for path in folders if re.fullmatch(_NAME, path.name) and _is_bundle(path))


def next_version(bundle: Path) -> str:
    """Return a name that no version has had, as far as the folder tells."""
    names = (path.name.partition(".")[0] for path in versions_of(bundle).glob("[0-9]*"))
    numbers = [int(name) for name in names if re.fullmatch(_NAME, name)]
    return f"{max(numbers, default=0) + 1:04}"


@contextmanager
def alone(bundle: Path) -> Iterator[None]:
    """Let nobody else make or change versions of a bundle, from the first look to the last change.

    Raises:
        ConflictError: somebody does so now.
        MissingResourceError: there is no such bundle.
    """
    if not (bundle.is_dir() or versions_of(bundle).is_dir()):
        raise MissingResourceError("there is no such bundle", where=str(bundle), remedy="name the folder of one")
    with held(versions_of(bundle)) as mine:
        if not mine:
            raise ConflictError(
                "somebody else makes or changes versions now",
                where=str(versions_of(bundle)),
                remedy="try again when that is done",
            )
        _finish_exchange(bundle.resolve())
        yield


class Version(NamedTuple):
    """A version beside a bundle.

    Attributes:
        name: of its folder.
        digest: of the bundle that lies there now.
        used: whether that one was in use before.
    """

    name: str
    digest: str
    used: bool


def listed(bundle: Path) -> list[Version]:
    """Return the versions that lie beside a bundle, the oldest first."""
    before = _used(bundle)
    digests = {name: sha256_file(versions_of(bundle) / name / MANIFEST) for name in kept(bundle)}
    return [Version(name, digest, digest in before) for name, digest in digests.items()]


def latest_used(bundle: Path) -> str:
    """Return the version that was in use last, before the one that is.

    Raises:
        MissingResourceError: none was; those that were kept aside were never in use.
    """
    lie = {version.digest: version.name for version in listed(bundle)}
    for digest in reversed(_used(bundle)):
        if digest in lie:
            return lie[digest]
    raise MissingResourceError(
        "no other version was ever in use",
        where=str(versions_of(bundle)),
        remedy=f"name one that was kept aside with --to: {list(lie.values())}" if lie else "make one first",
    )


def named(bundle: Path, name: str) -> str:
    """Return the version of a name, or of the first digits of a digest; "" where that one is in use already.

    Raises:
        MissingResourceError: there is none, or several begin so.
    """
    versions = listed(bundle)
    if name in [version.name for version in versions]:
        return name
    found = [version.name for version in versions if len(name) >= DIGITS and version.digest.startswith(name)]
    if _is_bundle(bundle) and len(name) >= DIGITS and sha256_file(bundle / MANIFEST).startswith(name):
        found.append("")
    if len(found) != 1:
        known = [f"{version.name} ({version.digest[:12]})" for version in versions]
        raise MissingResourceError(
            f"there is no version {name!r}",
            where=str(versions_of(bundle)),
            remedy=f"name one of {known}" if known else "make one first, with `cdkd retrain` or `cdkd adapt`",
        )
    return found[0]


def _used(bundle: Path) -> list[str]:
    """Return the digests of bundles that were in use, the latest last."""
    file = versions_of(bundle) / USED
    return list(read_json(file)) if file.is_file() else []


def take_into_use(bundle: Path, version: str) -> None:
    """Let a version and the bundle change places: who opens the bundle finds the one or the other, and never none.

    It is asked within :func:`alone`.

    Raises:
        MissingResourceError: there is no such version.
        ArtifactError: it is not what was exported.
    """
    folder = versions_of(bundle)
    if version not in kept(bundle):
        raise MissingResourceError(
            f"there is no version {version!r}", where=str(folder), remedy=f"name one of {kept(bundle)}"
        )
    open_bundle(folder / version)
    if _is_bundle(bundle):
        leaves = sha256_file(bundle / MANIFEST)
        write_json(folder / USED, [*(digest for digest in _used(bundle) if digest != leaves), leaves])
    _exchange(bundle.resolve(), folder / version)


def _exchange(one: Path, other: Path) -> None:
    """Let two folders change names, in one step where the system knows how."""
    library = ctypes.CDLL(None, use_errno=True)
    if hasattr(library, "renameat2"):
        done = library.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE)
        if done == 0:
            return
    aside = _aside(one)
    one.replace(aside)
    other.replace(one)
    aside.replace(other)


def _aside(bundle: Path) -> Path:
    return bundle.with_name(f".{bundle.name}.changing")


def _finish_exchange(bundle: Path) -> None:
    """Give a bundle its place back, or a place beside it, where who changed names in three steps was killed."""
    aside = _aside(bundle)
    if aside.is_dir():
        aside.replace(versions_of(bundle) / next_version(bundle) if bundle.exists() else bundle)
