"""Lineage: from a training row back to the student errors, from a student error forward.

    seed shot or earlier row → analysis → call → text → votes, verdicts → training row
                             → the student's verdicts afterwards, scores before and after

    with Lineage(RunDir.open(path)) as lineage:
        lineage.row("r003-h001"), lineage.back("r003-h001"), lineage.forward("train-12")

Read-only, out of events.sqlite. Every question is answered through an index, whatever the run's
length.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from evokd.runs.row_history import (
    AnalysisReference,
    Back,
    Exchange,
    Forward,
    RowHistory,
    row_history,
)
from evokd.store.events import (
    Analysed,
    Called,
    Decoded,
    Drafted,
    Event,
    Retrieved,
    Scored,
    Seeded,
    event_of,
)
from evokd.store.row_references import ReferenceKind
from evokd.store.run_dir import RunDir
from evokd.store.sqlite import connect_read_only

MOST = 500
"""Rows that one walk names; beyond, it says that there are more."""
_SLOT = "json_extract(body, '$.slot')"
_SAME_SLOT = (
    f"round = ? AND node = ? AND type = 'called' AND ({_SLOT} = ? OR instr({_SLOT}, ?) = 1)"
)


class Lineage:
    """A run's rows and how they hang together; close it, or use it as a context.

    Raises:
        FileNotFoundError: the run has no events.sqlite yet.
        sqlite3.Error: the file can't be read.
    """

    def __init__(self, run: RunDir) -> None:
        self._db = connect_read_only(run.events)
        self._rows: dict[str, RowHistory | None] = {}
        self._scored: dict[int, Scored | None] = {}

    def __enter__(self) -> Lineage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def row(self, row: str) -> RowHistory | None:
        """What the run knows of a row; None when it knows of none by that id."""
        if row not in self._rows:
            self._rows[row] = self._read(row)
        return self._rows[row]

    def back(self, row: str, most: int = MOST) -> Back | None:
        """What a row came from: analysis, calls, and the student errors, to the seed shots.

        Args:
            row: its id.
            most: rows named in `ancestors` at most, the nearest first.
        """
        found = self.row(row)
        if found is None:
            return None
        analysis = self._analysis_before(found)
        names = [analysis.call] if analysis else []
        names += [found.drafted.written_by] if found.drafted else []  # where a translator followed
        names += [event.call for event in found.events]
        taken = {call: call for call in names if call}
        for decoded in self._decoded(found, analysis):  # paths that were not taken cost as well
            leader = decoded.call or next(iter(decoded.asked), None)
            if leader is not None:
                taken.update({call: leader for call in decoded.asked if call not in taken})
        exchanges = (self._exchange(call, found.round, own) for call, own in taken.items())
        ancestors, cut = self._ancestors(found, most)
        return Back(
            row=found,
            analysis=analysis,
            exchanges=tuple(one for one in exchanges if one.calls),
            ancestors=ancestors,
            cut=cut,
            scores=self._scores((found.round - 1, found.round) if found.drafted else ()),
        )

    def forward(self, row: str, most: int = MOST) -> Forward | None:
        """What was done about a row: who saw it, which texts answer it, how it fared.

        Args:
            row: its id.
            most: answers read at most, the earliest first.
        """
        found = self.row(row)
        if found is None:
            return None
        analyses: dict[int, AnalysisReference] = {}
        answers: dict[str, None] = {}
        rewritten: dict[str, None] = {}
        for how, event in self._mentioned(row):
            if isinstance(event, Analysed):
                seen = analyses.get(event.round)
                marks = (*(seen.how if seen and seen.analysis == event else ()), how)
                analyses[event.round] = AnalysisReference(event, marks)
            elif event.row is not None:
                (answers if how == "parent" else rewritten)[event.row] = None
        kept = [*answers][:most]
        rows = [one for name in kept if (one := self.row(name)) is not None]
        rounds = sorted({one.round for one in rows} | {v.round for v in found.after})
        return Forward(
            row=found,
            analyses=tuple(analyses.values()),
            answers=tuple(rows),
            more=len(answers) - len(kept),
            rewritten=tuple(rewritten),
            scores=self._scores({n for r in rounds for n in (r - 1, r)}),
        )

    def _read(self, row: str) -> RowHistory | None:
        """The row's own events, and whether its round was trained on."""
        events = self._events("row = ?", row)
        drafted = next((e for e in reversed(events) if isinstance(e, Drafted)), None)
        if not any(isinstance(event, (Drafted, Seeded, Retrieved)) for event in events):
            return None
        closed = drafted is not None and bool(self._scores((drafted.round,)))
        return row_history(row, events, closed)

    def _analysis_before(self, row: RowHistory) -> Analysed | None:
        """The analysis that the row's writer worked from."""
        if row.drafted is None:
            return None
        seq = self._db.execute(
            "SELECT MIN(seq) FROM events WHERE row = ? AND type = 'drafted'", (row.id,)
        ).fetchone()[0]
        found = self._events("type = 'analysed' AND round = ? AND seq < ?", row.round, seq)
        last = found[-1] if found else None
        return last if isinstance(last, Analysed) else None

    def _decoded(self, row: RowHistory, analysis: Analysed | None) -> list[Decoded]:
        """The paths to the row's labels, and to the analysis before it."""
        before = (
            [] if analysis is None else self._events("type = 'decoded' AND call = ?", analysis.call)
        )
        return [*(event for event in before if isinstance(event, Decoded)), *row.decoded]

    def _exchange(self, call: str, number: int, leader: str) -> Exchange:
        """A call with the attempts before it that gave nothing: all that its answer cost.

        It serves the rows that `leader` serves: the call itself, or that of the path taken.
        """
        found = [e for e in self._events("call = ?", call) if isinstance(e, Called)]
        if not found:  # a killed process had paid for it, and not yet told
            return Exchange(call, (), 0)
        last = found[-1]
        asked = last.slot.partition("/repair-")[0]
        same: list[Called] = []
        for event in self._events(_SAME_SLOT, number, last.node, asked, f"{asked}/repair-"):
            assert isinstance(event, Called)
            same.append(event)
            if event.call == call:
                break
            if event.status == "ok":  # another execution of the node, before a resume
                same.clear()
        return Exchange(call, tuple(same or found), self._served(leader, last.round))

    def _served(self, call: str, number: int) -> int:
        """How many rows an answer speaks of; for an analysis, how many were written from it."""
        if any(event.type == "analysed" for event in self._events("call = ?", call)):
            query = "SELECT COUNT(DISTINCT row) FROM events WHERE type = 'drafted' AND round = ?"
            return int(self._db.execute(query, (number,)).fetchone()[0])
        query = "SELECT COUNT(DISTINCT row) FROM events WHERE call = ?"
        return int(self._db.execute(query, (call,)).fetchone()[0])

    def _ancestors(
        self, row: RowHistory, most: int
    ) -> tuple[tuple[tuple[RowHistory, ...], ...], bool]:
        """Generations: parents, their parents, …; each row once, where it is nearest."""
        seen, generations, left = {row.id}, [], most
        names: Sequence[str] = row.parents
        while names:
            new = [name for name in dict.fromkeys(names) if name not in seen]
            kept = [one for name in new[:left] if (one := self.row(name)) is not None]
            seen.update(new)
            left -= len(kept)
            if kept:
                generations.append(tuple(kept))
            if len(new) > len(kept) and left <= 0:
                return tuple(generations), True
            names = [parent for one in kept for parent in one.parents]
        return tuple(generations), False

    def _mentioned(self, row: str) -> list[tuple[ReferenceKind, Event]]:
        """What later events say of a row, in their order."""
        query = "SELECT seq, how FROM mentions WHERE row = ? ORDER BY seq, how"
        found: list[tuple[ReferenceKind, Event]] = []
        for seq, how in self._db.execute(query, (row,)).fetchall():
            found += [(how, event) for event in self._events("seq = ?", seq)]
        return found

    def _scores(self, rounds: Collection[int]) -> tuple[Scored, ...]:
        """The last scores of these rounds."""
        for number in rounds:
            if number not in self._scored:
                events = self._events("type = 'scored' AND round = ?", number)
                last = events[-1] if events else None
                self._scored[number] = last if isinstance(last, Scored) else None
        return tuple(one for n in sorted(rounds) if (one := self._scored[n]) is not None)

    def _events(self, clause: str, *values: object) -> list[Event]:
        query = f"SELECT body FROM events WHERE {clause} ORDER BY seq"
        return [event_of(body) for (body,) in self._db.execute(query, values)]
