"""The pages of the student and of tokens in a real browser: slider, lasso, search, waterfall."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import url_contains
from typer.testing import CliRunner

from evokd.cli.commands import app
from tests.cli.tiny_run import lay_out
from tests.runs.made_student import make_student_run
from tests.viewer.chromium import Waits, complaints, find, fits, look
from tests.viewer.serving import served
from tests.viewer.test_browser import heading, rows_of, text_of
from tests.viewer.test_tokens import time_calls
from tests.viewer.test_web import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
FIELD = (By.CSS_SELECTOR, "input[type=search][name=q]")
UNNAMED = """
const every = "main input:not([type=hidden]), main select, main button, main a";
const name = (one) =>
  one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim();
return [...document.querySelectorAll(every)].filter((one) => !name(one))
  .map((one) => one.outerHTML)
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    find()
    folder = tmp_path_factory.mktemp("student") / "runs"
    made = make_student_run(folder / "one", texts=[["Great phone.", HOSTILE], ["Lovely lid.", "B"]])
    time_calls(made.path)
    config = lay_out(tmp_path_factory.mktemp("tiny"))
    result = CliRunner().invoke(app, ["run", str(config), "--out", str(folder / "real")])
    assert result.exit_code == 0, result.output
    with served(folder) as address:
        yield address


def test_a_slider_turns_the_rounds_and_the_rest_stays(
    browser: Chrome, base: str, waits: Waits
) -> None:
    look(browser, 1280, dark=False)
    browser.get(f"{base}/run?run=one")
    browser.find_element(By.LINK_TEXT, "student").click()
    waits(heading("Student"))
    field = browser.find_element(*FIELD)
    field.send_keys("lovely")
    waits(lambda b: "1 picked" in text_of(b, "[data-part=map]"))
    slider = browser.find_element(By.CSS_SELECTOR, "input[type=range]")
    slider.send_keys(Keys.ARROW_LEFT)
    waits(lambda b: "After round 1" in text_of(b, "[data-part=round]"))
    assert "round=1" in browser.current_url and "q=lovely" in browser.current_url
    assert browser.switch_to.active_element == slider, "who turns goes on turning"
    assert "after round 1 puts" in text_of(b := browser, "[data-part=map]"), b.current_url
    browser.find_element(By.TAG_NAME, "h1").click()
    browser.find_element(By.TAG_NAME, "body").send_keys("n")
    waits(url_contains("round=2"))
    assert complaints(browser) == []


def test_who_types_and_turns_at_once_loses_neither(
    browser: Chrome, base: str, waits: Waits
) -> None:
    look(browser, 1280, dark=False)
    browser.get(f"{base}/student?run=one")
    browser.find_element(*FIELD).send_keys("lovely")
    browser.find_element(By.CSS_SELECTOR, "input[type=range]").send_keys(Keys.ARROW_LEFT)
    waits(lambda b: "After round 1" in text_of(b, "[data-part=round]"))
    assert "round=1" in browser.current_url and "q=lovely" in browser.current_url
    waits(lambda b: "1 picked" in text_of(b, "[data-part=map]"))


def test_a_line_around_points_picks_them(browser: Chrome, base: str, waits: Waits) -> None:
    look(browser, 1280, dark=False)
    browser.get(f"{base}/student?run=one")
    assert browser.find_element(By.CSS_SELECTOR, "[data-lasso]").is_displayed()
    picture = browser.find_element(By.CSS_SELECTOR, "svg.map")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", picture)
    wide, high = picture.size["width"], picture.size["height"]
    pull = ActionChains(browser, duration=20).move_to_element_with_offset(
        picture, int(-wide / 2 + 4), int(-high / 2 + high * 0.13)
    )
    pull.click_and_hold().move_by_offset(int(wide / 4), 0).move_by_offset(0, int(high * 0.85))
    pull.move_by_offset(int(-wide / 4), 0).release().perform()
    waits(url_contains("area="))
    waits(lambda b: "5 picked inside the line" in text_of(b, "[data-part=map]"))
    assert len(rows_of(browser, "map")) == 5, "the test texts, which lie to the left"
    shared = browser.current_url
    browser.find_element(*FIELD).send_keys("sings")
    waits(lambda b: len(rows_of(b, "map")) == 1)
    assert "area=" in browser.current_url, "a search goes on within the line"
    browser.get(shared)
    assert len(rows_of(browser, "map")) == 5
    browser.find_element(By.LINK_TEXT, "near").send_keys(Keys.ENTER)
    waits(lambda b: "picked near test-0" in text_of(b, "[data-part=map]"))
    assert "area=" not in browser.current_url
    point = browser.find_element(By.CSS_SELECTOR, "[data-row=r001-h001] circle.made")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", point)
    ActionChains(browser).move_to_element(point).click().perform()
    waits(lambda b: "picked near r001-h001" in text_of(b, "[data-part=map]"))
    assert "near=r001-h001" in browser.current_url
    browser.find_element(By.PARTIAL_LINK_TEXT, "Pick none").click()
    waits(lambda b: "Nothing is picked" in text_of(b, "[data-part=map]"))
    assert complaints(browser) == []


def test_without_javascript_all_of_it_is_there(browser: Chrome, base: str, waits: Waits) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{base}/student?run=one&round=1")
        assert not browser.find_element(By.CSS_SELECTOR, "[data-lasso]").is_displayed()
        browser.find_element(*FIELD).send_keys("great" + Keys.ENTER)
        waits(url_contains("q=great"))
        assert "1 picked" in text_of(browser, "[data-part=map]")
        assert "After round 1" in text_of(browser), "the round is carried along"
        browser.get(f"{base}/tokens?run=one")
        slider = browser.find_element(By.CSS_SELECTOR, "input[type=range]")
        slider.send_keys(Keys.ARROW_LEFT)
        slider.submit()
        waits(url_contains("round=1"))
        assert "Round 1 over time" in text_of(browser)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_wrong_test_rows_say_that_they_must_not_steer(
    browser: Chrome, base: str, waits: Waits
) -> None:
    browser.get(f"{base}/student?run=one")
    assert "To look at, not to steer by." in text_of(browser)
    browser.get(f"{base}/student?run=real")
    said = text_of(browser)
    assert "wrong of 10 test rows." in said and "texts are not shown" not in said
    browser.get(f"{base}/student?run=one")
    browser.find_element(By.CSS_SELECTOR, "table.matrix td a").click()
    waits(url_contains("gold="))
    assert rows_of(browser, "wrong") and "#wrong" in browser.current_url
    assert "owned" not in browser.title
    assert not browser.find_elements(By.CSS_SELECTOR, "main img, main [onload]")


def test_a_bar_leads_to_its_call(browser: Chrome, base: str, waits: Waits) -> None:
    look(browser, 1280, dark=False)
    for run in ("one", "real"):
        browser.get(f"{base}/run?run={run}")
        browser.find_element(By.LINK_TEXT, "tokens").click()
        waits(heading("Tokens"))
        assert "What became of the tokens" in text_of(browser)
        bars = browser.find_elements(By.CSS_SELECTOR, "svg.waterfall a")
        assert bars and all(bar.get_attribute("aria-label") for bar in bars)
        bars[0].send_keys(Keys.ENTER)
        waits(lambda b: "Sent" in text_of(b))
    assert complaints(browser) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_fit_the_screen(browser: Chrome, base: str, width: int, dark: bool) -> None:
    look(browser, width, dark)
    pages = {
        "student": "/student?run=one&area=0-0_200-0_200-520_0-520",
        "student-real": "/student?run=real&round=1&q=a",
        "tokens": "/tokens?run=one&round=1",
        "tokens-real": "/tokens?run=real",
    }
    for name, page in pages.items():
        browser.get(base + page)
        fits(browser, name, width, dark)
        assert browser.execute_script(UNNAMED) == []
