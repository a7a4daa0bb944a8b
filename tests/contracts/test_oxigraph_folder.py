"""A store in a folder: it outlives the process, has one owner, and touches nothing but its own files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from cdkd_kg.errors import GraphError
from cdkd_kg.graph.stores.oxigraph import OxigraphStore
from tests.contracts.helpers import QUADS, G, H, everything


def test_a_folder_outlives_the_store_and_has_one_owner(tmp_path: Path) -> None:
    store = OxigraphStore(tmp_path / "store")
    store.add(QUADS)
    with pytest.raises(GraphError, match="cannot be opened"):
        OxigraphStore(tmp_path / "store")
    store.close()
    assert everything(OxigraphStore(tmp_path / "store")) == set(QUADS)


MANY = b"".join(b'<urn:a:%d> <urn:p> "a name that takes some room: %d" .\n' % (n, n) for n in range(20_000))
"""More than fits in one transaction of a folder."""


@pytest.mark.parametrize("folder", ["plain", "linked"])
def test_a_big_file_leaves_the_folder_and_what_else_is_in_it(folder: str, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "notes.txt").write_text("mine")
    (tmp_path / "linked").symlink_to("plain")
    store = OxigraphStore(tmp_path / folder)
    store.load_triples(io.BytesIO(MANY), G)
    store.load_triples(io.BytesIO(MANY), H)
    with pytest.raises(SyntaxError):
        store.load_triples(io.BytesIO(MANY.replace(b"urn:a", b"urn:b") + b"nonsense"), H)
    assert len(store) == 40_000
    store.close()
    assert len(OxigraphStore(tmp_path / folder)) == 40_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["linked", "plain"]
    assert (tmp_path / "plain" / "notes.txt").read_text() == "mine"


def test_a_folder_is_never_free_while_a_big_file_is_loaded(tmp_path: Path) -> None:
    opened = []

    class Watching(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            try:
                OxigraphStore(tmp_path / "store").close()
                opened.append(self.tell())
            except GraphError:
                pass
            return super().read(size)

    store = OxigraphStore(tmp_path / "store")
    store.load_triples(Watching(MANY), G)
    with pytest.raises(GraphError, match="cannot be opened"):
        OxigraphStore(tmp_path / "store")
    assert (opened, len(store)) == ([], 20_000)


def test_what_a_killed_load_left_is_removed_when_the_folder_is_opened(tmp_path: Path) -> None:
    store = OxigraphStore(tmp_path / "store")
    store.add(QUADS)
    store.close()
    left, other = (tmp_path / "store" / name for name in ("bulk-120433821735154.sst", "bulk-mine.sst"))
    left.write_bytes(b"half a file")
    other.write_bytes(b"mine")
    assert len(OxigraphStore(tmp_path / "store")) == len(QUADS)
    assert (left.exists(), other.exists()) == (False, True)
