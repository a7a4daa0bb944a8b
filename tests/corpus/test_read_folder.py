from __future__ import annotations

from pathlib import Path

from cdkd_kg.corpus.read_folder import read_folder


def test_the_subfolder_is_the_label_and_files_at_the_top_have_none(tmp_path: Path) -> None:
    for name in ("sport/b.txt", "sport/deep/a.txt", "business/c", "flat.txt", ".hidden/x", "sport/.DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    records = list(read_folder(tmp_path, 1000))
    assert [record.values for record in records] == [
        {"id": "business/c", "text": b"business/c", "label": "business"},
        {"id": "flat.txt", "text": b"flat.txt", "label": None},
        {"id": "sport/b.txt", "text": b"sport/b.txt", "label": "sport"},
        {"id": "sport/deep/a.txt", "text": b"sport/deep/a.txt", "label": "sport"},
    ]
    assert records[0].file == str(tmp_path / "business/c")


def test_a_large_file_is_set_aside_unread(tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_bytes(b"a" * 1001)
    (record,) = read_folder(tmp_path, 1000)
    assert record.fault is not None
    assert record.fault.rule == "line-too-long"


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert len(list(read_folder(tmp_path, 1000))) == 1
