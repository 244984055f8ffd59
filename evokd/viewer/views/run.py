"""/run: one run: its machine, its curve, its rounds, its books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from evokd.runs.at_work import NodeAtWork, read_at_work
from evokd.runs.endings import reason_in_words, remark_in_words, spent_of
from evokd.runs.failures import standing_of
from evokd.runs.files import Unreadable, reading, text_of
from evokd.runs.forecast import forecast, in_words, learning_curve
from evokd.runs.person import read_agreements
from evokd.runs.rounds import RoundSummary, last_scored
from evokd.runs.run import Run, mapping
from evokd.runs.scores import metric_name
from evokd.runs.totals import MEASURES, EdgeTotals, LedgerTotals, Measure
from evokd.runs.trace import TracedEvent, told
from evokd.runs.usable import RoleReplies
from evokd.viewer.calibration import read_sureness
from evokd.viewer.chart import ChartLine, chart
from evokd.viewer.graph_svg import Link, draw
from evokd.viewer.query import Query, address
from evokd.viewer.reasoning import read_reasoning
from evokd.viewer.site import Site, answer
from evokd.viewer.steering import read_analyses, read_weights
from evokd.viewer.table import Column, Table, sorted_page

ROUNDS = (
    Column("number", "round", number=True),
    Column("accepted", "accepted", number=True),
    Column("rejected", "rejected", number=True),
    Column("why", "rejected because", sorts=False),
    Column("hard_error", "hard error", number=True),
    Column("easy_error", "easy error", number=True),
)
BILLED = Column("billed", "billed tokens", number=True)
"""Scores stand between these and this one."""
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
REPLIES = (
    Column("role", "role"),
    Column("came", "replies", number=True),
    Column("usable", "usable", number=True),
    Column("share", "share", number=True),
    Column("mended", "mended", number=True),
    Column("how", "how", sorts=False),
)
REASONS = tuple(Column(key, key) for key in ("reason", "calls", "status", "roles", "last", "said"))
IN_FLIGHT = tuple(
    Column(key, key)
    for key in ("id", "source", "target", "opened_at", "prompt_tokens", "completion_tokens",
                "model")
)  # fmt: skip
MOST_REMARKS = 50
AHEAD, STEPS = 1.25, 48
"""How far a fitted curve is drawn, in times the tokens spent, and in how many pieces."""


def view(site: Site, query: Query) -> Response:
    """The page."""
    run = site.run(query.get("run"))
    measure: Measure = next(m for m in MEASURES if m == query.one_of("measure", MEASURES, "billed"))
    values = gather(site, run, measure, query)
    values |= {
        "query": query,
        "choices": [(one, query.to({"measure": one})) for one in MEASURES],
        "stamp": site.stamp(run),
        "other": site.named(run.name),
    }
    return answer("run.html.j2", values)


def gather(site: Site, run: Run, measure: Measure, query: Query | None) -> dict[str, Any]:
    """What the page and the report show of a run."""
    books = site.books(run)
    rounds, notes = site.rounds(run)
    notes = [*run.notes, *notes]
    if books is None:
        notes.append("ledger.sqlite: can't be read, so nothing is known of tokens")
    health = standing_of(books) if books else None
    failures = site.failures(run) if health and health.unusable else None
    goes_on = query is not None and run.state == "running"
    now = read_at_work(run, books) if goes_on else None
    return {
        "run": run,
        "books": books,
        "reason": reason_in_words(run, spent_of(books)),
        "health": health,
        "failures": failures,
        "reasons": failures and _listed("Calls that gave nothing usable", REASONS, failures.kinds),
        "now": now,
        "in_flight": now and _listed("Calls in flight", IN_FLIGHT, now.calls),
        "measure": measure,
        "machine": machine(run, books, measure, query, now.nodes if now else ()),
        "curves": score_chart(run, rounds),
        "ahead": in_words(run),
        "reasoning": read_reasoning(run, figures=query is None),
        "sureness": read_sureness(run),
        "analyses": read_analyses(run),
        "weights": read_weights(run),
        "scores": scores_of(run),
        "rounds": _rounds(run, rounds, query),
        "last": last_scored(rounds),
        "first": next((one for one in rounds if one.closed), None),
        "edges": _edges(books, query),
        "replies": _replies(site.replies(run)),
        "remarks": remarks(run),
        "notes": [] if run.is_young else notes,
        "config": _config(run),
        "versions": sorted(mapping(run.info.get("versions")).items()),
        "accepted": sum(one.accepted or 0 for one in rounds),
        "unclean": site.unclean(run),
        "hardness": site.hardness(run),
        "judges": read_agreements(run),
        "rejected": sum(one.rejected or 0 for one in rounds),
    }


def _listed(caption: str, columns: tuple[Column, ...], rows: Sequence[Any]) -> Table:
    """For a file alone: the page draws it by hand, and not all of it."""
    return Table(caption, columns, rows, len(rows))


def machine(
    run: Run,
    books: LedgerTotals | None,
    measure: Measure,
    query: Query | None,
    nodes: Sequence[NodeAtWork] = (),
) -> Any:
    """The picture of the state machine, `nodes` of it at work; None without books."""
    if books is None or not books.edges:
        return None
    known = {(edge.source, edge.target) for edge in books.edges}
    seen = {edge.target for edge in books.edges}
    fresh = [  # what a node hands over is booked when it ends
        EdgeTotals(node.source, node.node)
        for node in nodes
        if node.source and node.node not in seen and (node.source, node.node) not in known
    ]
    return draw(
        [*books.edges, *fresh],
        measure,
        last=books.last if run.status == "done" else None,
        link=links(run, books, query),
        at_work={node.node for node in nodes},
    )


def links(run: Run, books: LedgerTotals, query: Query | None) -> Link:
    """Where a click on a node or an edge leads: to its calls, where it made any."""
    spent = {(edge.source, edge.target) for edge in books.edges if edge.calls}
    spenders = {target for _, target in spent}

    def link(source: str, target: str) -> str | None:
        if query is None:
            return None
        if not source:
            known = target in spenders
            return address("/calls", [("run", run.name), ("target", target)]) if known else None
        if (source, target) not in spent:
            return None
        return address("/calls", [("run", run.name), ("source", source), ("target", target)])

    return link


def scores_of(run: Run) -> list[tuple[str, str]]:
    """(split, name) of the scores by round: the task's metric on both splits, then the rest."""
    metric, *others = run.score_names
    return [("test", metric), ("dev", metric), *(("test", name) for name in others)]


def score_chart(run: Run, rounds: Sequence[RoundSummary]) -> Any:
    """Scores against billed tokens."""
    curves = [
        ChartLine(f"{split} {metric_name(name)}", points)
        for split, name in scores_of(run)
        if (points := curve_of(rounds, split, name))
    ]
    return chart("Score against tokens", "billed tokens", [*curves, *_fitted(run)])


def _fitted(run: Run) -> list[ChartLine]:
    """The law through the curve, a quarter of the tokens beyond it; none of too few rounds."""
    split, points = learning_curve(run)
    found = forecast(points.tokens, points.scores)
    if found is None:
        return []
    first = min(at for at in points.tokens if at > 0)
    places = [first + (AHEAD * found.spent - first) * n / STEPS for n in range(STEPS + 1)]
    line = tuple((at, found.law.at(at)) for at in places)
    return [ChartLine(f"{split}, fitted", line, dots=False)]


def curve_of(
    rounds: Sequence[RoundSummary], split: str, name: str
) -> tuple[tuple[float, float], ...]:
    """(billed tokens, score) by round."""
    pairs = ((one.billed, one.score(split, name)) for one in rounds)
    return tuple((x, y) for x, y in pairs if x is not None and y is not None)


def _rounds(run: Run, rounds: Sequence[RoundSummary], query: Query | None) -> Table:
    caption = "Rounds; round 0 is the student after the seed shots"
    scores = (
        Column(f"{split}.{name}", f"{split} {metric_name(name)}", number=True)
        for split, name in scores_of(run)
    )
    columns = (*ROUNDS, *scores, BILLED)
    if query is None:
        return Table(caption, columns, rounds, len(rounds))
    return sorted_page(caption, columns, rounds, query, default="number", value=_value)


def _value(one: RoundSummary, key: str) -> Any:
    split, _, name = key.partition(".")
    return one.score(split, name) if name else getattr(one, key)


def _edges(books: LedgerTotals | None, query: Query | None) -> Table:
    edges = books.edges if books else []
    caption = "Tokens by edge: who handed the work over → who spent"
    return Table(caption, tuple(EDGES), edges, len(edges))


def _replies(found: Sequence[RoleReplies]) -> Table:
    caption = "Replies that could be used, by role; mended: as far as they were whole"
    return Table(caption, REPLIES, found, len(found), value=_reply)


def _reply(one: RoleReplies, key: str) -> Any:
    """Of a role's replies: how many were mended, and how."""
    if key == "mended":
        return one.mended.total()
    return one.mended if key == "how" else getattr(one, key)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader should know, in words."""

    at: str
    round: int
    node: str
    said: str
    grave: bool


def remarks(run: Run) -> list[Remark]:
    """Warnings, budgets and ends, the last ones first."""
    kinds = ("warned", "budgeted", "stopped")
    found: list[TracedEvent] = []
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
    ended = run.status == "done"
    return [
        Remark(
            event.text("at"),
            event.round,
            event.node,
            remark_in_words(event, ended),
            bool(event.body.get("grave")) or event.text("status") == "failed",
        )
        for event in sorted(found, key=lambda event: -event.seq)[:MOST_REMARKS]
    ]


def _config(run: Run) -> str:
    try:
        return text_of(run.path, "config.yaml")[:40_000]
    except Unreadable:
        return ""
