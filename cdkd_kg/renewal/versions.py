"""The versions of a bundle: one is in use, the others lie beside it, and changing them is one step."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdkd_kg.artifacts import held, read_json
from cdkd_kg.errors import ConflictError, MissingResourceError
from cdkd_kg.inference.bundle import ABOUT, open_bundle

_AT_FDCWD, _EXCHANGE = -100, 2
"""As ``renameat2`` of Linux calls them."""


def versions_of(bundle: Path) -> Path:
    """Return the folder in which the other versions of a bundle lie; it need not be there."""
    bundle = bundle.resolve()  # of "." there is no name, and a link stays what it is
    return bundle.with_name(f"{bundle.name}.versions")


def kept(bundle: Path) -> list[str]:
    """Return the names of the versions that lie beside a bundle, the oldest first."""
    folders = versions_of(bundle).glob("*/")
    return sorted(path.name for path in folders if re.fullmatch(r"\d{4,}", path.name) and (path / ABOUT).is_file())


def next_version(bundle: Path) -> str:
    """Return a name that no version has had, as far as the folder tells."""
    numbers = [int(path.name.split(".")[0]) for path in versions_of(bundle).glob("[0-9]*") if path.name[:4].isdigit()]
    return f"{max(numbers, default=0) + 1:04}"


@contextmanager
def alone(bundle: Path) -> Iterator[None]:
    """Let nobody else make or change versions of a bundle, from the first look to the last change.

    Raises:
        ConflictError: somebody does so now.
    """
    with held(versions_of(bundle)) as mine:
        if not mine:
            raise ConflictError(
                "somebody else makes or changes versions now",
                where=str(versions_of(bundle)),
                remedy="try again when that is done",
            )
        yield


def latest_used(bundle: Path) -> str:
    """Return the newest version that was found good enough for use; it changed places with the bundle that is.

    Raises:
        MissingResourceError: none was; those that were kept aside were never in use.
    """
    folder = versions_of(bundle)
    for version in reversed(kept(bundle)):
        report = folder / f"{version}.json"
        if report.is_file() and read_json(report)["accepted"]:
            return version
    raise MissingResourceError(
        "no other version was ever in use",
        where=str(folder),
        remedy=f"name one that was kept aside with --to: {kept(bundle)}" if kept(bundle) else "make one first",
    )


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
    _exchange(bundle.resolve(), folder / version)


def _exchange(one: Path, other: Path) -> None:
    """Let two folders change names, in one step where the system knows how."""
    library = ctypes.CDLL(None, use_errno=True)
    if hasattr(library, "renameat2"):
        done = library.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE)
        if done == 0:
            return
    aside = one.with_name(f".{one.name}.changing")
    one.replace(aside)
    other.replace(one)
    aside.replace(other)
