"""/data: the synthetic set with search, class balance and diversity by round, and the map."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.responses import Response

from evokd.runs.cache import FileCache
from evokd.runs.classes import classes_of
from evokd.runs.dataset import (
    Diversity,
    SyntheticRow,
    balance,
    diversity,
    read_dataset,
    search,
)
from evokd.runs.files import Unreadable
from evokd.runs.map import read_map
from evokd.runs.notes import WANTED, read_notes
from evokd.runs.run import Run
from evokd.viewer.bars import bars
from evokd.viewer.chart import ChartLine, chart
from evokd.viewer.query import Query
from evokd.viewer.representation import read_standing
from evokd.viewer.scatter import scatter
from evokd.viewer.site import Site, answer
from evokd.viewer.table import Column, Table, ordered, sorted_page

ROWS = (
    Column("row", "row"),
    Column("round", "round", number=True, wide=True),
    Column("kind", "kind", wide=True),
    Column("label", "label"),
    Column("intended", "meant as", wide=True),
    Column("text", "text"),
    Column("probability", "probability", number=True),
    Column("agreement", "agreement", number=True),
)
DIVERSITY = (
    Column("round", "round", number=True),
    Column("rows", "rows", number=True),
    Column("words", "words a text", number=True),
    Column("distinct_1", "distinct-1", number=True),
    Column("distinct_2", "distinct-2", number=True),
    Column("fresh", "new words", number=True),
)
MORE = (Column("call", "call"),)
_KEPT = FileCache(16)


def view(site: Site, query: Query) -> Response:
    """The page."""
    run = site.run(query.get("run"))
    notes = list(run.notes)
    try:
        rows, remark = read_dataset(run)
        notes += [remark] if remark else []
    except Unreadable as problem:
        rows = []
        notes.append(str(problem))
    kept = _kept(run, rows, query)
    values = pictures(run)
    values |= {
        "query": query,
        "run": run,
        "notes": notes,
        "table": sorted_page(
            "Accepted rows", ROWS, kept, query, default="", value=getattr, more=MORE
        ),
        "all": len(rows),
        "map": map_of(run, query),
        "standing": read_standing(run),
        "labels": sorted({row.label for row in rows}),
        "kinds": sorted({row.kind for row in rows}),
        "noted": WANTED,
        "stamp": site.stamp(run),
    }
    return answer("data.html.j2", values)


def listed_rows(run: Run, query: Query) -> list[str]:
    """Ids of the rows that an address asks for, in its order."""
    try:
        rows, _ = read_dataset(run)
    except Unreadable:
        return []
    return [row.row for row in ordered(_kept(run, rows, query), ROWS, query, "", getattr)[0]]


def _kept(run: Run, rows: list[SyntheticRow], query: Query) -> list[SyntheticRow]:
    found = search(
        rows,
        words=query.get("q"),
        label=query.get("label"),
        kind=query.get("kind"),
        where=query.get("round"),
    )
    noted = query.one_of("note", WANTED, "")
    if not noted:
        return found
    notes = read_notes(run.path)
    return [row for row in found if notes.fits("row", row.row, noted)]


def pictures(run: Run) -> dict[str, Any]:
    """Class balance and diversity, for the page and the report."""

    def make() -> dict[str, Any]:
        try:
            rows, _ = read_dataset(run)
        except Unreadable:
            rows = []
        found = diversity(rows)
        labels, classes = classes_of(run)
        return {
            "balance": bars(balance(rows, classes), labels),
            "diversity": diversity_chart(found),
            "varied": Table("Lexical diversity of the accepted rows", DIVERSITY, found, len(found)),
        }

    return dict(_KEPT.get(run.path, [run.path / "synthetic.jsonl"], make))


def map_of(run: Run, query: Query | None) -> dict[str, Any] | None:
    """The map of a round, and the addresses of the other rounds' maps."""
    where = query.number("map", -1) if query else None
    found = read_map(run, where)
    if found is None:
        return None
    name = f"Seed, synthetic and test texts after round {found.round}, by label"
    at = found.rounds.index(found.round)
    around = {
        key: found.rounds[place] if 0 <= place < len(found.rounds) else None
        for key, place in (("before", at - 1), ("after", at + 1))
    }
    return {
        "picture": scatter(name, found.points, run.labels, found.frame),
        "round": found.round,
        "rounds": found.rounds,
        "kinds": Counter(point.kind for point in found.points),
        **around,
    }


def diversity_chart(found: list[Diversity]) -> Any:
    """Shares by round."""
    names = (("distinct-1", "distinct_1"), ("distinct-2", "distinct_2"), ("new words", "fresh"))
    curves = [
        ChartLine(
            name,
            tuple(
                (float(one.round), value)
                for one in found
                if (value := getattr(one, key)) is not None
            ),
        )
        for name, key in names
    ]
    return chart("Lexical diversity", "round", curves, whole=True)
