"""Every page of the viewer in a real browser, by the routes of its app: it fits the screen; axe.

`EVOKD_AXE=FILE pytest tests/viewer/test_every_page_browser.py` asks axe as well; FILE is the
`axe.min.js` of the npm package axe-core (4.14.1 found nothing on 2026-11-28).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from typer.testing import CliRunner

from evokd.cli.commands import app
from evokd.store.notes import Note, append_note
from evokd.studies.report.report import write_report as write_study
from evokd.viewer.app import PENNED, VIEWS
from evokd.viewer.report import write_report
from tests.cli.tiny_run import lay_out
from tests.runs.made_student import make_student_run
from tests.studies.made_up import strategy
from tests.viewer.chromium import SHOTS, find, fits, look, waiting
from tests.viewer.compared_runs import make_two
from tests.viewer.every_page import (
    OF_A_RUN,
    OF_A_STUDY,
    OF_ALL,
    OF_SEVERAL,
    pages_of_all,
    pages_of_run,
    pages_of_several,
    violations,
)
from tests.viewer.failing_run import make_failing, make_young
from tests.viewer.serving import served_to_write
from tests.viewer.test_tokens import time_calls
from tests.viewer.test_web import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
AXE = os.environ.get("EVOKD_AXE")
OPEN = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
TEXTS = """
return [...document.querySelectorAll("table.texts, table.calls")]
  .filter((one) => one.offsetParent)
  .map((one) => one.querySelector("tbody td.text"))
  .filter(Boolean).map((one) => one.getBoundingClientRect().left)
"""
"""Where the first text of each table begins."""
LOOKS = [(width, dark) for width in (1280, 390) for dark in (False, True)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs that learnt, failed, began, wait for a person; hostile texts, notes and a study."""
    find()
    folder = tmp_path_factory.mktemp("every") / "runs"
    make_two(folder)
    texts = [["Great phone.", HOSTILE], ["Lovely lid.", "B"]]
    learnt = make_student_run(folder / "learnt", texts=texts)
    time_calls(learnt.path)
    append_note(learnt.path, Note("row", "r001-h001", "fail", HOSTILE))
    make_failing(folder / "failing")
    make_young(folder / "young")
    config = lay_out(tmp_path_factory.mktemp("tiny"))
    said = ["--out", str(folder / "waiting"), "--set", "loop.human={rows: 3}"]
    begun = CliRunner().invoke(app, ["run", str(config), *said])
    assert begun.exit_code == 0, begun.output
    study = strategy(folder / "study", seeds=2)
    study.write()
    write_study(folder / "study")
    write_report(learnt.path, learnt.path / "report.html")
    return folder


@pytest.fixture(scope="module")
def pages(runs: Path, browser: Chrome) -> Iterator[dict[str, str]]:
    """Name of a page → address, for a browser with the token."""
    with served_to_write(runs) as (address, with_token):
        browser.get(with_token)
        waiting(browser)(lambda b: "token" not in b.current_url)
        below = [
            *pages_of_all("study"),
            *pages_of_several("one", "two"),
            *pages_of_several("one", "two", "learnt"),
            *(page for name in ("learnt", "failing", "waiting", "young")
              for page in pages_of_run(runs, name)),
        ]  # fmt: skip
        files = (runs / "learnt" / "report.html", runs / "study" / "study.html")
        yield {one: address + one for one in below} | {one.name: one.as_uri() for one in files}


def test_no_route_is_forgotten() -> None:
    known = OF_A_RUN.keys() | OF_SEVERAL.keys() | OF_ALL.keys() | OF_A_STUDY.keys()
    assert known == VIEWS.keys() | PENNED.keys()


def is_page(browser: Chrome) -> bool:
    """Whether the browser shows a page, and not a message whole, which is plain text."""
    return bool(browser.execute_script("return document.contentType === 'text/html'"))


def test_each_page_fits_the_screen(browser: Chrome, pages: dict[str, str]) -> None:
    for number, (name, page) in enumerate(pages.items()):
        browser.get(page)
        for width, dark in () if not is_page(browser) else LOOKS if SHOTS else LOOKS[::2]:
            look(browser, width, dark)
            fits(browser, f"every-{number:03}" if SHOTS else name, width, dark)
            starts = browser.execute_script(TEXTS)
            assert max(starts, default=0) < 0.7 * width, f"{name}: texts begin off the screen"


@pytest.mark.skipif(AXE is None, reason="EVOKD_AXE names no axe.min.js (npm's axe-core)")
def test_axe_finds_nothing(browser: Chrome, pages: dict[str, str]) -> None:
    assert AXE is not None
    browser.set_script_timeout(120)
    found = {}
    for name, page in pages.items():
        browser.get(page)
        if not is_page(browser):
            continue
        browser.execute_script(OPEN)
        for width, dark in LOOKS:
            look(browser, width, dark)
            if wrong := violations(browser, Path(AXE)):
                found[name, width, dark] = wrong
    assert not found
