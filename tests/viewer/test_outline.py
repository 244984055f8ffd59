"""What a screen reader goes by, on every page: headings in order, parts with names of their own."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evokd.viewer.report import report
from tests.runs.made_student import make_student_run
from tests.viewer.compared_runs import make_two
from tests.viewer.conftest import Browse
from tests.viewer.every_page import pages_of_all, pages_of_run, pages_of_several
from tests.viewer.failing_run import make_failing
from tests.viewer.test_tokens import time_calls


class Outline(HTMLParser):
    """A page's headings, and the names of its regions."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.regions: list[str] = []
        self.said: dict[str, str] = {}
        self._heading: str | None = None
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in ("h1", "h2", "h3", "h4"):
            self.levels.append(int(tag[1]))
            self._heading = found.get("id") or ""
            self.said[self._heading] = ""
        if tag == "section" or found.get("role") == "region":
            name = found.get("aria-label") or f"#{found.get('aria-labelledby') or ''}"
            self.regions.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h1", "h2", "h3", "h4"):
            self._heading = None

    def handle_data(self, data: str) -> None:
        if self._heading is not None:
            self.said[self._heading] += data

    @property
    def twice(self) -> list[str]:
        """Names that two regions have; sections without a name are none."""
        named = [
            self.said.get(name[1:], name).strip() if name[:1] == "#" else name
            for name in self.regions
            if name != "#"
        ]
        return [name for name, many in Counter(named).items() if many > 1]


@pytest.mark.parametrize("name", ["learnt", "failing", ""])
def test_headings_and_regions(name: str, tmp_path: Path, browse: Browse) -> None:
    root = tmp_path / "runs"
    if name == "learnt":
        time_calls(make_student_run(root / name).path)
    elif name == "failing":
        make_failing(root / name)
    else:
        make_two(root)
    client = browse(root)
    pages = pages_of_run(root, name) if name else [*pages_of_all(), *pages_of_several("one", "two")]
    for page in pages:
        answer = client.get(page)
        if answer.headers["content-type"].startswith("text/html"):
            in_order(page, answer.text)
    if name:
        in_order("report", report(root / name))


def in_order(page: str, source: str) -> None:
    """No heading skips a level, no name is given twice."""
    found = Outline(source)
    steps = zip([0, *found.levels], found.levels, strict=False)
    assert all(after <= before + 1 for before, after in steps), (page, found.levels)
    assert not found.twice, page
