"""Notes, keys and files in a real browser: read, mark, go on; a picture as PNG."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import pytest
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import url_contains

from evokd.runs.notes import read_notes
from evokd.store.notes import Note, append_note
from tests.runs.made_run import Made, make_run
from tests.viewer.chromium import SHOTS, Waits, complaints, find, fits, look, waiting
from tests.viewer.serving import served, served_to_write
from tests.viewer.test_browser import text_of
from tests.viewer.test_web import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
OPEN = "document.querySelectorAll('details').forEach(one => { one.open = true; })"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    find()
    texts = [["Great phone.", "It is a phone.", HOSTILE], ["Lovely lid.", "Lid."]]
    return make_run(tmp_path_factory.mktemp("notes") / "runs" / "one", texts)


@pytest.fixture(scope="module")
def base(made: Made, browser: Chrome) -> Iterator[str]:
    """The viewer, for the browser with the token."""
    with served_to_write(made.path.parent) as (address, with_token):
        browser.get(with_token)
        waiting(browser)(lambda b: "token" not in b.current_url)
        yield address


def press(browser: Chrome, keys: str) -> None:
    browser.find_element(By.TAG_NAME, "body").send_keys(keys)


def heading(browser: Chrome) -> str:
    return browser.find_element(By.TAG_NAME, "h1").text


def noted(browser: Chrome) -> str:
    return browser.find_element(By.CSS_SELECTOR, ".note-line").text


def test_rows_are_read_and_marked_with_the_keys(
    browser: Chrome, base: str, made: Made, waits: Waits
) -> None:
    look(browser, 1280, dark=False)
    browser.get(f"{base}/round?run=one&round=1")
    browser.find_element(By.CSS_SELECTOR, "[data-part=texts] tbody th a").click()
    waits(lambda b: heading(b) == "Row r001-h001")
    press(browser, "1")
    waits(lambda b: noted(b).startswith("pass"))
    press(browser, "n")
    field = browser.switch_to.active_element
    assert field.get_attribute("name") == "text"
    field.send_keys("just 10 % <b>jk</b> ?" + Keys.ENTER)
    waits(lambda b: "just 10 % <b>jk</b> ?" in noted(b))
    assert noted(browser).startswith("pass"), "the line leaves the verdict as it was"
    press(browser, "j")
    waits(lambda b: heading(b) == "Row r001-h002")
    press(browser, "0")
    waits(lambda b: noted(b).startswith("fail"))
    press(browser, "k")
    waits(lambda b: heading(b) == "Row r001-h001")
    press(browser, "u")
    waits(lambda b: "Analysis" in text_of(b) and heading(b) == "Round 1")
    assert "list=" not in browser.current_url
    marks = [one.text for one in browser.find_elements(By.CSS_SELECTOR, "[data-part=texts] .note")]
    assert marks == ["pass", "fail"]
    browser.find_element(By.CSS_SELECTOR, "select[name=note] option[value=fail]").click()
    waits(url_contains("note=fail"))
    waits(lambda b: len(b.find_elements(By.CSS_SELECTOR, "[data-part=texts] tbody tr")) == 1)
    browser.find_element(By.CSS_SELECTOR, "[data-part=texts] tbody th a").click()
    waits(lambda b: heading(b) == "Row r001-h002" and "1 of 1" in text_of(b))
    # a call, from a list of calls
    browser.get(f"{base}/calls?run=one&target=labeler")
    browser.find_element(By.CSS_SELECTOR, "[data-part=calls] tbody th a").click()
    waits(lambda b: "1 of 5 calls that fit" in text_of(b))
    press(browser, "0")
    waits(lambda b: noted(b).startswith("fail"))
    assert "target=labeler" in browser.current_url
    press(browser, "j")
    waits(lambda b: "2 of 5 calls that fit" in text_of(b))
    press(browser, "u")
    waits(lambda b: heading(b) == "Calls" and "target=labeler" in b.current_url)
    assert complaints(browser) == []
    found = [(one.kind, one.id, one.mark) for one in read_notes(made.path).by_id.values()]
    assert found == [
        ("row", "r001-h001", "pass"), ("row", "r001-h002", "fail"), ("call", made.calls[2], "fail"),
    ]  # fmt: skip


def test_the_keys_are_listed_and_are_off_while_one_types(
    browser: Chrome, base: str, waits: Waits
) -> None:
    browser.get(f"{base}/row?run=one&row=r001-h003")
    keys = browser.find_element(By.ID, "keys")
    assert keys.get_attribute("open") is None
    press(browser, "?")
    assert keys.get_attribute("open") and "note pass, note fail" in keys.text
    press(browser, "?")
    assert keys.get_attribute("open") is None
    browser.find_element(By.NAME, "text").send_keys("10jk?nu")
    assert heading(browser) == "Row r001-h003" and keys.get_attribute("open") is None
    assert not browser.find_elements(By.CSS_SELECTOR, ".note-line")
    assert not browser.find_elements(By.CSS_SELECTOR, "main img, main script, main [onload]")
    assert "owned" not in browser.title


def test_without_the_token_keys_write_nothing(browser: Chrome, made: Made, waits: Waits) -> None:
    before = len(read_notes(made.path).by_id)
    with served(made.path.parent) as address:
        browser.get(f"{address}/row?run=one&row=r001-h001")
        assert not browser.find_elements(By.CSS_SELECTOR, "form[method=post]")
        press(browser, "0")
        press(browser, "n")  # no line to write on: the next row
        waits(lambda b: heading(b) == "Row r001-h002")
    assert len(read_notes(made.path).by_id) == before and complaints(browser) == []


def test_a_picture_becomes_a_png(browser: Chrome, base: str, waits: Waits) -> None:
    browser.get(f"{base}/run?run=one")
    browser.execute_script(
        "HTMLAnchorElement.prototype.click ="
        " function () { window.took = [this.download, this.href]; }"
    )
    browser.find_element(By.CSS_SELECTOR, "[data-part=scores] [data-png]").click()
    waits(lambda b: b.execute_script("return window.took"))
    name, data = browser.execute_script("return window.took")
    assert name == "one-run-curves.png"
    image = Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB")
    assert image.size == (1280, 600)
    colours = image.getcolors(1 << 24)
    assert colours is not None and (255, 255, 255) in [colour for _, colour in colours]
    assert len(colours) > 20 and (0, 114, 178) in [colour for _, colour in colours]
    if SHOTS:
        image.save(f"{SHOTS}/one-run-curves.png")
    assert complaints(browser) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_its_pages_fit_the_screen(
    browser: Chrome, base: str, made: Made, width: int, dark: bool
) -> None:
    append_note(made.path, Note("row", "r001-h003", "fail", HOSTILE))
    look(browser, width, dark)
    pages = {
        "note-row": "/row?run=one&row=r001-h001&list=data",
        "note-rejected": "/row?run=one&row=r001-h003",
        "note-seed": "/row?run=one&row=train-1",
        "note-call": f"/call?run=one&call={made.calls[2]}&target=labeler",
        "note-list": "/notes?run=one",
        "note-round": "/round?run=one&round=1",
        "note-run": "/run?run=one",
        "note-data": "/data?run=one",
    }
    for name, page in pages.items():
        browser.get(base + page)
        browser.execute_script(
            "document.querySelectorAll('details').forEach(d => { d.open = true; })"
        )
        fits(browser, name, width, dark)
        unnamed = browser.execute_script(
            "return [...document.querySelectorAll('input:not([type=hidden]), select')]"
            ".filter(one => !one.labels.length && !one.ariaLabel).map(one => one.outerHTML)"
        )
        assert unnamed == [], name
    assert complaints(browser) == []
