"""A real Chromium, where there is one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.curation.conftest import folder as folder  # which these tests share with those of curation
from tests.curation.web.server import TOKEN, served

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def need(chromium: str | None) -> None:
    """Skip a test without Chromium, or fail where it must be there (``CDKD_NEED_CHROMIUM``)."""
    if chromium is None:
        stop = pytest.fail if os.environ.get("CDKD_NEED_CHROMIUM") else pytest.skip
        stop("there is no Chromium, and it could not be installed: see tests/browser/install.sh")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one file: its driver's loop runs in this thread, and no test after it could run one of its own."""
    need(CHROMIUM)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    with served(folder) as found:
        yield found


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """The first page, after the way in; nothing on its console is an error, and no script failed."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=False)
    page, wrong = context.new_page(), list[str]()

    def heard(message: ConsoleMessage) -> None:
        provoked = any(status in message.text for status in ("status of 412", "status of 422"))
        if message.type == "error" and not provoked:
            wrong.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{address}/start#token={TOKEN}")
    page.wait_for_url(f"{address}/")
    yield page
    assert wrong == []
    context.close()
