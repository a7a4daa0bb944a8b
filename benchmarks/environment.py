"""Environments of peers, over the libraries of this interpreter."""

from __future__ import annotations

import site
import subprocess
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).parents[1]


def python_of(peer: str, version: str, folder: Path, others: Mapping[str, str] = MappingProxyType({})) -> Path:
    """Return an interpreter that has a peer; everything else it takes from where this one does.

    Args:
        peer: its distribution.
        version: of it.
        folder: where environments are.
        others: versions of what it needs otherwise than we do.
    """
    place = folder / f"{peer}-{version}"
    python, done = place / "bin" / "python", place / "done"
    if not done.is_file():
        venv.create(place, clear=True, symlinks=True)
        ours = "".join(f"{folder}\n" for folder in site.getsitepackages())
        own = sysconfig.get_path("purelib", vars={"base": str(place)})
        (Path(own) / "ours.pth").write_text(ours, "utf-8")
        pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        kept = [pin for pin in pins if pin.partition("==")[0] not in others]
        (place / "constraints.txt").write_text("\n".join(kept) + "\n", "utf-8")
        wanted = [f"{name}=={one}" for name, one in {peer: version, **others}.items()]
        options = ["--quiet", "-c", str(place / "constraints.txt")]
        subprocess.run([python, "-m", "pip", "install", *options, *wanted], check=True)
        done.touch()
    return python
