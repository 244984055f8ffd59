"""/compare/rounds: two rounds side by side, of one run or of two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from evokd.runs.analysis import RoundAnalysis, read_analysis
from evokd.runs.cache import FileCache
from evokd.runs.files import Unreadable
from evokd.runs.rounds import RoundSummary, last_scored
from evokd.runs.rows import DraftedText
from evokd.runs.run import Run
from evokd.runs.scores import metric_name
from evokd.runs.totals import Spending, spent_by_round
from evokd.runs.word_diff import word_diff
from evokd.tasks.text import normalise
from evokd.viewer.compared import Compared, SideLine, compared, side_by_side
from evokd.viewer.query import Query, address
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, Table
from evokd.viewer.views.round import texts_of

FATES = ("all", "accepted", "rejected")
ACCEPTED = ("accept", "relabel")
MOST = 100
"""Texts of a round that are listed; the round's own page has all of them."""
TEXTS = (
    Column("row", "row", sorts=False),
    Column("text", "text", sorts=False),
    Column("label", "label", sorts=False),
    Column("verdict", "verdict", sorts=False),
)
MORE = (
    Column("reason", "because"),
    Column("node", "written by"),
    Column("call", "call"),
)
EDGES = (
    Column("edge", "edge", sorts=False),
    Column("first", "first", number=True, sorts=False),
    Column("second", "second", number=True, sorts=False),
    Column("more", "second − first", number=True, sorts=False),
)
_SPENT = FileCache(16)


@dataclass(frozen=True)
class RoundSide:
    """One of the two rounds."""

    letter: str
    """Of its run, where they are two."""
    run: Run
    summary: RoundSummary
    numbers: list[int]
    """The rounds of its run."""
    analysis: RoundAnalysis
    texts: Sequence[DraftedText]
    spent: Mapping[tuple[str, str], Spending]
    """By edge, in this round."""
    notes: list[str]

    @property
    def name(self) -> str:
        """`round 2`, `B, round 2`."""
        before = f"{self.letter}, " if self.letter else ""
        return f"{before}round {self.summary.number}"

    @property
    def tokens(self) -> int:
        """Billed in this round."""
        return sum(one.tokens for one in self.spent.values())

    @property
    def fates(self) -> list[tuple[str, int]]:
        """Verdicts with their texts, the most frequent first."""
        return Counter(text.verdict for text in self.texts).most_common()

    def against(self, other: RoundSide) -> str:
        """Address of the two analysts' calls, word by word."""
        calls = [("call", self.analysis.call), ("call", other.analysis.call)]
        return address("/compare/calls", [("run", self.run.name), ("run", other.run.name), *calls])

    def having(self, fate: str) -> list[DraftedText]:
        """Texts of a fate."""
        if fate == "all":
            return list(self.texts)
        wanted = fate == "accepted"
        return [text for text in self.texts if (text.verdict in ACCEPTED) is wanted]

    def table(self, fate: str) -> Table:
        """Its texts, as many as the page holds."""
        found = self.having(fate)
        caption = f"Texts of {self.name}"
        return Table(caption, TEXTS, found[:MOST], len(found), every=lambda: found, more=MORE)


def view(site: Site, query: Query) -> Response:
    """The page.

    Raises:
        NotThere: no such run or round.
    """
    found = compared(site, query)
    if not found.runs:
        raise NotThere("The address names no run.")
    two = found.two if len(found.runs) > 1 else (found.runs[0], found.runs[0])
    letters = found.letters if len(found.runs) > 1 else ("", "")
    numbers = [_numbers(site, run) for run in two]
    chosen = _chosen(site, query, two, numbers, one_run=len(found.runs) == 1)
    sides = [
        _side(site, letter, run, known, number)
        for letter, run, known, number in zip(letters, two, numbers, chosen, strict=True)
    ]
    fate = query.one_of("fate", FATES, "all")
    first, second = sides
    return answer(
        "compare_rounds.html.j2",
        {
            "query": query,
            "found": found,
            "sides": sides,
            "beside": _beside(first, second),
            "ways": [
                address("/round", [("run", one.run.name), ("round", one.summary.number)])
                for one in sides
            ],
            "fate": fate,
            "fates": [(one, query.to({"fate": one}) + "#texts") for one in FATES],
            "tables": [side.table(fate) for side in sides],
            "shared": _shared(first, second),
            "edges": _edges(first, second),
            "analysis": word_diff(first.analysis.text, second.analysis.text),
            "steps": _steps(found, sides),
            "notes": list(dict.fromkeys(note for side in sides for note in side.notes)),
        },
    )


def _numbers(site: Site, run: Run) -> list[int]:
    return [one.number for one in site.rounds(run)[0]]


def _chosen(
    site: Site, query: Query, two: Sequence[Run], numbers: Sequence[list[int]], *, one_run: bool
) -> list[int]:
    """The rounds that the address names; else the last two of one run, the last that two share.

    Raises:
        NotThere: a round that there is not.
    """
    named = query.all("round")[:2]
    for run, known, name in zip(two, numbers, named, strict=False):
        if not name.isascii() or not name.isdigit() or int(name[:9]) not in known:
            raise NotThere(f"There is no round {name} in “{run.name}”.")
    asked = [int(name[:9]) for name in named]
    if len(asked) == 2:
        return asked
    closed = [last_scored(site.rounds(run)[0]) for run in two]
    last = min((one.number for one in closed if one), default=0)
    if any(last not in known for known in numbers):
        raise NotThere("There is no round to be shown.")
    if not one_run:
        return [asked[0] if asked else last, last]
    second = asked[0] if asked else last
    return [max(second - 1, numbers[0][0]), second]


def _side(site: Site, letter: str, run: Run, known: list[int], number: int) -> RoundSide:
    rounds, notes = site.rounds(run)
    texts, problem = texts_of(run, number)
    told = [*run.notes, *notes, *([problem] if problem else [])]
    analysis, spent = RoundAnalysis(), dict[int, dict[tuple[str, str], Spending]]()
    try:
        analysis = read_analysis(run, number)
        files = [run.path / "ledger.sqlite"]
        spent = _SPENT.get(run.path, files, lambda: spent_by_round(run))
    except Unreadable as reason:
        told.append(str(reason))
    summary = next(one for one in rounds if one.number == number)
    return RoundSide(letter, run, summary, known, analysis, texts, spent.get(number, {}), told)


def _beside(first: RoundSide, second: RoundSide) -> Table:
    """What is known of both, a column a round."""
    sides = first, second
    rounds = [side.summary for side in sides]

    def line(name: str, kind: str, *values: Any) -> SideLine:
        return SideLine(name, kind, values)

    def score(split: str) -> SideLine:
        values = (one.summary.score(split, one.run.score_names[0]) for one in sides)
        return line(f"{split} {metric_name(first.run.score_names[0])} after it", "ratio", *values)

    saw = [len(side.analysis.seen) for side in sides]
    doubts = (f"({len(one.analysis.errors)} wrong or in doubt)" if one.analysis.seen else ""
              for one in sides)  # fmt: skip
    lines = [
        *(
            score(split)
            for split in ("test", "dev")
            if any(one.scores.get(split) for one in rounds)
        ),
        line("texts written", "count", *(len(side.texts) for side in sides)),
        line("accepted", "count", *(one.accepted for one in rounds)),
        line("rejected", "count", *(one.rejected for one in rounds)),
        line("rejected because", "words", *(one.why for one in rounds)),
        line("error on hard rows", "ratio", *(one.hard_error for one in rounds)),
        line("error on easy rows", "ratio", *(one.easy_error for one in rounds)),
        SideLine("rows that the analyst saw", "count", tuple(saw), tuple(doubts)),
        line("tokens billed in it", "count", *(side.tokens for side in sides)),
        line("tokens billed until then", "count", *(one.billed for one in rounds)),
    ]
    return side_by_side("The rounds side by side", [side.name for side in sides], lines)


def _shared(first: RoundSide, second: RoundSide) -> int:
    """Texts that both rounds wrote, after `normalise`."""
    known = {normalise(text.text) for text in first.texts}
    return sum(normalise(text.text) in known for text in second.texts)


def _edges(first: RoundSide, second: RoundSide) -> Table:
    def tokens(side: RoundSide, edge: tuple[str, str]) -> int:
        return side.spent[edge].tokens if edge in side.spent else 0

    names = dict.fromkeys([*first.spent, *second.spent])
    rows = [
        (f"{source} → {target}", tokens(first, (source, target)), tokens(second, (source, target)))
        for source, target in names
    ]
    if rows:
        rows.append(("all", first.tokens, second.tokens))
    columns = (EDGES[0], Column("first", first.name, number=True, sorts=False),
               Column("second", second.name, number=True, sorts=False), EDGES[3])  # fmt: skip
    caption = "Tokens billed in the round, by edge"
    return Table(caption, columns, rows, len(rows), value=_tokens)


def _tokens(row: tuple[str, int, int], key: str) -> str | int:
    if key == "edge":
        return row[0]
    return {"first": row[1], "second": row[2], "more": row[2] - row[1]}[key]


def _steps(found: Compared, sides: Sequence[RoundSide]) -> dict[str, str]:
    """Addresses of both rounds one earlier, and one later, where both have one."""
    ways = {}
    for relation, by in (("prev", -1), ("next", 1)):
        numbers = [side.summary.number + by for side in sides]
        if all(n in side.numbers for n, side in zip(numbers, sides, strict=True)):
            kept = [pair for pair in found.query.values if pair[0] != "round"]
            way = address(found.query.path, [*kept, *(("round", n) for n in numbers)])
            ways[relation] = way
    return ways
