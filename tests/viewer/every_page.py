"""Every page of the viewer over a folder of runs, by the routes of its app; and what axe says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from selenium.webdriver import Chrome

OF_A_RUN: Mapping[str, tuple[str, ...]] = {
    "/run": ("", "&measure=freight"),
    "/round": ("&round={round}", "&round=0", "&round={round}&q=a&verdict=reject"),
    "/row": ("&row={row}&list=data", "&row={rejected}"),
    "/calls": ("", "&q=a", "&status=failed"),
    "/call": ("&call={call}", "&call={last}&q=a"),
    "/text": ("&row={row}", "&call={call}&part=reply"),
    "/data": ("", "&q=a"),
    "/student": ("", "&round=1&q=a"),
    "/tokens": ("", "&round=1"),
    "/notes": ("",),
    "/review": ("",),
    "/compare/calls": ("&call={call}&call={last}",),
}
"""Path: what stands behind `?run=NAME`."""
OF_SEVERAL: Mapping[str, tuple[str, ...]] = {
    "/compare": ("", "&only=a", "&measure=calls"),
    "/compare/rounds": ("",),
    "/compare/answers": ("", "&who=neither"),
    "/compare/templates": ("",),
    "/compare/calls": ("&role=labeler",),
}
"""Path: what stands behind `?run=NAME&run=NAME`."""
OF_ALL: Mapping[str, tuple[str, ...]] = {
    "/": ("", "?q=nothing+like+it"),
    "/search": ("", "?q=a"),
    "/compare": ("",),
}
"""Path: what stands behind it."""
OF_A_STUDY: Mapping[str, tuple[str, ...]] = {"/study": ("",), "/search": ("&q=a",)}
"""Path: what stands behind `?study=NAME`."""
AXE = """
const done = arguments[0];
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, {runOnly: rules}).then((found) => done(found.violations.map((one) => [
  one.id, one.nodes.length, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary
])), (error) => done([String(error)]));
"""


def asked_of(run: Path) -> dict[str, str]:
    """A run's last round, a row that was taken and one that was not, its first and last call."""
    rows = _lines(run / "synthetic.jsonl")
    calls = _column(run / "ledger.sqlite", "SELECT id FROM calls ORDER BY seq")
    turned_down = _column(
        run / "events.sqlite",
        "SELECT row FROM events WHERE type = 'judged' AND body LIKE '%reject%' ORDER BY seq",
    )
    lines = _lines(run / "metrics.jsonl")
    return {
        "round": str(lines[-1]["round"] if lines else 0),
        "row": str(rows[-1]["row"] if rows else "train-1"),
        "rejected": turned_down[0] if turned_down else "train-1",
        "call": calls[0] if calls else "none",
        "last": calls[-1] if calls else "none",
    }


def pages_of_run(root: Path, name: str) -> Iterator[str]:
    """Addresses of all pages that show one run."""
    asked = {key: quote(value) for key, value in asked_of(root / name).items()}
    for path, rests in OF_A_RUN.items():
        for rest in rests:
            yield f"{path}?run={quote(name)}{rest.format_map(asked)}"


def pages_of_several(*names: str) -> Iterator[str]:
    """Addresses of all pages that hold runs against each other."""
    runs = "&".join(f"run={quote(name)}" for name in names)
    for path, rests in OF_SEVERAL.items():
        for rest in rests:
            yield f"{path}?{runs}{rest}"


def pages_of_all(*studies: str) -> Iterator[str]:
    """Addresses of pages that show the folder, and of its studies."""
    for path, rests in OF_ALL.items():
        for rest in rests:
            yield path + rest
    for study in studies:
        for path, rests in OF_A_STUDY.items():
            for rest in rests:
                yield f"{path}?study={quote(study)}{rest}"
    yield "/nothing"


def violations(browser: Chrome, axe: Path) -> list[list[object]]:
    """What axe has to say against the open page: rule, how many elements, the first, why."""
    # by the debugger, for the page's own policy lets no such script in
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": axe.read_text(encoding="utf-8")})
    found: list[list[object]] = browser.execute_async_script(AXE)
    return found


def _lines(file: Path) -> list[dict[str, object]]:
    if not file.is_file():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _column(file: Path, query: str) -> list[str]:
    if not file.is_file():
        return []
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as db:
        return [str(row[0]) for row in db.execute(query)]
