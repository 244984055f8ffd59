"""Failures first in a real browser: from the red tile to the calls, live without reload, 390 px."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from evokd.viewer.report import write_report
from tests.runs.made_run import Maker, make_run
from tests.viewer.chromium import Waits, complaints, find, fits, look
from tests.viewer.failing_run import make_failing, make_live, make_young
from tests.viewer.serving import served
from tests.viewer.test_browser import heading, rows_of, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LIVE: dict[str, Maker] = {}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    find()
    folder = tmp_path_factory.mktemp("runs")
    make_failing(folder / "failing")
    make_run(folder / "fine")
    make_young(folder / "young")
    LIVE["live"] = make_live(folder / "live")
    with (folder / "live" / ".lock").open("w") as one, (folder / "young" / ".lock").open() as two:
        fcntl.flock(one, fcntl.LOCK_EX)
        fcntl.flock(two, fcntl.LOCK_EX)
        yield folder


@pytest.fixture(scope="module")
def base(runs: Path) -> Iterator[str]:
    with served(runs) as address:
        yield address


def test_from_the_mark_to_the_tile_to_the_calls(browser: Chrome, base: str, waits: Waits) -> None:
    browser.get(base)
    mark = browser.find_element(By.LINK_TEXT, "53 of 93 calls unusable")
    assert "status=failed" in (mark.get_attribute("href") or "")
    browser.find_element(By.LINK_TEXT, "failing").click()
    waits(heading("failing"))
    tile = browser.find_element(By.CSS_SELECTOR, "section.alarm")
    assert tile.find_element(By.TAG_NAME, "h2").text == "53 of 93 calls unusable"
    machine = browser.find_element(By.ID, "machine")
    assert tile.location["y"] < machine.location["y"], "first"
    tile.find_element(By.PARTIAL_LINK_TEXT, "HTTP 429").click()
    waits(heading("Calls"))
    assert len(rows_of(browser, "calls")) == 10
    browser.find_element(By.CSS_SELECTOR, "select[name=agent] option[value=labeler]").click()
    waits(lambda b: not rows_of(b, "calls"))
    assert "reason=HTTP" in browser.current_url, "a filter keeps the reason"
    assert complaints(browser) == []


def test_a_run_that_goes_on_is_followed_without_a_reload(
    browser: Chrome, base: str, waits: Waits
) -> None:
    browser.get(f"{base}/run?run=live")
    browser.execute_script("window.same = true")
    assert "At work: labeler" in text_of(browser)
    assert browser.find_elements(By.CSS_SELECTOR, ".machine .at-work")
    maker = LIVE["live"]
    maker.call(2, "labeler", "critic", "accept")
    waits(lambda b: "90 of 400 tokens used" in text_of(b))
    assert browser.execute_script("return window.same === true")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{base}/run?run=live")
        maker.call(2, "labeler", "critic", "accept")
        browser.find_element(By.LINK_TEXT, "Look again").click()
        waits(lambda b: "105 of 400 tokens used" in text_of(b))
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert complaints(browser) == []


def test_the_reports_switch_needs_no_script_and_prints(browser: Chrome, runs: Path) -> None:
    write_report(runs / "failing", runs / "failing" / "report.html")
    browser.get((runs / "failing" / "report.html").as_uri())
    seen = "return [...document.querySelectorAll('.switch > div')].map(one => one.offsetHeight > 0)"
    assert browser.execute_script(seen) == [True, False, False]
    browser.find_element(By.CSS_SELECTOR, "label[for=by-freight]").click()
    assert browser.execute_script(seen) == [False, False, True]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert browser.execute_script(seen) == [False, False, True], "what was chosen is printed"
    assert not browser.find_element(By.ID, "by-useful").is_displayed()
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert complaints(browser) == []


def test_at_390_px_scores_and_state_need_no_scrolling(browser: Chrome, base: str) -> None:
    look(browser, 390, dark=False)
    browser.get(base)
    wide = "return [arguments[0].scrollWidth, arguments[0].clientWidth]"
    table = browser.find_element(By.CSS_SELECTOR, "[data-part=runs] .wide")
    inside, seen = browser.execute_script(wide, table)
    assert inside <= seen, "the table itself doesn't scroll"
    assert [head.text for head in table.find_elements(By.TAG_NAME, "th") if head.text][:4] == [
        "run", "status", "before", "after",
    ]  # fmt: skip
    rows = rows_of(browser, "runs")
    assert any("0.550" in row and "done" in row for row in rows)
    browser.get(f"{base}/run?run=failing")
    chart = browser.find_element(By.CSS_SELECTOR, "svg.chart")
    assert chart.size["width"] <= 390 - 2 * 15
    sizes = browser.execute_script(
        "const scale = arguments[0].getBoundingClientRect().width / 640;"
        "return [...arguments[0].querySelectorAll('text')]"
        ".map(one => parseFloat(getComputedStyle(one).fontSize) * scale)",
        chart,
    )
    assert min(sizes) >= 9.5, "its letters can be read"
    look(browser, 1280, dark=False)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_each_page_fits_the_screen(browser: Chrome, base: str, width: int, dark: bool) -> None:
    look(browser, width, dark)
    pages = {"marked": "/", "failing": "/run?run=failing", "live": "/run?run=live",
             "young": "/run?run=young", "unanalysed": "/round?run=failing&round=2"}  # fmt: skip
    for name, page in pages.items():
        browser.get(base + page)
        fits(browser, name, width, dark)
        low = browser.execute_script(LOW_CONTRAST)
        assert low == [], f"{name}: too little contrast"
    assert complaints(browser) == []


LOW_CONTRAST = """
const parts = ["alarm", "now", "waits", "mark", "lead", "score", "retries"];
const linear = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
const light = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((v) => linear(v / 255));
  return .2126 * r + .7152 * g + .0722 * b;
};
const under = (one) => {
  for (; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!/, 0\\)$/.test(colour) && colour !== "transparent") return colour;
  }
  return "rgb(255, 255, 255)";
};
const ratio = (one) => {
  const both = [light(getComputedStyle(one).color), light(under(one))].sort((x, y) => y - x);
  return (both[0] + .05) / (both[1] + .05);
};
const says = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
return [...document.querySelectorAll(parts.map((name) => `.${name} *`).join(", "))]
  .filter((one) => !one.closest("svg") && says(one) && ratio(one) < 4.5)
  .map((one) => one.textContent);
"""
"""Texts of these parts that stand out by less than 4.5 to 1 (WCAG 2, AA)."""
