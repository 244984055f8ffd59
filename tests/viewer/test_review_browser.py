"""A person's verdicts with the keys of a real browser, over a real run that waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from typer.testing import CliRunner

from evokd.cli.commands import app
from evokd.runs.review import read_review
from evokd.store.run_dir import RunDir
from tests.cli.tiny_run import lay_out
from tests.viewer.chromium import chromium, complaints, find, waiting
from tests.viewer.serving import served_to_write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_keys_write_verdicts_and_the_run_goes_on(tmp_path: Path) -> None:
    find()
    runs, human = tmp_path / "runs", "loop.human={rows: 3}"
    config = lay_out(tmp_path)
    begun = CliRunner().invoke(
        app, ["run", str(config), "--out", str(runs / "one"), "--set", human]
    )
    assert begun.exit_code == 0, begun.output
    with served_to_write(runs) as (address, with_token), chromium() as browser:
        browser.get(with_token)
        waits = waiting(browser)
        # the page with the token goes on to the one without
        waits(lambda b: "token" not in b.current_url)
        browser.get(f"{address}/review?run=one")
        for key, left in (("a", 2), ("2", 1), ("r", 0)):
            press(browser, key)
            waits(says(f"{left} open" if left else "All rows"))
        assert complaints(browser) == []
    actions = [one.action for one in read_review(runs / "one").decisions.values()]
    assert actions[0] == "accept" and actions[2] == "reject"
    gone_on = CliRunner().invoke(app, ["resume", str(runs / "one")])
    assert gone_on.exit_code == 0 and RunDir(runs / "one").run()["waiting"]["round"] == 2


def press(browser: Chrome, key: str) -> None:
    browser.find_element(By.TAG_NAME, "body").send_keys(key)


def says(words: str) -> Callable[[Chrome], bool]:
    """That the page's first line says it."""
    return lambda browser: words in browser.find_element(By.CSS_SELECTOR, ".lead").text
