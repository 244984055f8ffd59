"""Headless Chromium for the browser tests, or a line that says why they are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE_S = 60.0
SHOTS = os.environ.get("EVOKD_SHOTS")
"""Folder for pictures of each page, to be looked at."""
HIGHEST = 4000
"""Pixels of a page that a picture shows."""
Waits = Callable[[Callable[[Chrome], object]], object]
BINARIES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # in a container there is no other way; it opens our own pages alone
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
)


def find() -> tuple[str, str]:
    """Browser and driver; skips the test where one is missing."""
    browser = next((found for name in BINARIES if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("no browser: `apt-get install chromium chromium-driver` lets this test run")
    return browser, driver


@contextmanager
def chromium() -> Iterator[Chrome]:
    """A browser that is closed afterwards."""
    binary, driver = find()
    options = ChromeOptions()
    options.binary_location = binary
    for flag in FLAGS:
        options.add_argument(flag)
    browser = Chrome(options=options, service=Service(driver))
    browser.set_page_load_timeout(120)
    try:
        yield browser
    finally:
        browser.quit()


def look(browser: Chrome, width: int, dark: bool) -> None:
    """Set the width of the screen, and whether the user likes it dark."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    scheme = [
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
        {"name": "prefers-reduced-motion", "value": "reduce"},  # a click waits for no scrolling
    ]
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})


def complaints(browser: Chrome) -> list[str]:
    """What the browser's console complains of: scripts refused, errors, files not found."""
    found: list[dict[str, Any]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return [str(entry["message"]) for entry in found]


def waiting(browser: Chrome) -> Waits:
    """Waits until something is so; a page that just went away is none yet."""
    gone = (NoSuchElementException, StaleElementReferenceException)
    return WebDriverWait(browser, PATIENCE_S, ignored_exceptions=gone).until


def fits(browser: Chrome, name: str, width: int, dark: bool) -> None:
    """Hold that the open page does not scroll sideways; keep its picture where they are wanted."""
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width, f"{name} is {wide} wide"
    if SHOTS is None:
        return
    high = browser.execute_script("return document.documentElement.scrollHeight")
    size = {"width": width, "height": min(high, HIGHEST), "deviceScaleFactor": 1,
            "mobile": width < 500}  # fmt: skip
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.save_screenshot(
        os.path.join(SHOTS, f"{name}-{width}-{'dark' if dark else 'light'}.png")
    )
    look(browser, width, dark)
