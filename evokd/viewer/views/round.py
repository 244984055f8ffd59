"""/round: the analysis beside the errors it saw, and the round's texts with what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from evokd.viewer.analysis import Analysis, Seen, read_analysis, read_verdicts
from evokd.viewer.asked import Asked
from evokd.viewer.files import Unreadable
from evokd.viewer.memory import Memory
from evokd.viewer.rounds import Round
from evokd.viewer.rows import Filter, Text, read_texts
from evokd.viewer.run import Run
from evokd.viewer.sheet import Column, Sheet, sheet
from evokd.viewer.site import NotThere, Site, answer

TEXTS = (
    Column("row", "row"),
    Column("text", "text"),
    Column("node", "written by"),
    Column("intended", "meant as"),
    Column("votes", "votes", sorts=False),
    Column("label", "label"),
    Column("verdict", "verdict"),
    Column("reason", "because"),
    Column("predicted", "student said"),
    Column("confidence", "sure", number=True),
)
MOST_SEEN = 200
_KEPT = Memory(8)


def view(site: Site, asked: Asked) -> Response:
    """The page.

    Raises:
        NotThere: no such run or round.
    """
    run = site.run(asked.get("run"))
    where = asked.number("round", 0)
    rounds, _ = site.rounds(run)
    known = {one.number: one for one in rounds}
    if where not in known:
        raise NotThere(f"There is no round {where} in “{run.name}”.")
    texts, problem = texts_of(run, where)
    values = gather(run, known[where], texts, asked)
    values["notes"] += [problem] if problem else []
    values |= {
        "asked": asked,
        "stamp": site.stamp(run),
        "before": where - 1 if where - 1 in known else None,
        "after": where + 1 if where + 1 in known else None,
        "agents": sorted({text.node for text in texts}),
        "labels": sorted({text.label for text in texts if text.label}),
        "verdicts": sorted({text.verdict for text in texts}),
    }
    return answer("round.html.j2", values)


def gather(run: Run, one: Round, texts: Sequence[Text], asked: Asked | None) -> dict[str, Any]:
    """What the page and the report show of a round."""
    notes: list[str] = []
    try:
        analysis = read_analysis(run, one.number)
    except Unreadable as problem:
        analysis = Analysis()
        notes.append(str(problem))
    return {
        "run": run,
        "round": one,
        "analysis": analysis,
        "seed": _seed(run, one, texts),
        "sheet": _sheet(texts, asked),
        "fates": Counter(text.verdict for text in texts).most_common(),
        "notes": notes,
        "most_seen": MOST_SEEN,
    }


def texts_of(run: Run, where: int) -> tuple[list[Text], str | None]:
    """A round's texts, and what could not be read."""

    def read() -> tuple[list[Text], str | None]:
        try:
            return read_texts(run, where), None
        except Unreadable as problem:
            return [], str(problem)

    return _KEPT.get((run.path, where), [run.path / "events.sqlite"], read)


def _seed(run: Run, one: Round, texts: Sequence[Text]) -> list[Seen]:
    """Round 0 has no texts of its own: what the student said of the seed."""
    if one.number or texts:
        return []
    try:
        return read_verdicts(run, 0)
    except Unreadable:
        return []


def _sheet(texts: Sequence[Text], asked: Asked | None) -> Sheet:
    caption = "Texts of the round"
    if asked is None:
        return Sheet(caption, TEXTS, texts, len(texts))
    wanted = Filter(asked.get("agent"), asked.get("label"), asked.get("verdict"), asked.get("q"))
    return sheet(caption, TEXTS, wanted.keep(texts), asked, default="row", value=getattr)
