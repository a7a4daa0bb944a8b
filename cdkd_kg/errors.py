"""One tree of errors: every error says what is wrong, where, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any


class CdkdError(Exception):
    """An error that a user can act on.

    Args:
        what: one clause, what went wrong.
        where: file, line, id or configuration key.
        why: the cause, where it is known.
        remedy: what to do now.

    The class attribute ``exit_status`` is the status of the command line.

    Example:
        >>> print(ConfigError("unknown key 'sed'", where="quick.yaml: sed", remedy="write 'seeds'"))
        unknown key 'sed' (quick.yaml: sed). What to do: write 'seeds'.
    """

    exit_status = 1

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "") -> None:
        self.what, self.where, self.why, self.remedy = what, where, why, remedy
        super().__init__(what, where, why, remedy)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).__new__, (type(self), *self.args), self.__dict__  # it may come from another process

    def __str__(self) -> str:
        text = self.what + (f" ({self.where})" if self.where else "")
        text += "" if text.endswith("?") else "."
        text += f" Why: {_ended(self.why)}" if self.why else ""
        return text + (f" What to do: {_ended(self.remedy)}" if self.remedy else "")


def _ended(text: str) -> str:
    return text if text.endswith("?") else f"{text.rstrip('.')}."


class ConfigError(CdkdError):
    """The configuration or the command line is wrong; nothing has been started."""

    exit_status = 2


class MissingResourceError(ConfigError):
    """A file, model, pipeline, package or data set that the run needs is not there."""


class DataRefusedError(CdkdError):
    """The data were read and refused; the problems are listed, nothing was trained."""

    exit_status = 3


class GraphError(CdkdError):
    """An RDF file or a knowledge graph is refused."""

    exit_status = 3


class ConflictError(CdkdError):
    """Somebody else decided about the same since the page was read.

    ``theirs`` has what they decided, ``yours`` what was wanted, in words.
    """

    def __init__(self, what: str, *, theirs: Sequence[Any] = (), yours: str = "", **told: str) -> None:
        super().__init__(what, **told)
        self.theirs, self.yours = theirs, yours


class ArtifactError(CdkdError):
    """A result file is missing, incomplete, or not what its manifest says."""


class StaleSignalError(ArtifactError):
    """A teacher signal does not belong to the document or to the teacher that was asked for."""


class TrainingError(CdkdError):
    """Training cannot go on with meaning: a non-finite loss, a teacher worse than chance."""

    exit_status = 2


class ExportRefusedError(CdkdError):
    """What was to be exported does not say what the student says."""


class ProcessLostError(CdkdError):
    """Another of the processes of a run ended, so that this one cannot go on."""


class WorkersLostError(CdkdError):
    """Workers of a cluster ended again and again over the same work."""


def is_installed(package: str) -> bool:
    """Say whether a package can be imported; a folder of that name, such as those of logs, is none."""
    found = find_spec(package)
    return found is not None and found.origin is not None


def need_installed(package: str, extra: str, where: str) -> None:
    """Refuse to go on without an optional package.

    Args:
        package: as it is imported.
        extra: of ours that installs it.
        where: what asks for it.

    Raises:
        MissingResourceError: it is not installed.
    """
    if not is_installed(package):
        raise MissingResourceError(f"{package} is not installed", where=where, remedy=f"pip install 'cdkd-kg[{extra}]'")


def nearest(word: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """Return ``"; did you mean 'x'?"`` for the known word closest to ``word``, else an empty string.

    Words that are less like it than ``cutoff``, between 0 and 1, are not named.

    Example:
        >>> nearest("sed", ["seeds", "corpus"])
        "; did you mean 'seeds'?"
    """
    match = get_close_matches(word, sorted(known), n=1, cutoff=cutoff)
    return f"; did you mean {match[0]!r}?" if match else ""
