"""A person's verdicts with the keys of a real browser, over a real run that waits."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from typer.testing import CliRunner

from evokd.cli.commands import app
from evokd.runs.review import read_review
from evokd.store.run_dir import RunDir
from tests.cli.tiny_run import lay_out
from tests.viewer.chromium import chromium, complaints, find

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_keys_write_verdicts_and_the_run_goes_on(tmp_path: Path) -> None:
    find()
    runs, human = tmp_path / "runs", "loop.human={rows: 3}"
    config = lay_out(tmp_path)
    begun = CliRunner().invoke(
        app, ["run", str(config), "--out", str(runs / "one"), "--set", human]
    )
    assert begun.exit_code == 0, begun.output
    code = "from evokd.cli import main; main()"
    command = [sys.executable, "-c", code, "view", str(runs), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            address = re.search(r"http://\S+", server.stdout.readline())
            assert address is not None
            with chromium() as browser:
                browser.get(address[0])
                # the page with the token goes on to the one without
                WebDriverWait(browser, 60).until(lambda b: "token" not in b.current_url)
                browser.get(f"{address[0].partition('/?')[0]}/review?run=one")
                for key, left in (("a", 2), ("2", 1), ("r", 0)):
                    press(browser, key)
                    wait_for(browser, f"{left} open" if left else "All rows")
                assert complaints(browser) == []
        finally:
            server.terminate()
    actions = [one.action for one in read_review(runs / "one").decisions.values()]
    assert actions[0] == "accept" and actions[2] == "reject"
    gone_on = CliRunner().invoke(app, ["resume", str(runs / "one")])
    assert gone_on.exit_code == 0 and RunDir(runs / "one").run()["waiting"]["round"] == 2


def press(browser: Chrome, key: str) -> None:
    browser.find_element(By.TAG_NAME, "body").send_keys(key)


def wait_for(browser: Chrome, said: str) -> None:
    """Until the page's first line says it; a page that is going away may say nothing."""
    gone = (StaleElementReferenceException, NoSuchElementException)
    wait = WebDriverWait(browser, 60, ignored_exceptions=gone)
    wait.until(lambda b: said in b.find_element(By.CSS_SELECTOR, ".lead").text)
