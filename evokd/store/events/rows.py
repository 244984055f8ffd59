"""Rows: where their texts come from, who voted, what became of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from evokd.store.events.base import BaseEvent


class Seeded(BaseEvent):
    """A seed shot: what the student learns first."""

    type: Literal["seeded"] = "seeded"
    text: str
    label: str


class Retrieved(BaseEvent):
    """A text of the pool was handed to a writer, to be said anew."""

    type: Literal["retrieved"] = "retrieved"
    text: str
    parents: list[str]
    """The row it was found near to; none where it was drawn."""
    target: str
    """The class, or the answer in words, that it is to be rewritten for."""


class Drafted(BaseEvent):
    """A generator wrote a text, or one was picked from the pool."""

    type: Literal["drafted"] = "drafted"
    text: str
    kind: Literal["easy", "hard", "plain", "pool"]
    """`pool`: a real text that was picked, which nobody wrote."""
    intended_label: str | None
    parents: list[str]
    """The student errors it answers."""
    rewrites: list[str] = Field(default_factory=list)
    """Rows that the critic sent back to the call that wrote this one."""
    original: str | None = None
    """What the writer wrote, where a translator says it in the language of the task."""
    written_by: str | None = None
    """The writer's call, where `call` is the translator's."""


class Doubted(BaseEvent):
    """What is known of a written text was held against the class that it was ordered for."""

    type: Literal["doubted"] = "doubted"
    intended: str
    likeliest: str
    """The class that the evidence is for: labelled rows near the text, the student."""
    gap: float
    """Share of the likeliest other class minus that of the intended one, in [-1, 1]."""
    near: list[str]
    """The labelled rows nearest to it, the nearest first."""
    doubted: bool
    asked: bool
    """A labeler is asked; else the intention stands, or the text is dropped."""
    dropped: bool = False


class Voted(BaseEvent):
    """A labeler's answer for one text; None where it gave none that can be used."""

    type: Literal["voted"] = "voted"
    voter: int
    label: str | None
    probabilities: dict[str, float] | None = None
    reason: str | None = None


class Decoded(BaseEvent):
    """Several paths to one answer, of which one was taken (`loop.decoding`); `call` is that one's.

    The lists have an entry for each path; samples of one request share its call.
    """

    type: Literal["decoded"] = "decoded"
    voter: int = 0
    """Which of the role's endpoints was asked."""
    rule: Literal["max", "aggregated", "majority"]
    branched: bool
    """They part at the first token; else they are samples."""
    chosen: int | None
    """Place in the lists; None where no path had an answer."""
    weight: float
    """Of the answer taken, by the rule."""
    answers: list[str | None]
    margins: list[float | None]
    """In [-1, 1]; null where nothing was weighed."""
    calls: list[str]
    completions: list[int]
    """Which completion of its call each is, from 0."""
    asked: list[str]
    """All calls that it took, that for the first token among them."""
    reason: str | None = None
    """Why none was taken, or why it was not taken by the rule."""


class Judged(BaseEvent):
    """What became of a row."""

    type: Literal["judged"] = "judged"
    by: str
    """`writer`, `ballot`, `critic`, `selector`, `quality_filter`, or a node of a user's own.
    `writer`: found to be no clean row in the node that wrote it."""
    action: Literal["accept", "relabel", "reject", "retry"]
    label: str | None
    reason: str


class Kept(BaseEvent):
    """What a policy of `loop.keep` thinks of an accepted row, and whether it stays."""

    type: Literal["kept"] = "kept"
    policy: str
    score: float | None
    """Higher is kept; what it counts, the policy says. None: no finite number."""
    kept: bool
    """False: it is not trained on, and in no history."""


class Audited(BaseEvent):
    """The auditor's word on a row whose label is doubtful, or no longer is."""

    type: Literal["audited"] = "audited"
    label: str
    suspect: bool
    """False: an earlier audit doubted it, this one doesn't."""
    likelier: str | None
    """The label that fits better; None where there is none."""
    weight: float
    """Factor of its loss until the next audit; 0: it is left out of training."""
    reason: str
