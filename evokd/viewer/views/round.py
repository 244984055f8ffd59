"""/round: the analysis beside the errors it saw, and the round's texts with what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from evokd.runs.analysis import RoundAnalysis, SeenRow, read_analysis, read_verdicts
from evokd.runs.cache import FileCache
from evokd.runs.files import Unreadable
from evokd.runs.no_analysis import ANALYST, why_none
from evokd.runs.notes import WANTED, read_notes
from evokd.runs.rounds import RoundSummary
from evokd.runs.rows import DraftedText, Filter, read_texts
from evokd.runs.run import Run
from evokd.runs.totals import LedgerTotals
from evokd.viewer.query import Query
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, Table, ordered, sorted_page

TEXTS = (
    Column("row", "row"),
    Column("text", "text"),
    Column("node", "written by", wide=True),
    Column("intended", "meant as", wide=True),
    Column("votes", "votes", sorts=False, wide=True),
    Column("label", "label"),
    Column("verdict", "verdict"),
    Column("reason", "because"),
    Column("predicted", "student said"),
    Column("confidence", "sure", number=True),
)
MORE = (
    Column("round", "round"),
    Column("kind", "kind"),
    Column("call", "call"),
    Column("judge", "judge"),
    Column("judged_in", "judged in"),
    Column("parents", "answers"),
)
SEEN = (
    Column("row", "row"),
    Column("text", "text"),
    Column("label", "label"),
    Column("predicted", "student said"),
    Column("margin", "margin", number=True),
    Column("mark", "mark"),
    Column("cited", "cited"),
)
MOST_SEEN = 200
_KEPT = FileCache(8)


def view(site: Site, query: Query) -> Response:
    """The page.

    Raises:
        NotThere: no such run or round.
    """
    run = site.run(query.get("run"))
    where = query.number("round", 0)
    rounds, _ = site.rounds(run)
    known = {one.number: one for one in rounds}
    if where not in known:
        raise NotThere(f"There is no round {where} in “{run.name}”.")
    texts, problem = texts_of(run, where)
    values = gather(run, known[where], texts, query, has_analyst(site.books(run)))
    values["notes"] += [problem] if problem else []
    values |= {
        "query": query,
        "stamp": site.stamp(run),
        "before": where - 1 if where - 1 in known else None,
        "after": where + 1 if where + 1 in known else None,
        "agents": sorted({text.node for text in texts}),
        "labels": sorted({text.label for text in texts if text.label}),
        "verdicts": sorted({text.verdict for text in texts}),
        "noted": WANTED,
    }
    return answer("round.html.j2", values)


def has_analyst(books: LedgerTotals | None) -> bool:
    """Whether one was ever woken, as far as it is known."""
    return books is None or any(edge.target == ANALYST for edge in books.edges)


def gather(
    run: Run,
    one: RoundSummary,
    texts: Sequence[DraftedText],
    query: Query | None,
    analysed: bool = True,
) -> dict[str, Any]:
    """What the page and the report show of a round."""
    notes: list[str] = []
    try:
        analysis = read_analysis(run, one.number)
    except Unreadable as problem:
        analysis = RoundAnalysis()
        notes.append(str(problem))
    return {
        "run": run,
        "round": one,
        "analysis": analysis,
        "none_of": None if analysis.text or not one.number else why_none(run, one.number, analysed),
        "seed": (seed := _seed(run, one, texts)),
        "seen": _seen(seed or analysis.seen),
        "table": _table(run, one.number, texts, query),
        "fates": Counter(text.verdict for text in texts).most_common(),
        "notes": notes,
        "most_seen": MOST_SEEN,
    }


def texts_of(run: Run, where: int) -> tuple[list[DraftedText], str | None]:
    """A round's texts, and what could not be read."""

    def read() -> tuple[list[DraftedText], str | None]:
        try:
            return read_texts(run, where), None
        except Unreadable as problem:
            return [], str(problem)

    return _KEPT.get((run.path, where), [run.path / "events.sqlite"], read)


def _seed(run: Run, one: RoundSummary, texts: Sequence[DraftedText]) -> list[SeenRow]:
    """Round 0 has no texts of its own: what the student said of the seed."""
    if one.number or texts:
        return []
    try:
        return read_verdicts(run, 0)
    except Unreadable:
        return []


def listed_rows(run: Run, query: Query) -> list[str]:
    """Ids of the texts that an address asks for, in its order."""
    texts = _kept(run, texts_of(run, query.number("round", 0))[0], query)
    return [text.row for text in ordered(texts, TEXTS, query, "row", getattr)[0]]


def _seen(rows: Sequence[SeenRow]) -> Table:
    return Table("Rows that were shown, with the student's verdicts", SEEN, rows, len(rows))


def _kept(run: Run, texts: Sequence[DraftedText], query: Query) -> list[DraftedText]:
    wanted = Filter(query.get("agent"), query.get("label"), query.get("verdict"), query.get("q"))
    kept, noted = wanted.keep(texts), query.one_of("note", WANTED, "")
    if not noted:
        return kept
    notes = read_notes(run.path)
    return [text for text in kept if notes.fits("row", text.row, noted)]


def _table(run: Run, number: int, texts: Sequence[DraftedText], query: Query | None) -> Table:
    caption = f"Texts of round {number}"
    if query is None:
        return Table(caption, TEXTS, texts, len(texts))
    kept = _kept(run, texts, query)
    return sorted_page(caption, TEXTS, kept, query, default="row", value=getattr, more=MORE)
