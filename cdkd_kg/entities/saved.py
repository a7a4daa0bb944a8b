"""What spaCy asks of a component that is saved with its pipeline, for one that can write and read a folder."""

from __future__ import annotations

import io
import zipfile
from abc import ABC, abstractmethod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self


class SavedComponent(ABC):
    """A component whose pipeline can be saved by ``nlp.to_disk`` and ``nlp.to_bytes`` and loaded by ``spacy.load``."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write all that was learned or given into an empty folder."""

    @abstractmethod
    def load(self, folder: Path) -> None:
        """Read what :meth:`save` wrote."""

    def to_disk(self, path: Path | str, **_: object) -> None:
        """Write the component into a folder."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        self.save(folder)

    def from_disk(self, path: Path | str, **_: object) -> Self:
        """Read what :meth:`to_disk` wrote."""
        self.load(Path(path))
        return self

    def to_bytes(self, **_: object) -> bytes:
        """Return what :meth:`to_disk` writes, as a ZIP archive."""
        buffer = io.BytesIO()
        with TemporaryDirectory() as folder, zipfile.ZipFile(buffer, "w") as archive:
            self.save(Path(folder))
            for file in sorted(Path(folder).iterdir()):
                archive.writestr(zipfile.ZipInfo(file.name), file.read_bytes())
        return buffer.getvalue()

    def from_bytes(self, data: bytes, **_: object) -> Self:
        """Read what :meth:`to_bytes` returned."""
        with TemporaryDirectory() as folder, zipfile.ZipFile(io.BytesIO(data)) as archive:
            archive.extractall(folder)
            self.load(Path(folder))
        return self
