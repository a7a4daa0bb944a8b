"""The tests in a browser are not passed over where they must be run."""

from __future__ import annotations

import pytest

from tests.browser.conftest import need


def test_without_chromium_it_is_a_failure_where_it_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CDKD_NEED_CHROMIUM", raising=False)
    with pytest.raises(pytest.skip.Exception):
        need(None)
    monkeypatch.setenv("CDKD_NEED_CHROMIUM", "1")
    with pytest.raises(pytest.fail.Exception):
        need(None)
    need("/usr/bin/chromium")
