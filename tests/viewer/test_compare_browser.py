"""Comparing in a real browser: ticked, shown, stepped through with keys, on every screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import url_contains

from tests.runs.made_run import Made, make_run
from tests.viewer.chromium import Waits, complaints, find, fits, look
from tests.viewer.compared_runs import make_two, say
from tests.viewer.serving import served
from tests.viewer.test_browser import heading, rows_of, text_of
from tests.viewer.test_web import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Made]:
    find()
    root = tmp_path_factory.mktemp("compared") / "runs"
    made = make_two(root)
    say(made[0], made[0].calls[5], HOSTILE, f"{HOSTILE} It cracked.")
    study = root / "study"
    study.mkdir()
    (study / "study.yaml").write_text("name: study")
    lines = (
        f'{{"cell": "c{n}", "run": "runs/c{n}", "method": "evokd", "seed": {n}}}\n'
        for n in range(3)
    )
    (study / "cells.jsonl").write_text("".join(lines))
    for number in range(3):
        make_run(study / "runs" / f"c{number}", name=f"grid-seed{number}")
    return made


@pytest.fixture(scope="module")
def base(two: tuple[Made, Made]) -> Iterator[str]:
    with served(two[0].path.parent) as address:
        yield address


def test_from_the_ticks_to_the_prompts(browser: Chrome, base: str, waits: Waits) -> None:
    look(browser, 1280, dark=False)
    browser.get(base)
    for name in ("one", "two", "study/runs/c0"):
        browser.find_element(By.CSS_SELECTOR, f"input[type=checkbox][value='{name}']").click()
    browser.find_element(By.XPATH, "//button[contains(., 'ticked')]").click()
    waits(heading("Compare"))
    assert len(browser.find_elements(By.CSS_SELECTOR, "figure .curve")) == 6, "curves and legend"
    assert browser.find_elements(By.XPATH, "//details[not(@open)]/summary[contains(., 'settings')]")
    browser.find_element(By.LINK_TEXT, "calls").click()
    waits(url_contains("measure=calls"))
    browser.execute_script("scrollTo(0, 0)")  # the link led to the table, under the page's head
    browser.find_element(By.LINK_TEXT, "prompts").click()
    waits(heading("Prompts of two runs"))
    browser.find_element(By.CSS_SELECTOR, "select[name=pair] option[value=AC]").click()
    browser.find_element(By.XPATH, "//button[text()='Show']").click()
    waits(url_contains("pair=AC"))
    browser.find_element(By.PARTIAL_LINK_TEXT, "first calls").click()
    waits(heading("Two calls, word by word"))
    assert "in evokd seed 0" in text_of(browser), "the other run of the comparison"
    gone, come = (browser.find_element(By.CSS_SELECTOR, f".diff {tag}") for tag in ("del", "ins"))
    assert (gone.text, come.text.strip()) == ("cracked", "old")
    lines = [one.value_of_css_property("text-decoration-line") for one in (gone, come)]
    assert lines == ["line-through", "underline"], "more than colour tells them apart"
    browser.find_element(By.PARTIAL_LINK_TEXT, "B: next of its role").click()
    waits(lambda b: "write a review" in text_of(b))
    browser.find_element(By.PARTIAL_LINK_TEXT, "in evokd seed 0").click()
    waits(lambda b: "the same place of round 1" in text_of(b))
    browser.find_element(By.CSS_SELECTOR, "thead a").click()
    waits(lambda b: "compare with:" in text_of(b))
    browser.find_element(By.LINK_TEXT, "the same in two").click()
    waits(heading("Two calls, word by word"))
    assert complaints(browser) == []


def test_cells_of_a_study(browser: Chrome, base: str, waits: Waits) -> None:
    browser.get(f"{base}/study?study=study")
    for tick in browser.find_elements(By.CSS_SELECTOR, "[data-part=cells] input[type=checkbox]"):
        tick.click()
    browser.find_element(By.XPATH, "//button[contains(., 'ticked')]").click()
    waits(heading("Compare"))
    heads = [one.text for one in browser.find_elements(By.CSS_SELECTOR, "thead th a")]
    assert heads[:3] == ["A: seed 0", "B: seed 1", "C: seed 2"]


def test_rounds_are_stepped_through_with_keys(browser: Chrome, base: str, waits: Waits) -> None:
    browser.get(f"{base}/round?run=two&round=2")
    browser.find_element(By.LINK_TEXT, "compare with round 1").click()
    waits(heading("Two rounds"))
    assert "A kettle." in text_of(browser)
    browser.find_element(By.TAG_NAME, "body").send_keys("n")
    waits(lambda b: "Loud." in text_of(b))
    browser.find_element(By.PARTIAL_LINK_TEXT, "rejected").click()
    waits(url_contains("fate=rejected"))
    waits(lambda b: "Loud." not in text_of(b) and "Dim." in text_of(b))
    browser.find_element(By.TAG_NAME, "body").send_keys("p")
    waits(lambda b: "Lid." in text_of(b))
    assert complaints(browser) == []


def test_test_rows_by_answer(browser: Chrome, base: str, waits: Waits) -> None:
    browser.get(f"{base}/compare/answers?run=one&run=two&who=neither")
    assert len(rows_of(browser, "rows")) == 1
    browser.find_element(By.CSS_SELECTOR, "select[name=label] option[value=positive]").click()
    waits(lambda b: not rows_of(b, "rows"))
    waits(url_contains("label=positive"))
    browser.get(f"{base}/compare/answers?run=one&run=two&who=a")
    assert "⟨RLO⟩" in text_of(browser) and "owned" not in browser.title
    assert not browser.find_elements(By.CSS_SELECTOR, "main img, main script, main [onload]")
    assert complaints(browser) == []


def test_hostile_prompts_do_nothing(browser: Chrome, base: str, two: tuple[Made, Made]) -> None:
    one = two[0]
    browser.get(f"{base}/compare/calls?run=one&call={one.calls[0]}&call={one.calls[5]}")
    assert "⟨RLO⟩gnp.exe" in text_of(browser) and "owned" not in browser.title
    assert not browser.find_elements(By.CSS_SELECTOR, "main img, main script, main [onload]")
    assert complaints(browser) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_each_page_fits_the_screen(
    browser: Chrome, base: str, two: tuple[Made, Made], width: int, dark: bool
) -> None:
    look(browser, width, dark)
    runs = "run=one&run=two"
    many = "&".join([runs, *(f"run=study/runs/c{n}" for n in range(3)), *["run=one"] * 3])
    calls = f"call={two[0].calls[0]}&call={two[1].calls[0]}"
    pages = {
        "compare": f"/compare?{runs}",
        "compare-many": f"/compare?{many}",
        "compare-one": "/compare?run=one",
        "compare-rounds": f"/compare/rounds?{runs}",
        "compare-calls": f"/compare/calls?{runs}&{calls}&among=one&among=two",
        "compare-templates": f"/compare/templates?{runs}",
        "compare-answers": f"/compare/answers?{runs}",
        "compare-answers-many": f"/compare/answers?{runs}&run=one",
    }
    for name, page in pages.items():
        browser.get(base + page)
        fits(browser, name, width, dark)
    assert complaints(browser) == []
