from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from starlette.testclient import TestClient

from evokd.viewer.app import application
from tests.runs.made_run import Made, make_run
from tests.viewer.chromium import Waits, chromium, look, waiting

PORT = 7860
Browse = Callable[[Path], TestClient]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Indexes of a test's runs lie in the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A finished run in a folder of runs."""
    return make_run(tmp_path / "runs" / "one")


@pytest.fixture
def browse() -> Iterator[Browse]:
    """A client of a folder's viewer, by the name that a browser would use."""
    clients: list[TestClient] = []

    def open_folder(root: Path) -> TestClient:
        client = TestClient(
            application(root, PORT), f"http://127.0.0.1:{PORT}", raise_server_exceptions=False
        )
        clients.append(client)
        return client

    yield open_folder
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """A browser for a file's tests, 1280 pixels wide and light; skips them where there is none."""
    with chromium() as found:
        look(found, 1280, dark=False)
        yield found


@pytest.fixture
def waits(browser: Chrome) -> Waits:
    """Waits until something is so."""
    return waiting(browser)
