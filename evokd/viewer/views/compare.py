"""/compare: two runs side by side."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from evokd.viewer.asked import Asked
from evokd.viewer.books import Books
from evokd.viewer.chart import Curve, chart
from evokd.viewer.dataset import Row, read_dataset
from evokd.viewer.difference import edges, only, settings
from evokd.viewer.files import Unreadable
from evokd.viewer.memory import Memory
from evokd.viewer.run import Run
from evokd.viewer.sheet import Column, Sheet, sheet
from evokd.viewer.site import Site, answer
from evokd.viewer.views.run import curve_of, last_scored

SETTINGS = (Column("name", "setting"), Column("left", "A"), Column("right", "B"))
EDGES = (
    Column("name", "edge"),
    Column("a_calls", "A calls", number=True),
    Column("b_calls", "B calls", number=True),
    Column("a_billed", "A billed", number=True),
    Column("b_billed", "B billed", number=True),
    Column("a_useful", "A useful", number=True),
    Column("b_useful", "B useful", number=True),
    Column("a_freight", "A freight", number=True),
    Column("b_freight", "B freight", number=True),
)
ROWS = (
    Column("row", "row"),
    Column("round", "round", number=True),
    Column("kind", "kind"),
    Column("label", "label"),
    Column("text", "text"),
)
_KEPT = Memory(8)


def view(site: Site, asked: Asked) -> Response:
    """The page; with fewer than two runs named, a form to choose them."""
    named = asked.all("run")[:2]
    names = sorted(site.shelf.look().runs)
    if len(named) < 2:
        values = {"asked": asked, "names": names, "chosen": named, "sides": None}
        return answer("compare.html.j2", values)
    left, right = (site.run(name) for name in named)
    sides = [_side(site, letter, run) for letter, run in (("A", left), ("B", right))]
    which = asked.one_of("only", ("a", "b"), "a")
    rows, notes = _only(left, right)
    settings_found = settings(left.config, right.config)
    pairs = edges(site.books(left) or Books(), site.books(right) or Books())
    return answer(
        "compare.html.j2",
        {
            "asked": asked,
            "names": names,
            "chosen": named,
            "sides": sides,
            "settings": Sheet(
                "Settings that differ", SETTINGS, settings_found, len(settings_found)
            ),
            "edges": Sheet("Tokens by edge", EDGES, pairs, len(pairs)),
            "curves": _curves(sides),
            "which": which,
            "counts": {side: len(found) for side, found in rows.items()},
            "sheet": sheet(
                f"Accepted rows that only {which.upper()} has",
                ROWS,
                rows[which],
                asked,
                default="",
                value=getattr,
            ),
            "notes": notes,
        },
    )


def _side(site: Site, letter: str, run: Run) -> dict[str, Any]:
    rounds, notes = site.rounds(run)
    return {
        "letter": letter,
        "run": run,
        "books": site.books(run),
        "last": last_scored(rounds),
        "curve": Curve(f"{letter}: {run.name}", curve_of(rounds, "test")),
        "notes": [*run.notes, *notes],
    }


def _curves(sides: list[dict[str, Any]]) -> Any:
    return chart("Test macro-F1 against tokens", "billed tokens", [side["curve"] for side in sides])


def _only(left: Run, right: Run) -> tuple[dict[str, list[Row]], list[str]]:
    def make() -> tuple[dict[str, list[Row]], list[str]]:
        found, notes = {}, []
        for key, run in (("a", left), ("b", right)):
            try:
                found[key] = read_dataset(run)[0]
            except Unreadable as problem:
                found[key] = []
                notes.append(f"{run.name}: {problem}")
        return {"a": only(found["a"], found["b"]), "b": only(found["b"], found["a"])}, notes

    files = [run.path / "synthetic.jsonl" for run in (left, right)]
    return _KEPT.get((left.path, right.path), files, make)
