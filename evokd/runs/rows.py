"""The texts of one round: who wrote each, how it was labelled and judged, what the student said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evokd.runs.files import reading
from evokd.runs.run import Run, number
from evokd.runs.trace import TracedEvent, told

AT_ONCE = 500
"""Variables in one statement."""


@dataclass
class ShownVote:
    """A labeler's answer."""

    voter: int
    label: str
    call: str | None
    probability: float | None
    """Of that label, where the labeler gives one."""
    reason: str


@dataclass
class DraftedText:
    """A generated text and its fate so far."""

    row: str
    node: str
    kind: str
    text: str
    intended: str
    call: str | None
    parents: list[str]
    round: int = 0
    votes: list[ShownVote] = field(default_factory=list)
    verdict: str = "open"
    """accept, relabel, reject, retry (sent back to its writer), or open."""
    reason: str = ""
    judge: str = ""
    judged_in: str | None = None
    """The critic's call, where it was a model."""
    label: str = ""
    """The final one, or what most labelers said."""
    predicted: str = ""
    """The student's label before it trained on the row."""
    confidence: float | None = None

    @property
    def student_right(self) -> bool | None:
        return self.predicted == self.label if self.predicted else None


def read_texts(run: Run, where: int | None = None) -> list[DraftedText]:
    """The round's texts in the order they were written; without a round those of all.

    Raises:
        Unreadable: there are no events.
    """
    clause = "type IN ('drafted', 'voted', 'judged', 'evaluated')"
    with reading(run.path, "events.sqlite") as db:
        if where is None:
            return gather(told(db, clause))
        return gather(told(db, f"round = ? AND {clause}", (where,)))


def texts_by_id(run: Run, rows: Sequence[str]) -> dict[str, str]:
    """The texts of rows, seed shots and passages among them, as far as the trace has them.

    Raises:
        Unreadable: there are no events.
    """
    found: dict[str, str] = {}
    with reading(run.path, "events.sqlite") as db:
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            places = ",".join("?" * len(some))
            where = f"row IN ({places}) AND +type IN ('drafted', 'seeded', 'retrieved')"
            found |= {event.row or "": event.text("text") for event in told(db, where, some)}
    return found


def gather(events: Iterable[TracedEvent]) -> list[DraftedText]:
    """Texts out of events; what a resume said again replaces what was said before."""
    texts: dict[str, DraftedText] = {}
    for event in events:
        if event.row is None:
            continue
        if event.type == "drafted":
            texts[event.row] = _drafted(event)
        elif (text := texts.get(event.row)) is not None:
            _add(text, event)
    return list(texts.values())


def _drafted(event: TracedEvent) -> DraftedText:
    return DraftedText(
        row=event.row or "",
        node=event.node,
        kind=event.text("kind"),
        text=event.text("text"),
        intended=event.text("intended_label"),
        call=event.call,
        parents=event.names("parents"),
        round=event.round,
    )


def _add(text: DraftedText, event: TracedEvent) -> None:
    if event.type == "voted":
        vote = _voted(event)
        text.votes = [*(one for one in text.votes if one.voter != vote.voter), vote]
        text.label = vote.label or text.label
    elif event.type == "judged":
        text.verdict, text.reason = event.text("action"), event.text("reason")
        text.judge, text.judged_in = event.text("by"), event.call
        text.label = event.text("label") or text.label
    else:
        if text.verdict == "open":  # without a critic the ballot says nothing of what it lets by
            text.verdict = "accept"
        text.label = event.text("label")
        text.predicted = event.text("predicted")
        text.confidence = number(event.body.get("confidence"))


def _voted(event: TracedEvent) -> ShownVote:
    label = event.text("label")
    shares = event.body.get("probabilities")
    return ShownVote(
        voter=int(number(event.body.get("voter")) or 0),
        label=label,
        call=event.call,
        probability=number(shares.get(label)) if isinstance(shares, dict) else None,
        reason=event.text("reason"),
    )


@dataclass(frozen=True)
class Filter:
    """What a reader wants to see of a round's texts; an empty field lets all through."""

    agent: str = ""
    label: str = ""
    verdict: str = ""
    words: str = ""

    def keep(self, texts: Iterable[DraftedText]) -> list[DraftedText]:
        """The texts that fit in every way."""
        words = self.words.casefold()
        return [
            text
            for text in texts
            if self.agent in ("", text.node)
            and self.label in ("", text.label)
            and self.verdict in ("", text.verdict)
            and (not words or words in f"{text.row}\n{text.text}\n{text.reason}".casefold())
        ]
