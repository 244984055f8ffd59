"""The viewer in a real browser, over a real run: pages, filters, keys, live, hostile text."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import url_contains
from typer.testing import CliRunner

from evokd.cli.commands import app
from tests.cli.tiny_run import lay_out
from tests.runs.made_run import Maker, make_run
from tests.viewer.chromium import Waits, complaints, find, fits, look
from tests.viewer.serving import served
from tests.viewer.test_web import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run by the scripted teacher, two made ones (one hostile) and a study."""
    find()
    folder = tmp_path_factory.mktemp("runs")
    config = lay_out(tmp_path_factory.mktemp("tiny"))
    result = CliRunner().invoke(app, ["run", str(config), "--out", str(folder / "real")])
    assert result.exit_code == 0, result.output
    make_run(folder / "made")
    make_run(folder / "hostile", [[HOSTILE, HOSTILE], ["<b>x</b>" * 130_000, "short"]])
    (folder / "study").mkdir()
    (folder / "study" / "study.yaml").write_text("name: study", encoding="utf-8")
    line = '{"cell": "c1", "method": "evokd", "run": "runs/c1", "seed": 1}\n'
    (folder / "study" / "cells.jsonl").write_text(line, encoding="utf-8")
    make_run(folder / "study" / "runs" / "c1")
    return folder


@pytest.fixture(scope="module")
def base(runs: Path) -> Iterator[str]:
    with served(runs) as address:
        yield address


def text_of(browser: Chrome, css: str = "main") -> str:
    return browser.find_element(By.CSS_SELECTOR, css).text


def heading(name: str) -> Callable[[Chrome], bool]:
    """That the page with this heading is there."""
    return lambda browser: browser.find_element(By.TAG_NAME, "h1").text == name


def rows_of(browser: Chrome, part: str) -> list[str]:
    found = browser.find_elements(By.CSS_SELECTOR, f"[data-part={part}] tbody tr")
    return [row.text for row in found]


def test_from_the_table_of_runs_to_a_single_call(browser: Chrome, base: str, waits: Waits) -> None:
    look(browser, 1280, dark=False)
    browser.get(base)
    browser.find_element(By.LINK_TEXT, "real").click()
    waits(heading("real"))
    assert "State machine" in text_of(browser)
    assert browser.find_elements(By.CSS_SELECTOR, "svg.machine a"), "nodes lead to their calls"
    browser.find_element(By.LINK_TEXT, "freight").click()
    waits(url_contains("measure=freight"))
    assert browser.find_element(By.CSS_SELECTOR, ".choice [aria-current]").text == "freight"
    browser.find_element(By.CSS_SELECTOR, "[data-part=rounds] tbody tr:nth-child(2) a").click()
    waits(heading("Round 1"))
    browser.find_element(By.CSS_SELECTOR, "[data-part=texts] tbody th a").click()
    waits(lambda b: "Where it came from" in text_of(b))
    browser.back()
    waits(heading("Round 1"))
    browser.find_element(By.CSS_SELECTOR, "[data-part=texts] tbody td:nth-child(3) a").click()
    waits(lambda b: {"Sent", "Received", "Understood as"} <= set(text_of(b).split("\n")))
    assert complaints(browser) == []


def test_filters_act_while_typing_and_stand_in_the_address(
    browser: Chrome, base: str, waits: Waits
) -> None:
    browser.get(f"{base}/round?run=made&round=1")
    assert len(rows_of(browser, "texts")) == 2
    field = browser.find_element(By.NAME, "q")
    field.send_keys("great")
    waits(lambda b: len(rows_of(b, "texts")) == 1)
    assert "q=great" in browser.current_url and "run=made" in browser.current_url
    assert browser.switch_to.active_element == field, "who types goes on typing"
    shared = browser.current_url
    browser.get(base)
    browser.get(shared)
    assert ["r001-h001" in row for row in rows_of(browser, "texts")] == [True]
    assert browser.find_element(By.NAME, "q").get_attribute("value") == "great"
    browser.find_element(By.CSS_SELECTOR, "select[name=verdict] option[value=reject]").click()
    waits(lambda b: not rows_of(b, "texts"))
    for page, name, value, part in (
        ("/", "status", "done", "runs"),
        ("/calls?run=made", "target", "labeler", "calls"),
        ("/data?run=made", "label", "positive", "rows"),
        ("/study?study=study", "method", "evokd", "cells"),
    ):
        browser.get(base + page)
        browser.find_element(By.CSS_SELECTOR, f"select[name={name}] option[value={value}]").click()
        waits(url_contains(f"{name}={value}"))
        assert rows_of(browser, part)
    assert complaints(browser) == []


def test_everything_works_without_javascript(browser: Chrome, base: str, waits: Waits) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{base}/data?run=made")
        browser.find_element(By.NAME, "q").send_keys("lovely" + Keys.ENTER)
        waits(url_contains("q=lovely"))
        waits(lambda b: "1 of 2 rows" in text_of(b))
        browser.find_element(By.LINK_TEXT, "text").click()
        waits(url_contains("sort=text"))
        assert "q=lovely" in browser.current_url
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_keys_move_through_rows_rounds_and_up(browser: Chrome, base: str, waits: Waits) -> None:
    browser.get(f"{base}/round?run=made&round=1")
    page = browser.find_element(By.TAG_NAME, "body")
    page.send_keys("j")
    first = browser.switch_to.active_element.text
    browser.switch_to.active_element.send_keys("j")
    assert browser.switch_to.active_element.text != first
    browser.switch_to.active_element.send_keys("k")
    assert browser.switch_to.active_element.text == first
    browser.switch_to.active_element.send_keys("/")
    assert browser.switch_to.active_element.get_attribute("name") == "q"
    browser.switch_to.active_element.send_keys("n" + Keys.ESCAPE)
    assert "round=1" in browser.current_url, "letters in a field are letters"
    browser.find_element(By.TAG_NAME, "body").send_keys("n")
    waits(lambda b: "round=2" in b.current_url)
    browser.find_element(By.TAG_NAME, "body").send_keys("p")
    waits(lambda b: "round=1" in b.current_url)
    browser.find_element(By.TAG_NAME, "body").send_keys("u")
    waits(lambda b: "/run?" in b.current_url)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("class") == "skip"


def test_two_ticked_runs_are_compared(browser: Chrome, base: str, waits: Waits) -> None:
    browser.get(base)
    for name in ("made", "real"):
        browser.find_element(By.CSS_SELECTOR, f"input[type=checkbox][value={name}]").click()
    browser.find_element(By.XPATH, "//button[contains(., 'ticked')]").click()
    waits(heading("Compare"))
    said = text_of(browser)
    assert "Settings that differ" in said and "Accepted rows that only A has" in said
    browser.find_element(By.PARTIAL_LINK_TEXT, "only B").click()
    waits(url_contains("only=b"))


def test_a_live_run_updates_by_itself(browser: Chrome, waits: Waits, tmp_path: Path) -> None:
    maker = Maker(tmp_path / "runs" / "live")
    with (maker.path / ".lock").open("w") as lock, served(tmp_path / "runs") as address:
        fcntl.flock(lock, fcntl.LOCK_EX)
        browser.get(f"{address}/run?run=live")
        assert "running" in text_of(browser, ".status")
        assert len(rows_of(browser, "rounds")) == 1
        maker.round(1, ["Fresh text.", "Other."])
        waits(lambda b: len(rows_of(b, "rounds")) == 2)
        assert "0.600" in rows_of(browser, "rounds")[1]
        browser.get(f"{address}/round?run=live&round=1")
        browser.find_element(By.NAME, "q").send_keys("o")
        maker.round(2, ["More.", "Other."])
        maker.end()
        fcntl.flock(lock, fcntl.LOCK_UN)
        browser.get(address)
        waits(lambda b: "done" in text_of(b, ".status"))
    assert complaints(browser) == []


def test_what_a_model_wrote_never_runs(browser: Chrome, base: str, runs: Path) -> None:
    browser.get(f"{base}/calls?run=hostile&target=hard_generator")
    calls = [
        found.get_attribute("href")
        for found in browser.find_elements(By.CSS_SELECTOR, "[data-part=calls] tbody th a")
    ]
    assert len(calls) == 4
    pages = ["/round?run=hostile&round=1", "/data?run=hostile", "/row?run=hostile&row=r001-h001"]
    for address in [*(base + page for page in pages), *calls]:
        assert address is not None
        browser.get(address)
        assert "owned" not in browser.title
        assert not browser.find_elements(By.CSS_SELECTOR, "main img, main script, main [onload]")
        assert "\u202e" not in browser.page_source
    assert complaints(browser) == []
    long = [call for call in calls if call]
    browser.get(long[2])
    assert "more characters" in text_of(browser)
    whole = browser.find_element(By.LINK_TEXT, "the whole").get_attribute("href")
    assert whole is not None
    browser.get(whole)
    assert browser.execute_script("return document.contentType") == "text/plain"
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from evokd.cli import main; main()",
            "report",
            str(runs / "hostile"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    browser.get((runs / "hostile" / "report.html").as_uri())
    assert "evokd report" in browser.title
    assert complaints(browser) == [], "its own policy refuses nothing of its own"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_each_page_fits_the_screen(browser: Chrome, base: str, width: int, dark: bool) -> None:
    look(browser, width, dark)
    browser.get(f"{base}/calls?run=real&target=labeler")
    first = "[data-part={}] tbody th a"
    call = browser.find_element(By.CSS_SELECTOR, first.format("calls")).get_attribute("href")
    browser.get(f"{base}/data?run=real")
    row = browser.find_element(By.CSS_SELECTOR, first.format("rows")).get_attribute("href")
    pages = {
        "runs": "/", "run": "/run?run=real", "round": "/round?run=real&round=1",
        "seed": "/round?run=real&round=0", "row": row, "calls": "/calls?run=real", "call": call,
        "data": "/data?run=real", "compare": "/compare?run=real&run=made",
        "study": "/study?study=study", "hostile": "/round?run=hostile&round=2", "none": "/nothing",
    }  # fmt: skip
    for name, page in pages.items():
        assert page is not None
        browser.get(page if page.startswith("http") else base + page)
        fits(browser, name, width, dark)
        ink = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert (ink == "rgb(255, 255, 255)") is not dark
