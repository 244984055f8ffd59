"""/compare: two to eight runs side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from evokd.runs.cache import FileCache
from evokd.runs.comparison import LETTERS, Comparison, Side, compare
from evokd.runs.dataset import SyntheticRow, read_dataset
from evokd.runs.difference import Setting, only, settings
from evokd.runs.files import Unreadable
from evokd.runs.run import Run
from evokd.runs.scores import metric_name
from evokd.runs.totals import EdgeTotals
from evokd.viewer.chart import ChartLine, chart
from evokd.viewer.compared import Compared, SideLine, compared, side_by_side
from evokd.viewer.query import Query, address
from evokd.viewer.site import Site, answer
from evokd.viewer.table import Column, Table, sorted_page
from evokd.viewer.views.run import curve_of

MEASURES = ("billed", "useful", "freight", "calls")
"""What the table of edges counts."""
MOST_POINTS = 100
"""Rounds of the table of points; the page of a run has all of its own."""
ROWS = (
    Column("row", "row"),
    Column("round", "round", number=True, wide=True),
    Column("kind", "kind", wide=True),
    Column("label", "label"),
    Column("text", "text"),
)
AT_ONCE = 5_000_000
"""Bytes of two runs' rows that are read without being asked for; more take a second."""
_KEPT = FileCache(8)


@dataclass(frozen=True)
class EdgeLine:
    """An edge in each run."""

    name: str
    numbers: tuple[int, ...]


def view(site: Site, query: Query) -> Response:
    """The page; with fewer than two runs named, a form to choose them."""
    found = compared(site, query)
    values = {"query": query, "names": site.named(), "found": found, "sides": None}
    if len(found.runs) < 2:
        return answer("compare.html.j2", values)
    sides = [_side(site, letter, run) for letter, run in found.lettered]
    comparison = compare(sides)
    measure = query.one_of("measure", MEASURES, "billed")
    which = query.one_of("only", ("a", "b"), "a")
    asked = bool(query.get("only")) or _small(*found.two)
    rows, notes = _only(*found.two) if asked else ({"a": [], "b": []}, [])
    mine = found.pair[("a", "b").index(which)]
    values |= {
        "sides": sides,
        "beside": _beside(found, comparison),
        "ways": [address("/run", [("run", run.name)]) for run in found.runs],
        "by_round": _by_round(sides),
        "settings": _settings("Settings that differ", found, comparison.settings),
        "every": _settings("All settings", found, _all_settings(found)),
        "measure": measure,
        "measures": [(one, query.to({"measure": one}) + "#tokens") for one in MEASURES],
        "edges": _edges(comparison, measure),
        "curves": _curves(found, sides),
        "which": which,
        "letters": dict(zip(("a", "b"), found.letters, strict=True)),
        "mine": sides[LETTERS.index(mine)].run,
        "asked": asked,
        "counts": {side: len(some) for side, some in rows.items()},
        "table": sorted_page(
            f"Accepted rows that only {mine} has", ROWS, rows[which], query,
            default="", value=getattr,
        ),
        "notes": notes,
    }  # fmt: skip
    return answer("compare.html.j2", values)


def _side(site: Site, letter: str, run: Run) -> Side:
    rounds, notes = site.rounds(run)
    return Side(letter, run, rounds, site.books(run), [*run.notes, *notes])


def _beside(found: Compared, comparison: Comparison) -> Table:
    """Scores and sums, a column a run."""
    sides = comparison.sides
    books = [side.books for side in sides]

    def line(name: str, kind: str, values: Iterable[Any]) -> SideLine:
        return SideLine(name, kind, tuple(values))

    lines = [
        line("status", "status", (side.run.status for side in sides)),
        line("method", "words", (side.run.method for side in sides)),
        *_scores(comparison),
        line("rounds", "count", (side.last.number if side.last else None for side in sides)),
        line("tokens billed", "count", (one and one.tokens("billed") for one in books)),
        line("tokens useful", "count", (one and one.tokens("useful") for one in books)),
        line("calls", "count", (one and one.calls for one in books)),
        line("cost in USD", "dollars", (one and one.usd for one in books)),
        line("time", "span", (side.run.seconds for side in sides)),
    ]
    return side_by_side("Side by side; in brackets the round", found.names, lines)


def _scores(found: Comparison) -> list[SideLine]:
    """Before the first round, after the last, and the highest of any, by split and score."""
    lines = []
    for split in sorted(found.splits, reverse=True):  # test before dev
        for name in found.score_names:
            what = f"{split} {metric_name(name)}"
            best = tuple(side.best(split, name) for side in found.sides)
            lines += [
                _score(f"{what}, first", _cells(found, split, name, last=False)),
                _score(f"{what}, last", _cells(found, split, name, last=True)),
                _score(f"{what}, best in hindsight", best),
            ]
    return [line for line in lines if any(value is not None for value in line.values)]


def _score(name: str, cells: tuple[tuple[float, int] | None, ...]) -> SideLine:
    """Scores, each with the round it is of."""
    values = tuple(cell and cell[0] for cell in cells)
    return SideLine(name, "ratio", values, tuple(f"({cell[1]})" if cell else "" for cell in cells))


def _cells(
    found: Comparison, split: str, name: str, *, last: bool
) -> tuple[tuple[float, int] | None, ...]:
    cells: list[tuple[float, int] | None] = []
    for side in found.sides:
        closed = [one for one in side.rounds if one.closed]
        score = side.score(split, name, last=last)
        cells.append(None if score is None else (score, closed[-1 if last else 0].number))
    return tuple(cells)


def _by_round(sides: Sequence[Side]) -> Table:
    """The points of the curves as numbers."""
    columns = [Column("round", "round", number=True, sorts=False)]
    for side in sides:
        metric, letter = metric_name(side.run.score_names[0]), side.letter
        score = Column(f"{letter}_score", f"{letter} test {metric}", number=True, sorts=False)
        columns += [score, Column(f"{letter}_billed", f"{letter} billed", number=True, sorts=False)]
    by_side = {side.letter: {one.number: one for one in side.rounds if one.closed}
               for side in sides}  # fmt: skip
    numbers = sorted({number for one in by_side.values() for number in one})[-MOST_POINTS:]
    rows: list[dict[str, Any]] = []
    for number in numbers:
        row: dict[str, Any] = {"round": number}
        for side in sides:
            one = by_side[side.letter].get(number)
            row[f"{side.letter}_score"] = one and one.score("test", side.run.score_names[0])
            row[f"{side.letter}_billed"] = one and one.billed
        rows.append(row)
    caption = f"Test scores and billed tokens by round, the last {MOST_POINTS} at most"
    return Table(caption, tuple(columns), rows, len(rows))


def _all_settings(found: Compared) -> list[Setting]:
    return settings(*(run.config for run in found.runs), every=True)


def _settings(caption: str, found: Compared, rows: Sequence[Setting]) -> Table:
    columns = [Column(letter, letter, sorts=False) for letter, _ in found.lettered]
    head = Column("name", "setting", sorts=False)
    return Table(caption, (head, *columns), rows, len(rows), value=_setting)


def _setting(one: Setting, key: str) -> str:
    return one.name if key == "name" else one.values[LETTERS.index(key)]


def _edges(found: Comparison, measure: str) -> Table:
    """One measure at a time: eight runs with four of them would be 32 columns.

    Edges without any of it are left out.
    """
    letters = [side.letter for side in found.sides]
    lines = [
        EdgeLine(edge.name, tuple(_number(one, measure) for one in edge.sides))
        for edge in found.edges
    ]
    lines = [line for line in lines if any(line.numbers)]
    sums = EdgeLine("all", tuple(map(sum, zip(*(line.numbers for line in lines), strict=True))))
    columns = [Column(letter, letter, number=True, sorts=False) for letter in letters]
    if len(letters) == 2:
        columns.append(Column("difference", "B − A", number=True, sorts=False))
    head = Column("name", "edge", sorts=False)
    what = "Calls" if measure == "calls" else f"Tokens ({measure})"
    rows = [*lines, sums] if lines else []
    return Table(f"{what} by edge", (head, *columns), rows, len(rows), value=_tokens)


def _tokens(one: EdgeLine, key: str) -> Any:
    if key == "difference":
        return one.numbers[1] - one.numbers[0]
    return one.name if key == "name" else one.numbers[LETTERS.index(key)]


def _number(edge: EdgeTotals, measure: str) -> int:
    numbers = {"calls": edge.calls, "useful": edge.useful, "freight": edge.freight}
    return numbers.get(measure, edge.billed)


def _curves(found: Compared, sides: Sequence[Side]) -> Any:
    names = dict.fromkeys(metric_name(side.run.score_names[0]) for side in sides)
    title = f"Test {' and '.join(names)} against tokens"
    lines = [
        ChartLine(name, curve_of(side.rounds, "test", side.run.score_names[0]))
        for name, side in zip(found.names, sides, strict=True)
    ]
    return chart(title, "billed tokens", lines)


def _small(*runs: Run) -> bool:
    files = (run.path / "synthetic.jsonl" for run in runs)
    return sum(file.stat().st_size for file in files if file.is_file()) <= AT_ONCE


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
