"""/run: one run: its machine, its curve, its rounds, its books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from evokd.viewer.asked import Asked, address
from evokd.viewer.books import MEASURES, Books, Measure
from evokd.viewer.chart import Curve, chart
from evokd.viewer.files import Unreadable, reading, text_of
from evokd.viewer.machine import Link, draw
from evokd.viewer.reasoning import read_reasoning
from evokd.viewer.rounds import Round
from evokd.viewer.run import Run, mapping
from evokd.viewer.sheet import Column, Sheet, sheet
from evokd.viewer.site import Site, answer
from evokd.viewer.trace import Told, told

ROUNDS = (
    Column("number", "round", number=True),
    Column("accepted", "accepted", number=True),
    Column("rejected", "rejected", number=True),
    Column("why", "rejected because", sorts=False),
    Column("hard_error", "hard error", number=True),
    Column("easy_error", "easy error", number=True),
    Column("dev", "dev F1", number=True),
    Column("test", "test F1", number=True),
    Column("accuracy", "test accuracy", number=True),
    Column("billed", "billed tokens", number=True),
)
EDGES = (
    Column("name", "edge"),
    Column("calls", "calls", number=True),
    Column("unusable", "not used", number=True),
    Column("prompt", "prompt", number=True),
    Column("completion", "completion", number=True),
    Column("useful", "useful", number=True),
    Column("freight", "freight", number=True),
    Column("usd", "USD", number=True),
)
MOST_REMARKS = 50


def view(site: Site, asked: Asked) -> Response:
    """The page."""
    run = site.run(asked.get("run"))
    measure: Measure = next(m for m in MEASURES if m == asked.one_of("measure", MEASURES, "billed"))
    values = gather(site, run, measure, asked)
    values |= {
        "asked": asked,
        "choices": [(one, asked.to({"measure": one})) for one in MEASURES],
        "stamp": site.stamp(run),
        "other": [name for name in site.shelf.look().runs if name != run.name],
    }
    return answer("run.html.j2", values)


def gather(site: Site, run: Run, measure: Measure, asked: Asked | None) -> dict[str, Any]:
    """What the page and the report show of a run."""
    books = site.books(run)
    rounds, notes = site.rounds(run)
    notes = [*run.notes, *notes]
    if books is None:
        notes.append("ledger.sqlite: can't be read, so nothing is known of tokens")
    return {
        "run": run,
        "books": books,
        "measure": measure,
        "machine": machine(run, books, measure, asked),
        "curves": score_chart(rounds),
        "reasoning": read_reasoning(run, figures=asked is None),
        "rounds": _rounds(rounds, asked),
        "last": last_scored(rounds),
        "first": next((one for one in rounds if one.closed), None),
        "edges": _edges(books, asked),
        "remarks": remarks(run),
        "notes": notes,
        "config": _config(run),
        "versions": sorted(mapping(run.info.get("versions")).items()),
        "accepted": sum(one.accepted or 0 for one in rounds),
        "rejected": sum(one.rejected or 0 for one in rounds),
    }


def machine(run: Run, books: Books | None, measure: Measure, asked: Asked | None) -> Any:
    """The picture of the state machine; None without books."""
    if books is None or not books.edges:
        return None
    return draw(books.edges, measure, ended=run.status == "done", link=links(run, books, asked))


def links(run: Run, books: Books, asked: Asked | None) -> Link:
    """Where a click on a node or an edge leads: to its calls, where it made any."""
    spent = {(edge.source, edge.target) for edge in books.edges if edge.calls}
    spenders = {target for _, target in spent}

    def link(source: str, target: str) -> str | None:
        if asked is None:
            return None
        if not source:
            known = target in spenders
            return address("/calls", [("run", run.name), ("target", target)]) if known else None
        if (source, target) not in spent:
            return None
        return address("/calls", [("run", run.name), ("source", source), ("target", target)])

    return link


def score_chart(rounds: Sequence[Round]) -> Any:
    """Scores against billed tokens."""
    curves = [
        Curve(name, points)
        for name, key in (
            ("test macro-F1", "test"),
            ("dev macro-F1", "dev"),
            ("test accuracy", "accuracy"),
        )
        if (points := curve_of(rounds, key))
    ]
    return chart("Score against tokens", "billed tokens", curves)


def curve_of(rounds: Sequence[Round], key: str) -> tuple[tuple[float, float], ...]:
    """(billed tokens, score) by round."""
    pairs = ((one.billed, getattr(one, key)) for one in rounds)
    return tuple((x, y) for x, y in pairs if x is not None and y is not None)


def last_scored(rounds: Sequence[Round]) -> Round | None:
    """The last round that was closed."""
    return next((one for one in reversed(rounds) if one.closed), None)


def _rounds(rounds: Sequence[Round], asked: Asked | None) -> Sheet:
    caption = "Rounds; round 0 is the student after the seed shots"
    if asked is None:
        return Sheet(caption, ROUNDS, rounds, len(rounds))
    return sheet(caption, ROUNDS, rounds, asked, default="number", value=getattr)


def _edges(books: Books | None, asked: Asked | None) -> Sheet:
    edges = books.edges if books else []
    caption = "Tokens by edge: who handed the work over → who spent"
    return Sheet(caption, tuple(EDGES), edges, len(edges))


def remarks(run: Run) -> list[Told]:
    """Warnings, budgets and ends, the last ones first."""
    kinds = ("warned", "budgeted", "stopped")
    found: list[Told] = []
    try:
        with reading(run.path, "events.sqlite") as db:
            for kind in kinds:
                found += told(
                    db,
                    "seq IN (SELECT seq FROM events WHERE type = ? ORDER BY seq DESC LIMIT ?)",
                    (kind, MOST_REMARKS),
                )
    except Unreadable:
        return []
    return sorted(found, key=lambda event: -event.seq)[:MOST_REMARKS]


def _config(run: Run) -> str:
    try:
        return text_of(run.path, "config.yaml")[:40_000]
    except Unreadable:
        return ""
