"""An exported bundle, as who predicts with it sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cdkd_kg.artifacts import MANIFEST, files_of, read_json, sha256_file, verify
from cdkd_kg.errors import ArtifactError, ConfigError, MissingResourceError, nearest

ABOUT, TOKENIZER = "cdkd.json", "tokenizer.json"
FORMAT = 3
"""Of an exported bundle; a student in the folder of a run is of format 1, and has no calibration."""
Form = Literal["int8", "onnx", "openvino", "torch"]
"""What computes: ONNX Runtime with 8-bit weights, with 32-bit ones, OpenVINO, or the Hugging Face folder itself."""
FILES: dict[Form, str] = {
    "int8": "onnx/model_int8.onnx",
    "onnx": "onnx/model.onnx",
    "openvino": "openvino/openvino_model.xml",
    "torch": "model.safetensors",
}
"""Where each form lies, the faster first; the names are those that the Hugging Face hub and transformers.js know."""


@dataclass(frozen=True)
class Bundle:
    """A checked bundle.

    Attributes:
        folder: where it lies.
        digest: SHA-256 of its manifest, which names every byte of it.
        about: the content of ``cdkd.json``.
        files: which its manifest names; None while it is made, when every file that is there counts.
    """

    folder: Path
    digest: str
    about: dict[str, Any]
    files: frozenset[str] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the logits."""
        return tuple(self.about["labels"])

    @property
    def multi_label(self) -> bool:
        """Whether labels are independent."""
        return bool(self.about["multi_label"])

    @property
    def reads(self) -> tuple[str, ...]:
        """What a label is about: a ``text``, a ``pair`` of texts, or the one and the other."""
        return tuple(self.about["reads"])

    @property
    def max_length(self) -> int:
        """So many tokens of a text are read."""
        return int(self.about["max_length"])

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains that it was made for, sorted."""
        return tuple(sorted(self.about["domains"]))

    def temperature(self, domain: str | None = None) -> float:
        """Return what logits are divided by: that of a domain, or where none is named that of all together.

        Raises:
            ConfigError: the bundle knows no such domain.
        """
        if domain is None:
            return float(self.about["temperature"])
        if domain not in self.about["domains"]:
            raise ConfigError(
                f"there is no domain {domain!r}{nearest(domain, self.domains)}",
                where="domain",
                remedy=f"name one of {list(self.domains)}, or none",
            )
        return float(self.about["domains"][domain]["temperature"])

    def form(self, wanted: Form | None = None) -> Form:
        """Return ``wanted``, or the fastest form that the bundle has.

        Raises:
            MissingResourceError: it has no such form.
        """
        has = [form for form in FILES if self._has(FILES[form])]
        if wanted is None:
            return has[0]
        if wanted not in has:
            raise MissingResourceError(
                f"the bundle has no form {wanted!r}",
                where=str(self.folder),
                why=f"it has {has}",
                remedy="export it again with that form",
            )
        return wanted

    def _has(self, file: str) -> bool:
        return (self.folder / file).is_file() and (self.files is None or file in self.files)


_KEYS: dict[str, type | tuple[type, ...]] = {
    "labels": list,
    "multi_label": bool,
    "reads": list,
    "max_length": int,
    "pad_token_id": int,
    "temperature": (int, float),
    "domains": dict,
}


def open_bundle(folder: str | Path) -> Bundle:
    """Return a bundle, every byte of which is what its manifest says.

    Raises:
        MissingResourceError: there is no bundle in the folder.
        ArtifactError: a file is missing, cut or altered, or the bundle does not say what one says.
    """
    folder = Path(folder)
    if not (folder / ABOUT).is_file():
        raise MissingResourceError(
            "there is no bundle in this folder",
            where=str(folder),
            why=f"it has no {ABOUT}",
            remedy="make one with `cdkd export RUN -o FOLDER`",
        )
    if not (folder / MANIFEST).is_file():
        raise MissingResourceError(
            "this is no exported bundle",
            where=str(folder),
            why="a student in the folder of a run has no calibration and no manifest",
            remedy="make one with `cdkd export RUN -o FOLDER`",
        )
    try:
        verify(folder)
    except ArtifactError as error:
        raise ArtifactError(
            "the bundle is not what was exported",
            where=error.where,
            why=f"{error.what}; {error.why}" if error.why else error.what,
            remedy="copy it again from where it was made, or export it again",
        ) from error
    about = read_json(folder / ABOUT)
    if about.get("format") != FORMAT:
        raise MissingResourceError(
            f"the bundle is of format {about.get('format')}, and this version reads {FORMAT}",
            where=str(folder),
            remedy="export it again with this version",
        )
    for key, kind in _KEYS.items():
        if not isinstance(about.get(key), kind):
            raise ArtifactError(
                f"{ABOUT} does not say {key!r} as a bundle does",
                where=str(folder / ABOUT),
                why=f"it is {about.get(key)!r}",
                remedy="export it again; what is in a bundle is not written by hand",
            )
    return Bundle(folder, sha256_file(folder / MANIFEST), about, files_of(folder))
