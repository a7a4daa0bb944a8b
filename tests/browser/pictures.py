"""The pictures of docs/curation.md, taken of the graph that docs/graph.md makes and of results/curation_bbc.json.

python -m tests.browser.pictures        (`make pictures`)
"""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from playwright.sync_api import sync_playwright
from typer.testing import CliRunner

from cdkd_kg.artifacts import read_json
from cdkd_kg.cli import app
from tests.browser.conftest import CHROMIUM
from tests.curation.web.server import TOKEN, served

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "cdkd graph import data/sample/things.ttl --graph graphs/things",
    "cdkd graph build data/sample/texts --graph graphs/things",
    'cdkd curate decide graphs/things accept 25fd --why "plain water"',
    'cdkd curate decide graphs/things reject ed2c --why "a hose is not a leak"',
    'cdkd curate decide graphs/things add-alias kettle "tea kettle"',
    "cdkd curate decide graphs/things merge knife blade",
    'cdkd curate undo graphs/things 4 --why "a knife has a handle"',
)
FIRST = "async () => (await (await fetch('/api/items')).json()).items.find(one => one.candidates.length).id"
"""The id of the first item that has candidates."""
PAGES = {"work": "/?item=", "entity": f"/entity?name={quote('kettle')}", "history": "/history", "bought": "/bought"}


def main() -> None:
    """Make the graph in a folder of its own, and take a picture of each page."""
    pictures = ROOT / "docs" / "pictures"
    pictures.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "data" / "sample", Path(folder) / "data" / "sample")
        os.chdir(folder)
        for command in COMMANDS:
            done = CliRunner().invoke(app, shlex.split(command)[1:], env={"CDKD_CURATOR": "Ada"})
            if done.exit_code:
                raise SystemExit(f"{command}\n{done.output}")
        bought = read_json(ROOT / "results" / "curation_bbc.json")["compared"]
        with served(Path("graphs/things"), bought) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light").new_page()
            page.goto(f"{address}/start#token={TOKEN}", wait_until="commit")
            page.wait_for_url(f"{address}/")
            pages = PAGES | {"work": PAGES["work"] + page.evaluate(FIRST)}
            for name, path in pages.items():
                page.goto(address + path, wait_until="networkidle")
                page.wait_for_timeout(500)  # until the picture is drawn
                page.screenshot(path=pictures / f"curation-{name}.png")


if __name__ == "__main__":
    main()
