"""/tokens: where tokens went: a round's calls over time, edges by round, what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from evokd.ledger.timeline import RoundEdge, calls_of, round_edges
from evokd.runs.earned import EdgeEarning, read_earned
from evokd.runs.files import Unreadable, reading, text_of
from evokd.runs.run import Run
from evokd.runs.timeline import timeline
from evokd.viewer.bars import MOST_LABELS, columns, stacked
from evokd.viewer.chart import ChartLine, chart
from evokd.viewer.later import Later
from evokd.viewer.query import Query, address
from evokd.viewer.site import Site, answer
from evokd.viewer.table import Column, Table, sorted_page
from evokd.viewer.waterfall import drawn, waterfall

MOST_CALLS = 4000
"""Calls of a round that are laid out at once; a larger round has parts."""
OTHERS = "other edges"
ROUNDS = (
    Column("round", "round", number=True),
    Column("calls", "calls", number=True),
    Column("failed", "not used", number=True),
    Column("prompt", "prompt", number=True),
    Column("completion", "completion", number=True),
    Column("billed", "billed", number=True),
    Column("usd", "USD", number=True),
)
EDGES = (
    Column("name", "edge"),
    Column("billed", "billed tokens", number=True),
    Column("part", "of all", number=True),
    Column("usd", "USD", number=True),
    Column("rows", "accepted rows", number=True),
    Column("per_thousand", "rows for 1,000 tokens", number=True),
    Column("share", "tokens of accepted rows", number=True),
    Column("refused", "of rows turned down", number=True),
    Column("other", "of no row", number=True),
)
_LATER = Later(16)
MEASURED = ("loop.switches.", "loop.feedback.")
"""What a study varies that measures edges."""


@dataclass(frozen=True, slots=True)
class RoundTokens:
    """A line of the table of rounds."""

    round: int
    calls: int
    failed: int
    prompt: int
    completion: int
    usd: float | None
    """None: a price is unknown."""
    edges: Counter[str]
    """Billed tokens by edge."""

    @property
    def billed(self) -> int:
        return self.prompt + self.completion


@dataclass(frozen=True)
class RunTokens:
    """Sums of a run's ledger, made once."""

    edges: list[RoundEdge]
    rounds: list[RoundTokens]
    roles: list[str]
    """Targets of calls, in the order of the first."""


def view(site: Site, query: Query) -> Response:
    """The page."""
    run = site.run(query.get("run"))
    notes = list(run.notes)
    sums = _sums(site, run, notes)
    known = [one.round for one in sums.rounds]
    last = known[-1] if known else 0
    asked = query.number("round", last)
    where = max((one for one in known if one <= asked), default=last)
    at = known.index(where) if known else 0
    return answer(
        "tokens.html.j2",
        {
            "query": query,
            "run": run,
            "stamp": site.stamp(run),
            "rounds": known,
            "where": where,
            "last": last,
            "before": known[at - 1] if at else None,
            "after": known[at + 1] if at + 1 < len(known) else None,
            "fall": _fall(run, query, sums, where, notes),
            "pictures": _pictures(sums),
            "table": _table(sums, query),
            "edges": _edges(run, sums, notes),
            "study": _study(site, run),
            "notes": notes,
        },
    )


def _sums(site: Site, run: Run, notes: list[str]) -> RunTokens:
    def read() -> RunTokens | Unreadable:
        try:
            with reading(run.path, "ledger.sqlite") as db:
                return _added(round_edges(db))
        except Unreadable as problem:
            return problem

    found = site.tallies.get((run.path, "tokens"), [run.path / "ledger.sqlite"], read)
    if isinstance(found, Unreadable):
        notes.append(str(found))
        return RunTokens([], [], [])
    return found


def _added(edges: list[RoundEdge]) -> RunTokens:
    by_round: dict[int, list[RoundEdge]] = {}
    for edge in edges:
        by_round.setdefault(edge.round, []).append(edge)
    rounds = [
        RoundTokens(
            where,
            sum(edge.calls for edge in some),
            sum(edge.failed for edge in some),
            sum(edge.prompt for edge in some),
            sum(edge.completion for edge in some),
            _usd(some),
            Counter({edge.name: edge.billed for edge in some}),
        )
        for where, some in sorted(by_round.items())
    ]
    ordered = sorted(edges, key=lambda edge: edge.first)
    return RunTokens(edges, rounds, list(dict.fromkeys(edge.target for edge in ordered)))


def _usd(edges: Sequence[RoundEdge]) -> float | None:
    """Unknown as soon as one price is."""
    whole = all(edge.priced == edge.calls for edge in edges)
    return sum(edge.usd for edge in edges) if whole else None


def _fall(
    run: Run, query: Query, sums: RunTokens, where: int, notes: list[str]
) -> dict[str, Any] | None:
    """The round's calls over time; of a large round the part that the address names."""
    here = [edge for edge in sums.edges if edge.round == where]
    if not here:
        return None
    first, last = min(edge.first for edge in here), max(edge.last for edge in here)
    start = min(max(first, query.number("from", first)), last)
    try:
        with reading(run.path, "ledger.sqlite") as db:
            calls = calls_of(db, where, start, last, MOST_CALLS + 1)
    except Unreadable as problem:
        notes.append(str(problem))
        return None
    more = calls[MOST_CALLS].seq if len(calls) > MOST_CALLS else None
    found = timeline(calls[:MOST_CALLS])
    if found is None:
        return None

    def link(call: str) -> str:
        return address("/call", [("run", run.name), ("call", call), ("round", where)])

    shown = drawn(found)
    gone = len(found.bars) - len(shown)
    agents = list(dict.fromkeys([*sums.roles, *(bar.call.agent for bar in found.bars)]))
    name = f"Calls of round {where} over time, by role"
    return {
        "picture": waterfall(name, found, agents, link),
        "line": found,
        "drawn": len(shown),
        "gone": gone,
        "gone_tokens": sum(bar.tokens for bar in found.bars) - sum(bar.tokens for bar in shown),
        "gone_seconds": sum(bar.seconds for bar in found.bars) - sum(bar.seconds for bar in shown),
        "calls": len(found.bars),
        "all": sum(edge.attempts for edge in here),
        "more": more,
        "start": start if start > first else None,
        "tokens": sum(bar.tokens for bar in found.bars),
    }


def _pictures(sums: RunTokens) -> dict[str, Any]:
    """Billed tokens by edge over the rounds, and the money spent until then, where it is known."""
    stacks = columns({one.round: one.edges for one in sums.rounds})
    totals = sum((one.edges for one in sums.rounds), Counter[str]())
    names = [name for name, _ in totals.most_common(MOST_LABELS)]
    spent, points = 0.0, list[tuple[float, float]]()
    for one in sums.rounds:
        if one.usd is None:
            points = []
            break
        spent += one.usd
        points.append((float(one.round), spent))
    title = "Billed tokens by edge and round"
    return {
        "edges": stacked(title, "round", stacks, names, OTHERS, unit="tokens on"),
        "usd": chart("USD so far", "round", [ChartLine("USD", tuple(points))], whole=True)
        if spent
        else "",
        "spent": spent if points else None,
    }


def _table(sums: RunTokens, query: Query) -> Table:
    return sorted_page(
        "Tokens by round", ROUNDS, sums.rounds, query, default="round", value=getattr
    )


def _edges(run: Run, sums: RunTokens, notes: list[str]) -> dict[str, Any] | None:
    """Edges with what became of their tokens; None where nothing was billed."""
    files = [run.path / name for name in ("ledger.sqlite", "events.sqlite", "synthetic.jsonl")]

    def read() -> list[EdgeEarning] | Unreadable:
        try:
            return read_earned(run)
        except Unreadable as problem:
            return problem

    found = _LATER.get(run.path, files, read)
    if isinstance(found, Unreadable):
        notes += [str(found)] if str(found) not in notes else []
    late, known = found is None, found if isinstance(found, list) else []
    earned = {(one.source, one.target): one for one in known}
    by_edge: dict[tuple[str, str], list[RoundEdge]] = {}
    for edge in sorted(sums.edges, key=lambda edge: edge.first):
        by_edge.setdefault((edge.source, edge.target), []).append(edge)
    total = sum(edge.billed for edge in sums.edges)
    rows = []
    for key, some in by_edge.items():
        billed, one = sum(edge.billed for edge in some), earned.get(key)
        rows.append(
            {
                "source": key[0],
                "target": key[1],
                "name": some[0].name,
                "billed": billed,
                "part": billed / total if total else None,
                "usd": _usd(some),
                "earned": one,
            }
        )
    caption = "What became of the tokens, by edge: who handed the work over → who spent"
    table = Table(caption, EDGES, rows, len(rows), value=_earned)
    return {"table": table, "late": late} if rows else None


def _earned(row: Mapping[str, Any], key: str) -> Any:
    """What is not known yet is None; shares are in [0, 1]."""
    one: EdgeEarning | None = row["earned"]
    if key in row or one is None:
        return row.get(key)
    if key in ("rows", "per_thousand"):
        return getattr(one, key)
    tokens: float = getattr(one, "accepted" if key == "share" else key)
    return tokens / one.billed if one.billed else None


def _study(site: Site, run: Run) -> dict[str, Any] | None:
    """The study that the run is a cell of; None where it is of none."""
    studies = site.run_index.look().studies
    name = next((one for one, path in studies.items() if run.path.is_relative_to(path)), None)
    if name is None:
        return None
    try:
        settings = text_of(studies[name], "study.yaml")
    except Unreadable:
        settings = ""
    page = (studies[name] / "study.html").is_file()
    return {
        "name": name,
        "page": f"/left/{name}/-/study.html" if page else None,
        "measures": any(one in settings for one in MEASURED),
    }
