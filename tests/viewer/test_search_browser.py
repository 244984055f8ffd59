"""Search in a real browser: typed into the box, marked, turned over with the keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import url_contains

from tests.runs.made_run import make_run
from tests.viewer.chromium import Waits, complaints, find, fits, look
from tests.viewer.serving import served
from tests.viewer.test_browser import heading, rows_of, text_of
from tests.viewer.test_web import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    find()
    folder = tmp_path_factory.mktemp("search") / "runs"
    make_run(folder / "one", [["The lid cracked.", "A kettle."], [HOSTILE, "A lid."]])
    with served(folder) as address:
        yield address


def test_from_the_box_to_the_calls_and_on_with_the_keys(
    browser: Chrome, base: str, waits: Waits
) -> None:
    browser.get(f"{base}/run?run=one")
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    browser.switch_to.active_element.send_keys("lid" + Keys.ENTER)
    waits(heading("Calls"))
    assert "q=lid" in browser.current_url
    assert len(rows_of(browser, "calls")) == 2 and marks(browser) == ["lid", "lid"]
    field = browser.find_element(By.NAME, "q")
    field.send_keys(' "a lid')  # never closed: what was typed so far is looked for
    waits(lambda b: len(rows_of(b, "calls")) == 1)
    assert browser.switch_to.active_element == field, "who types goes on typing"
    for _ in ' "a lid':
        field.send_keys(Keys.BACKSPACE)
    waits(lambda b: len(rows_of(b, "calls")) == 2)
    browser.find_element(By.CSS_SELECTOR, "[data-part=calls] tbody th a").click()
    waits(lambda b: "1 of 2 calls that fit" in text_of(b))
    assert marks(browser) == ["lid"]
    browser.find_element(By.TAG_NAME, "body").send_keys("n")
    waits(lambda b: "2 of 2 calls that fit" in text_of(b))
    browser.find_element(By.TAG_NAME, "body").send_keys("p")
    waits(lambda b: "1 of 2 calls that fit" in text_of(b))
    browser.find_element(By.LINK_TEXT, "calls that fit").click()
    waits(url_contains("/calls?run=one&q=lid"))
    browser.get(f"{base}/calls?run=one&q=title")
    assert marks(browser) == ["title", "title"] and "owned" not in browser.title
    assert not browser.find_elements(By.CSS_SELECTOR, "main img, main script, main [onload]")
    assert complaints(browser) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_a_search_fit_the_screen(browser: Chrome, base: str, width: int) -> None:
    browser.get(f"{base}/calls?run=one&q=title")
    call = browser.find_element(By.CSS_SELECTOR, "[data-part=calls] tbody th a")
    pages = {
        "search-calls": "/calls?run=one&q=title",
        "search-previews": "/calls?run=one",
        "search-call": (call.get_attribute("href") or "").removeprefix(base),
        "search-runs": "/search?q=lid",
    }
    for dark in (False, True):
        look(browser, width, dark)
        for name, page in pages.items():
            browser.get(base + page)
            fits(browser, name, width, dark)
    assert complaints(browser) == []


def marks(browser: Chrome) -> list[str]:
    return [found.text for found in browser.find_elements(By.TAG_NAME, "mark")]
