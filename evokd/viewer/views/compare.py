"""/compare: two runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from evokd.runs.cache import FileCache
from evokd.runs.comparison import Side, compare
from evokd.runs.dataset import SyntheticRow, read_dataset
from evokd.runs.difference import Setting, SharedEdge, only
from evokd.runs.files import Unreadable
from evokd.runs.run import Run
from evokd.runs.scores import metric_name
from evokd.viewer.chart import ChartLine, chart
from evokd.viewer.query import Query
from evokd.viewer.site import Site, answer
from evokd.viewer.table import Column, Table, sorted_page
from evokd.viewer.views.run import curve_of

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
_KEPT = FileCache(8)


def view(site: Site, query: Query) -> Response:
    """The page; with fewer than two runs named, a form to choose them."""
    named = query.all("run")[:2]
    names = sorted(site.run_index.look().runs)
    if len(named) < 2:
        values = {"query": query, "names": names, "chosen": named, "sides": None}
        return answer("compare.html.j2", values)
    left, right = (site.run(name) for name in named)
    sides = [_side(site, letter, run) for letter, run in (("A", left), ("B", right))]
    which = query.one_of("only", ("a", "b"), "a")
    rows, notes = _only(left, right)
    found = compare(sides)
    return answer(
        "compare.html.j2",
        {
            "query": query,
            "names": names,
            "chosen": named,
            "sides": sides,
            "settings": Table(
                "Settings that differ",
                SETTINGS,
                found.settings,
                len(found.settings),
                value=_setting,
            ),
            "edges": Table("Tokens by edge", EDGES, found.edges, len(found.edges), value=_tokens),
            "scores": found.score_names,
            "curves": _curves(sides),
            "which": which,
            "counts": {side: len(found) for side, found in rows.items()},
            "table": sorted_page(
                f"Accepted rows that only {which.upper()} has",
                ROWS,
                rows[which],
                query,
                default="",
                value=getattr,
            ),
            "notes": notes,
        },
    )


def _setting(one: Setting, key: str) -> str:
    return one.name if key == "name" else one.values[key == "right"]


def _tokens(one: SharedEdge, key: str) -> Any:
    side, _, what = key.partition("_")
    return getattr(one.sides[side == "b"], what) if what else one.name


def _side(site: Site, letter: str, run: Run) -> Side:
    rounds, notes = site.rounds(run)
    return Side(letter, run, rounds, site.books(run), [*run.notes, *notes])


def _curves(sides: Sequence[Side]) -> Any:
    names = dict.fromkeys(metric_name(side.run.score_names[0]) for side in sides)
    title = f"Test {' and '.join(names)} against tokens"
    lines = [
        ChartLine(
            f"{side.letter}: {side.run.name}",
            curve_of(side.rounds, "test", side.run.score_names[0]),
        )
        for side in sides
    ]
    return chart(title, "billed tokens", lines)


def _only(left: Run, right: Run) -> tuple[dict[str, list[SyntheticRow]], list[str]]:
    def make() -> tuple[dict[str, list[SyntheticRow]], list[str]]:
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
