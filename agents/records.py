"""What the agents hand to one another: plain records that travel as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

DraftKind = Literal["easy", "hard", "plain", "pool"]
"""`plain`: written by a rival, which knows neither. `pool`: a real text, which nobody wrote."""
Mark = Literal["right", "wrong", "uncertain", "confident"]
"""`confident`: wrong, and among the mistakes the student was surest of."""
Action = Literal["accept", "relabel", "reject", "retry"]


class _Record:
    """JSON there and back; fields are plain values, tuples come back as tuples."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values by field; `asdict` would copy them all, at ten times the cost."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}  # type: ignore[attr-defined]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Any:
        """A record from its JSON."""
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})


@dataclass(frozen=True, slots=True)
class Marked(_Record):
    """A labelled row and what the student made of it: the feedback the analyst reads."""

    row: str
    text: str
    label: str
    predicted: str
    margin: float
    """Probability of the prediction minus that of the runner-up, in [0, 1]."""
    mark: Mark
    kind: str = ""
    """A `DraftKind`; empty for a seed shot."""
    loss: float | None = None
    """The student's cross-entropy on the row's own label, nats; None where nobody asked for it."""

    def to_json(self) -> dict[str, Any]:
        """Without a loss as rows were written before there was one."""
        found = _Record.to_json(self)
        if self.loss is None:
            del found["loss"]
        return found


@dataclass(frozen=True, slots=True)
class Pattern(_Record):
    """One weakness that an analysis names."""

    text: str
    cited: tuple[str, ...]
    """Ids of the student errors that show it."""


@dataclass(frozen=True, slots=True)
class Analysis(_Record):
    """The weakness analysis; only its text goes on to the generators."""

    text: str
    cited: tuple[str, ...]
    """Ids of the student errors it names, or of all it saw where it names none."""
    call: str | None
    about: tuple[str, ...] = ()
    """Classes whose texts it speaks of; empty: of any. A writer that is told one class a call hears
    it for these alone."""
    patterns: tuple[Pattern, ...] = ()
    """Its weaknesses one by one; none where the reply is plain text."""

    def to_json(self) -> dict[str, Any]:
        """Without its patterns, which no writer is handed: they would weigh as freight."""
        found = _Record.to_json(self)
        del found["patterns"]
        return found


@dataclass(frozen=True, slots=True)
class Draft(_Record):
    """A generated text."""

    row: str
    """Id within the run: round, kind, number."""
    round: int
    kind: DraftKind
    text: str
    intended_label: str | None
    """What the writer aimed at, where it was told or says so; the labeler never sees it."""
    call: str | None
    """None for a text that no call wrote (EDA, a pool)."""
    parents: tuple[str, ...]
    """Student errors it answers."""
    rewrites: tuple[str, ...] = ()
    """Rows that the critic sent back to the call that wrote this one."""
    original: str | None = None
    """What the writer wrote, where a translator gave `text`."""
    translation: str | None = None
    """The translator's call."""
    fault: str | None = None
    """Why the text can't be used: it is no clean row, or the translator gave none."""
    unclean: bool = False
    """`fault` was found in the text itself, as it was written (`agents.clean`)."""
    level: int | None = None
    """How difficult it was to be (`loop.difficulty`)."""
    attributes: dict[str, str] | None = None
    """What its writer was told to give it, by dimension (AttrPrompt, lean)."""
    doubt: dict[str, Any] | None = None
    """Why its label was asked for, or not (lean); see `agents.doubt.Doubt`."""

    def to_json(self) -> dict[str, Any]:
        """Without attributes and doubt as drafts were written before there were any."""
        found = _Record.to_json(self)
        for name in ("attributes", "doubt"):
            if found[name] is None:
                del found[name]
        return found


@dataclass(frozen=True, slots=True)
class Passage(_Record):
    """A text of the pool, taken for a round."""

    row: str
    """Its id in the pool."""
    text: str
    near: tuple[str, ...]
    """The row it was found near to; none of a text that was drawn."""
    target: str | None = None
    """What it is to be said anew for; None: it is labelled as it is."""


@dataclass(frozen=True, slots=True)
class Vote(_Record):
    """One labeler's answer for one text; `label` None where it gave none that can be used."""

    row: str
    voter: int
    label: str | None
    logprobs: dict[str, float] | None
    """By label, where the labeler answers in log-probabilities; normalised over the labels."""
    call: str | None
    reason: str | None = None
    more: tuple[str, ...] = ()
    """Further calls, where a vote took several (one for each head)."""
    confidence: float | None = None
    """How sure it says it is, in [0, 1] (`loop.confidence`); None where nobody asked, or it didn't
    say."""

    def to_json(self) -> dict[str, Any]:
        """Without a confidence as votes were written before any was asked for."""
        found = _Record.to_json(self)
        if self.confidence is None:
            del found["confidence"]
        return found


@dataclass(frozen=True, slots=True)
class Candidate(_Record):
    """A draft with the label the vote gave it."""

    draft: Draft
    label: str
    probability: float | None
    """Of that label, after calibration; None where the votes carry no probabilities."""
    agreement: float
    """Share of the voters that chose the label."""
    votes: tuple[Vote, ...]
    distribution: dict[str, float] | None = None
    """Label → probability, by the votes (`agents.distribution`); labels that are not in it have
    none. None: nothing but the label is known."""

    def to_json(self) -> dict[str, Any]:
        votes = [vote.to_json() for vote in self.votes]
        told = {} if self.distribution is None else {"distribution": self.distribution}
        return {
            "draft": self.draft.to_json(),
            "label": self.label,
            "probability": self.probability,
            "agreement": self.agreement,
            "votes": votes,
            **told,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Candidate:
        """A candidate from its JSON."""
        return cls(
            Draft.from_json(data["draft"]),
            data["label"],
            data["probability"],
            data["agreement"],
            tuple(Vote.from_json(vote) for vote in data["votes"]),
            data.get("distribution"),
        )


@dataclass(frozen=True, slots=True)
class Verdict(_Record):
    """What the ballot or the critic decided about a row."""

    row: str
    action: Action
    label: str | None
    reason: str
    call: str | None = None
