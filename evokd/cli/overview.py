"""A run's events by round: who worked, what they wrote, what became of the rows, the scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from evokd.cli.lines import WHOLE, batch_line, budget_line, scores_line, warning_word
from evokd.cli.screen import cell, shortened, show, table
from evokd.config import ConfigError
from evokd.ledger.call import UNBILLED
from evokd.runs.formatting import count, ratio, several
from evokd.runs.rounds import reason_of
from evokd.store.events import (
    Analysed,
    Batched,
    Begun,
    Budgeted,
    Called,
    Drafted,
    Evaluated,
    Event,
    Judged,
    Kept,
    NodeEnded,
    Retried,
    Scored,
    Stopped,
    Trained,
    Warned,
)


@dataclass
class NodeWork:
    """What one node did in a round."""

    times: int = 0
    seconds: float = 0.0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    unusable: int = 0
    """Attempts that gave no usable reply."""


@dataclass
class RoundTrace:
    """What there is to tell about a round."""

    number: int
    names: Sequence[str]
    """The task's scores, the one that counts first."""
    nodes: dict[str, NodeWork] = field(default_factory=dict)
    drafts: dict[str, Drafted] = field(default_factory=dict)
    verdicts: dict[str, Judged] = field(default_factory=dict)
    """The last word on each row: a node that a resume repeats says it again."""
    student: dict[str, Evaluated] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    """What `loop.keep` made of each accepted row."""
    analysis: str | None = None
    remarks: list[str] = field(default_factory=list)
    """Warnings, retries, training, scores, in their order."""

    def take(self, event: Event) -> None:
        """Add an event."""
        if isinstance(event, NodeEnded):
            work = self._work(event.node)
            work.times += 1
            work.seconds += event.seconds
        elif isinstance(event, Called):
            self._call(event)
        elif isinstance(event, Analysed):
            self.analysis = event.text
        elif event.row is not None:
            self._row(event, event.row)
        else:
            self._remark(event)

    def _work(self, node: str) -> NodeWork:
        return self.nodes.setdefault(node, NodeWork())

    def _call(self, event: Called) -> None:
        work = self._work(event.node)
        if event.status in UNBILLED:
            return
        work.calls += 1
        work.prompt_tokens += event.prompt_tokens
        work.completion_tokens += event.completion_tokens
        work.unusable += event.status != "ok"

    def _row(self, event: Event, row: str) -> None:
        match event:
            case Drafted():
                self.drafts[row] = event
            case Judged():
                self.verdicts[row] = event
            case Evaluated():
                self.student[row] = event
            case Kept():
                self.kept[row] = event

    def _remark(self, event: Event) -> None:
        match event:
            case Warned():
                word = warning_word(event)
                most = WHOLE if event.grave else 200
                self.remarks.append(f"{word}: {event.node}: {shortened(event.text, most)}")
            case Budgeted():
                self.remarks.append(f"budget: {budget_line(event)}")
            case Batched() if event.ended:
                self.remarks.append(f"batch: {event.node}: {batch_line(event)}")
            case Retried():
                self.remarks.append(f"retry: {event.node}: {shortened(event.reason, 200)}")
            case Trained():
                self.remarks.append(
                    f"trained: {several(event.rows, 'row')}, {several(event.steps, 'step')},"
                    f" loss {event.loss:.3f}, {event.seconds:.1f} s"
                )
            case Scored():
                self.remarks.append(f"scores: {scores_line(event, self.names)}")


def show_rounds(events: Iterable[Event], only: int | None, names: Sequence[str]) -> None:
    """Print the overview; with `only`, that round's rows as well.

    Raises:
        ConfigError: a round that has no events.
    """
    found = False
    ends: list[Stopped] = []
    for number, group in groupby(_without_ends(events, ends), key=attrgetter("round")):
        told = RoundTrace(number, names)
        for event in group:
            told.take(event)
        found = True
        _show_round(told, rows=only is not None)
    if not found:
        what = "no events yet" if only is None else f"--round {only}: no such round in this run"
        raise ConfigError(what)
    for end in ends if only is None else ():
        show(f"{end.status} at {end.at}: {shortened(end.reason, 200)}")


def _without_ends(events: Iterable[Event], ends: list[Stopped]) -> Iterator[Event]:
    """Sessions' ends carry no round; one may stand amid a round that a resume went on with."""
    for event in events:
        if isinstance(event, Stopped):
            ends.append(event)
        elif not isinstance(event, Begun):
            yield event


def _show_round(told: RoundTrace, rows: bool) -> None:
    show(cell(f"round {told.number}", "bold"))
    made = table("node", ">times", ">calls", ">prompt", ">completion", ">not used", ">seconds")
    for node, work in told.nodes.items():
        sums = (work.calls, work.prompt_tokens, work.completion_tokens, work.unusable)
        made.add_row(cell(node), str(work.times), *map(count, sums), f"{work.seconds:.1f}")
    show(made)
    if told.analysis:
        show(f"analysis: {shortened(told.analysis, 300)}")
    if told.drafts:
        show(_outcome(told))
    for remark in told.remarks:
        show(remark)
    if rows and told.drafts:
        show()
        show(_rows(told))
    show()


def _outcome(told: RoundTrace) -> str:
    """`rows: 33 written; 30 accepted, of these 9 wrong for the student; rejected: 3 too short`."""
    fates: Counter[str] = Counter()
    for verdict in told.verdicts.values():
        if verdict.action in ("reject", "retry"):
            by_model = verdict.call is not None
            fates[reason_of(verdict.action, shortened(verdict.reason, 80), by_model)] += 1
    wrong = sum(event.predicted != event.label for event in told.student.values())
    selected = [v for v in told.verdicts.values() if (v.by, v.action) == ("selector", "accept")]
    accepted = len(told.student) or len(selected)
    text = f"rows: {len(told.drafts)} written; {accepted} accepted"
    if told.student:
        text += f", of these the student had {wrong} wrong"
    if told.kept:
        text += f"; {sum(one.kept for one in told.kept.values())} kept"
    if fates:
        listed = ", ".join(f"{rows} × {reason}" for reason, rows in fates.most_common())
        text += f"; rejected: {listed}"
    return text


def _rows(told: RoundTrace) -> Any:
    made = table("row", "label", "fate", "student", "text")
    for row, draft in sorted(told.drafts.items()):
        verdict, seen = told.verdicts.get(row), told.student.get(row)
        fate: str = verdict.action if verdict else ("accept" if seen else "–")
        if verdict and not seen:
            fate = f"{fate}: {shortened(verdict.reason, 40)}"
        if row in told.kept and not told.kept[row].kept:
            fate = "not kept"
        student = f"{seen.predicted} {ratio(seen.confidence)}" if seen else "–"
        label = seen.label if seen else (verdict.label if verdict else None)
        made.add_row(
            cell(row),
            cell(shortened(label or "–", 14)),
            cell(fate),
            cell(shortened(student, 20)),
            cell(shortened(draft.text, 90)),
        )
    return made
