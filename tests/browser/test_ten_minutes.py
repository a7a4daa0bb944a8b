"""An expert's first ten minutes as they are: a command, a page, a keyboard, and what is on the disk afterwards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cdkd_kg.entities.tables import Extraction
from cdkd_kg.graph.decisions.as_rdf import read_decisions
from cdkd_kg.graph.decisions.decision import in_force
from tests.curation.conftest import CANDIDATES, make
from tests.graph.helpers import EX, extraction, mention

KEYS = ("a", "r", "1", "s", "n")
WORDS = [f"word{number:02}" for number in range(25)]


def _reading() -> tuple[Extraction, dict[str, str]]:
    """Return 25 mentions, each of which could be the flu, the cold, or something with two candidates."""
    rows, texts = [], {}
    for number, word in enumerate(WORDS):
        document, sure = f"d/{number:02}", 0.5 + number / 100
        texts[document] = f"They say {word} is going around."
        flu, cold = ({"candidates": CANDIDATES, "confidence": sure} for _ in range(2))
        rows.append(mention(document, 9, word, EX + ("flu" if number % 2 else "cold"), **(flu if number % 2 else cold)))
    return extraction(rows), texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "ills", *_reading())


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """What the command prints."""
    command = [sys.executable, "-m", "cdkd_kg", "curate", "serve", str(folder), "--who", "Grace"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().removeprefix("Open ").strip()
        server.terminate()


def _open(page: Page, address: str) -> None:
    """Open the address, and wait until the page hears keys."""
    page.goto(address, wait_until="commit")  # it goes on by itself
    expect(page.locator("#title")).to_be_visible()
    page.wait_for_load_state("networkidle")


def _press(page: Page, key: str) -> None:
    """Press a key that decides, give a name where one is asked for, and wait until another item is there."""
    before = page.locator("article").get_attribute("data-item")
    page.keyboard.press(key)
    if key == "n":
        page.keyboard.type(f"the {page.locator('#title').inner_text()}")
        page.keyboard.press("Enter")
    expect(page.locator("article")).not_to_have_attribute("data-item", before or "")
    expect(page.locator("#title")).to_be_focused()


def _choose(page: Page, box: str, typed: str) -> None:
    """Choose the first of what is found, by keyboard."""
    page.focus(box)
    page.keyboard.type(typed)
    page.locator(f"{box}-hits button").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def test_the_first_ten_minutes(chromium: Browser, folder: Path, address: str) -> None:
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    _open(page, address)
    for number in range(20):
        _press(page, KEYS[number % len(KEYS)])
    expect(page.locator(".progress")).to_contain_text("20 decided")

    page.goto(address.partition("/start")[0] + "/entity?name=pain", wait_until="networkidle")
    _choose(page, "#merge", "gout")
    expect(page.locator("#said")).to_have_text("'pain' is 'gout'")

    page.get_by_role("link", name="History").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(21)
    page.wait_for_load_state("networkidle")
    fifth = page.locator("tbody tr").nth(5)
    undone = fifth.locator("th").inner_text()
    fifth.get_by_role("button").press("Enter")
    expect(page.locator("#said")).to_have_text(f"undo: {undone}")
    expect(page.locator("tbody tr.undone")).to_have_count(1)
    expect(page.locator("tbody tr").first).to_contain_text("Grace")

    page.get_by_role("button", name="Write decisions.nq").press("Enter")
    expect(page.locator("#said")).to_contain_text("decisions.nq")
    page.context.close()
    decided = read_decisions(folder / "decisions.nq")
    assert len(decided) == 22
    assert len(in_force(decided)) == 20
    assert undone not in {one.what.label for one in in_force(decided)}
    assert "'pain' is 'gout'" in {one.what.label for one in in_force(decided)}
    assert {one.who for one in decided} == {"Grace"}


def test_relations_replacements_and_splits_have_a_place_on_the_page(
    chromium: Browser, folder: Path, address: str
) -> None:
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    _open(page, address)
    page.goto(address.partition("/start")[0] + "/entity?name=flu", wait_until="networkidle")
    page.fill("#relation-middle", "comes with")
    _choose(page, "#relation", "pain")
    expect(page.locator("#said")).to_have_text("'flu' 'comes with' 'pain'")
    kept = page.locator(".names .ask input[id]").nth(1)
    kept_id = kept.get_attribute("id")
    kept.fill("for another one")
    page.fill(".names .ask input[id] >> nth=0", "a rumour")
    page.locator(".names .ask input[id] >> nth=0").press("Enter")
    expect(page.locator("#said")).to_contain_text("a mention of 'flu' means 'a rumour'")
    expect(page.locator(f"#{kept_id}")).to_have_value("for another one")
    _choose(page, "#instead", "cold")
    expect(page.locator("#said")).to_have_text("'flu' is not used any more, but 'cold'")
    page.context.close()
