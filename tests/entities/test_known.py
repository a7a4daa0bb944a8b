"""Of a corpus that grew only new documents are read, and the tables are those of reading everything, byte for byte."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkd_kg.artifacts import seal, sha256_text
from cdkd_kg.config import EntitiesConfig
from cdkd_kg.entities import extract
from cdkd_kg.entities import reading as reads
from cdkd_kg.entities.extract import read_in_parts
from cdkd_kg.entities.known import DOCUMENTS, Known, known_of, save_covered
from cdkd_kg.entities.reading import Document
from cdkd_kg.entities.tables import save_parts
from tests.entities.helpers import INSTALLED
from tests.entities.test_extract import ALIASES

CONFIG = EntitiesConfig(pipeline=INSTALLED, batch_size=4)
BLANK = EntitiesConfig(pipeline="blank:en")
TABLES = ("mentions.parquet", "relations.parquet")
SENTENCES = [
    "Microsoft was acquired by Apple in Paris.",
    "Doctors treat lung cancers, and smoking causes lung cancer.",
    "World Health Organization (WHO) officials met Angela Merkel in New York.",
    "She left the leaves where the leaves had left them, found a firm and founded another.",
    "The banks saw stocks fall; the saw fell from the bank.",
    "Näive 🙂 people visit\u00a0Paris.",
    "Pneumonia did not kill Napoleon. He was tall.",
    "IBM, such as Oracle and other vendors, sells databases to hospitals in Berlin.",
    "",
]


def made_up(seed: int) -> str:
    drawn = random.Random(seed)
    return " ".join(drawn.choices(SENTENCES, k=drawn.randint(0, 5)))


TEXTS = {f"{domain}/{number:02}": made_up(number) for domain in ("a", "ä", "b") for number in range(8)}
NAMES = sorted(TEXTS)


def hashes_of(texts: dict[str, str]) -> dict[str, str]:
    return {name: sha256_text(text) for name, text in sorted(texts.items())}


def reading(folder: Path, texts: dict[str, str], known: Known | None = None, config: EntitiesConfig = CONFIG) -> Path:
    folder.mkdir()
    documents = [Document(name, text) for name, text in texts.items()]
    save_parts(read_in_parts(documents, config, ALIASES, known=known), folder)
    save_covered(hashes_of(texts), folder)
    return folder


def same(one: Path, two: Path) -> bool:
    return all((one / name).read_bytes() == (two / name).read_bytes() for name in (*TABLES, DOCUMENTS))


@pytest.fixture(scope="module")
def pipeline():
    # One for all examples: what it has read before must not matter either.
    return reads.mention_pipeline(CONFIG, ALIASES)


@settings(max_examples=30)
@given(
    before=st.sets(st.sampled_from(NAMES)),
    after=st.sets(st.sampled_from(NAMES), min_size=1),
    changed=st.sets(st.sampled_from(NAMES), max_size=4),
    part=st.integers(1, 9),
)
def test_what_was_read_before_changes_no_byte(pipeline, before, after, changed, part):
    earlier = {name: f"Siemens bought it. {TEXTS[name]}" if name in changed else TEXTS[name] for name in before}
    now = {name: TEXTS[name] for name in after}
    with (
        TemporaryDirectory() as scratch,
        mock.patch.object(extract, "PART", part),
        mock.patch.object(extract, "mention_pipeline", return_value=pipeline),
    ):
        folder = Path(scratch)
        known = Known.load(reading(folder / "earlier", earlier), hashes_of(now))
        assert known.documents == (before & after) - changed
        whole = reading(folder / "whole", now)
        assert same(reading(folder / "again", now, known), whole)


def test_only_what_is_new_or_changed_is_read(tmp_path, monkeypatch):
    earlier = {name: TEXTS[name] for name in NAMES[:20]} | {"b/03": "Another text.", "gone": "London is gone."}
    known = Known.load(reading(tmp_path / "earlier", earlier, config=BLANK), hashes_of(TEXTS))
    seen = []
    usual = reads.readable
    monkeypatch.setattr(reads, "readable", lambda text, words: seen.append(text) or usual(text, words))
    again = reading(tmp_path / "again", TEXTS, known, BLANK)
    assert seen == [TEXTS[name] for name in NAMES if name == "b/03" or name not in earlier]
    assert same(again, reading(tmp_path / "whole", TEXTS, config=BLANK))


def test_the_folder_that_covers_most_is_taken_and_a_broken_one_is_passed_over(tmp_path):
    sizes = {"one": 2, "two": 9, "three": 9, "four": 5}
    folders = [
        reading(tmp_path / name, {name: TEXTS[name] for name in NAMES[:size]}, config=BLANK)
        for name, size in sizes.items()
    ]
    for folder in folders:
        seal(folder, {})
    (tmp_path / "two" / TABLES[0]).write_bytes(b"PAR1")
    assert known_of(folders, hashes_of(TEXTS)).documents == set(NAMES[:9])
    (tmp_path / "three" / TABLES[1]).unlink()
    assert known_of(folders, hashes_of(TEXTS)).documents == set(NAMES[:5])
    assert known_of(folders[1:3], hashes_of(TEXTS)) is None
    assert known_of(folders[3:], hashes_of({"other": "Paris"})) is None
