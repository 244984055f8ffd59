"""What a walk through the lineage finds, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evokd.store.events import (
    Analysed,
    Audited,
    Called,
    Decoded,
    Doubted,
    Drafted,
    Evaluated,
    Event,
    Judged,
    Kept,
    Retested,
    Retrieved,
    Scored,
    Seeded,
    Voted,
)
from evokd.store.row_references import ReferenceKind

Fate = Literal[
    "seed", "trained", "left out", "not kept", "rejected", "sent back", "open", "passage"
]
"""`open`: its round has not been trained on (yet). `left out`: accepted, but the last audit of its
label left it out of training. `not kept`: accepted, but `loop.keep` let it go. `passage`: a text of
the pool that a writer said anew; itself never trained on."""


@dataclass(frozen=True, slots=True)
class RowHistory:
    """A row, and the last word on each thing that was said of it."""

    id: str
    round: int
    """In which it was written, or taken from the pool; 0 for a seed shot."""
    kind: Literal["seed", "easy", "hard", "plain", "pool"]
    text: str
    label: str | None
    """The one it is trained on with; else what the last judge, the vote or the writer said."""
    fate: Fate
    drafted: Drafted | None
    votes: tuple[Voted, ...]
    verdicts: tuple[Judged, ...]
    before: Evaluated | None
    """The student's verdict before it trained on it."""
    after: tuple[Retested, ...]
    """The student's verdicts after trainings, in the order of the rounds."""
    audits: tuple[Audited, ...] = ()
    """Audits that doubted its label, or no longer did, in the order of the rounds."""
    kept: Kept | None = None
    """What `loop.keep` thought of it."""
    retrieved: Retrieved | None = None
    """Of a text of the pool that a writer said anew."""
    decoded: tuple[Decoded, ...] = ()
    """The paths to its label, where a labeler took several."""
    doubt: Doubted | None = None
    """What spoke against the class that it was ordered for (lean)."""

    @property
    def parents(self) -> tuple[str, ...]:
        """The student errors it answers."""
        found = self.drafted or self.retrieved
        return tuple(found.parents) if found else ()

    @property
    def pool(self) -> str | None:
        """Its id in the pool, `pool-17`; None where somebody wrote it."""
        return self.id.partition("-")[2] if self.kind == "pool" else None

    @property
    def choice(self) -> str | None:
        """What `loop.keep` made of it, in words; None where it didn't choose."""
        if self.kept is None:
            return None
        score = "no finite score" if self.kept.score is None else f"score {self.kept.score:g}"
        return f"{'kept' if self.kept.kept else 'not kept'} by {self.kept.policy} ({score})"

    @property
    def rewrites(self) -> tuple[str, ...]:
        """Rows that the critic had sent back to the call that wrote it."""
        return tuple(self.drafted.rewrites) if self.drafted else ()

    @property
    def events(self) -> tuple[Event, ...]:
        """All of these, in the order of their happening."""
        first: tuple[Event, ...] = (self.drafted,) if self.drafted else ()
        seen: tuple[Event, ...] = (self.before,) if self.before else ()
        doubt: tuple[Event, ...] = (self.doubt,) if self.doubt else ()
        chosen: tuple[Event, ...] = (self.kept,) if self.kept else ()
        return (
            *first,
            *doubt,
            *self.decoded,
            *self.votes,
            *self.verdicts,
            *seen,
            *chosen,
            *self.audits,
            *self.after,
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call with the attempts and repair turns it took."""

    call: str
    """Id of the attempt whose reply was used."""
    calls: tuple[Called, ...]
    """All attempts, the used one last; none where a killed process had no time to tell."""
    rows: int
    """How many rows share its cost."""

    @property
    def tokens(self) -> int:
        """Prompt and completion of all attempts."""
        return sum(one.prompt_tokens + one.completion_tokens for one in self.calls)

    @property
    def share(self) -> float:
        """Tokens for each row it served."""
        return self.tokens / max(1, self.rows)


@dataclass(frozen=True, slots=True)
class Back:
    """What a row came from."""

    row: RowHistory
    analysis: Analysed | None
    exchanges: tuple[Exchange, ...]
    """Of the analyst, the writer, the labelers and the critic, in this order."""
    ancestors: tuple[tuple[RowHistory, ...], ...]
    """Its parents, their parents and so on to the seed, each row once."""
    cut: bool
    """There are more ancestors than were asked for."""
    scores: tuple[Scored, ...]
    """Before and after the training on it."""

    @property
    def tokens(self) -> float:
        """What this row cost: its share of every call."""
        return sum(one.share for one in self.exchanges)


@dataclass(frozen=True, slots=True)
class AnalysisReference:
    """An analysis, and what it had to do with a row."""

    analysis: Analysed
    how: tuple[ReferenceKind, ...]
    """`right` or `wrong`: shown as such; `cited`: named in the analysis."""


@dataclass(frozen=True, slots=True)
class Forward:
    """What was done about a row."""

    row: RowHistory
    analyses: tuple[AnalysisReference, ...]
    answers: tuple[RowHistory, ...]
    """Texts that were written to answer it, with what became of them."""
    more: int
    """Answers beyond those asked for."""
    rewritten: tuple[str, ...]
    """Rows that were written instead of it, after the critic had sent it back."""
    scores: tuple[Scored, ...]
    """Before and after each round that answers it, and after each verdict on it."""


def row_history(row: str, events: Sequence[Event], closed: bool) -> RowHistory:
    """The last word on each thing; what a resume repeated was said only once.

    Args:
        row: its id.
        events: of this row, in their order.
        closed: its round has been trained on and scored.
    """
    last: dict[tuple[str, Any], Event] = {}
    for event in events:
        detail = event.round if isinstance(event, Retested | Audited) else None
        key = (event.type, getattr(event, "voter", getattr(event, "by", detail)))
        last.pop(key, None)  # a verdict said again counts from then
        last[key] = event
    words = list(last.values())
    drafted = next((e for e in words if isinstance(e, Drafted)), None)
    seeded = next((e for e in words if isinstance(e, Seeded)), None)
    retrieved = next((e for e in words if isinstance(e, Retrieved)), None)
    if drafted is None and retrieved is not None:
        return _passage(retrieved, row)
    votes = tuple(e for e in words if isinstance(e, Voted))
    verdicts = tuple(e for e in words if isinstance(e, Judged))
    before = next((e for e in words if isinstance(e, Evaluated)), None)
    after = tuple(e for e in words if isinstance(e, Retested))
    kept = next((e for e in words if isinstance(e, Kept)), None)
    audits = sorted((e for e in words if isinstance(e, Audited)), key=lambda event: event.round)
    if drafted is None:
        text, label = (seeded.text, seeded.label) if seeded else ("", None)
    else:
        text, label = drafted.text, _label(drafted, votes, verdicts, before)
    return RowHistory(
        id=row,
        round=drafted.round if drafted else 0,
        kind=drafted.kind if drafted else "seed",
        text=text,
        label=label,
        fate=_fate(drafted, verdicts, before, closed, audits, kept),
        drafted=drafted,
        votes=votes,
        verdicts=verdicts,
        before=before,
        after=tuple(sorted(after, key=lambda event: event.round)),
        audits=tuple(audits),
        kept=kept,
        decoded=tuple(e for e in words if isinstance(e, Decoded)),
        doubt=next((e for e in words if isinstance(e, Doubted)), None),
    )


def _passage(event: Retrieved, row: str) -> RowHistory:
    return RowHistory(
        id=row,
        round=event.round,
        kind="pool",
        text=event.text,
        label=None,
        fate="passage",
        drafted=None,
        votes=(),
        verdicts=(),
        before=None,
        after=(),
        retrieved=event,
    )


def _label(
    drafted: Drafted,
    votes: Sequence[Voted],
    verdicts: Sequence[Judged],
    before: Evaluated | None,
) -> str | None:
    if before is not None:
        return before.label
    judged = [event.label for event in verdicts if event.label is not None]
    if judged:
        return judged[-1]
    ranked = Counter(vote.label for vote in votes if vote.label is not None).most_common(2)
    if ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1]):
        return ranked[0][0]
    return None if ranked else drafted.intended_label


def _fate(
    drafted: Drafted | None,
    verdicts: Sequence[Judged],
    before: Evaluated | None,
    closed: bool,
    audits: Sequence[Audited],
    kept: Kept | None,
) -> Fate:
    if drafted is None:
        return "seed"
    if verdicts and verdicts[-1].action in ("reject", "retry"):
        return "sent back" if verdicts[-1].action == "retry" else "rejected"
    # rows of the warm-up (paraphrases) are trained on without a verdict before
    learnt = before is not None or drafted.round == 0 or _is_selected(verdicts)
    if not (closed and learnt):
        return "open"
    if kept is not None and not kept.kept:
        return "not kept"
    return "left out" if audits and audits[-1].weight == 0 else "trained"


def _is_selected(verdicts: Sequence[Judged]) -> bool:
    """Reasoning distillation asks its student for no verdict on a response that it learns."""
    return bool(verdicts) and (verdicts[-1].by, verdicts[-1].action) == ("selector", "accept")
