"""A person's part in a round: which rows to show, and what a verdict makes of a row.

A verdict is a vote of weight one among the others, and the last word: see `docs/design/person.md`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agents.records import Candidate, Verdict, Vote
from evokd.config.loop import Pick

PERSON = -1
"""`Vote.voter` of a person; labelers count from 0."""
BY_A_PERSON = "rejected by a person"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A row as it comes to the person."""

    candidate: Candidate
    verdict: Verdict | None
    """The critic's; None where there is none."""

    @property
    def rejected(self) -> bool:
        """Whether the row is out unless a person takes it back in."""
        return self.verdict is not None and self.verdict.action == "reject"

    @property
    def is_disputed(self) -> bool:
        """Whether voters, or voters and critic, said different things."""
        if self.verdict is not None and self.verdict.action in ("relabel", "reject"):
            return True
        return len({vote.label for vote in self.candidate.votes if vote.label is not None}) > 1


def choose(
    rows: Sequence[Judgement],
    pick: Pick,
    most: int,
    margins: Mapping[str, float],
    rng: random.Random,
) -> list[Judgement]:
    """The rows to show, in the order of `rows`.

    Args:
        rows: Accepted ones, and those that the critic rejected, which only `disputed` shows.
        pick: How they are chosen.
        most: So many at most.
        margins: The student's margin on each accepted row, in [0, 1], by id.
        rng: Draws, and breaks ties.
    """
    known = [row for row in rows if not row.rejected]
    if pick == "disputed":
        known = [row for row in rows if row.is_disputed]
    drawn = rng.sample(range(len(known)), len(known))
    if pick == "uncertain":  # sorting is stable: ties stay as drawn
        drawn.sort(key=lambda i: _certainty(known[i].candidate, margins))
    return [known[i] for i in sorted(drawn[:most])]


def _certainty(row: Candidate, margins: Mapping[str, float]) -> tuple[float, float]:
    """How sure the label is: the labelers' own word first, for it is the label that is judged."""
    said = row.agreement if row.probability is None else row.probability
    return said, margins.get(row.draft.row, 1.0)


def with_vote(row: Candidate, label: str) -> Candidate:
    """The row with a person's vote for a label, which then is the row's.

    Agreement and probability become those of that label, over all who voted.
    """
    others = tuple(vote for vote in row.votes if vote.voter != PERSON)
    votes = (*others, Vote(row.draft.row, PERSON, label, None, None))
    cast = [vote for vote in votes if vote.label is not None]
    scored = [
        math.exp(vote.logprobs[label])
        for vote in others
        if vote.logprobs and label in vote.logprobs
    ]
    return replace(
        row,
        label=label,
        probability=sum(scored) / len(scored) if scored else None,
        agreement=sum(vote.label == label for vote in cast) / len(cast),
        votes=votes,
        # the last word, so the student is taught it whole
        distribution=None if row.distribution is None else {label: 1.0},
    )


def person_label(row: Candidate) -> str | None:
    """What a person labelled the row with; None where no person saw it."""
    return next((vote.label for vote in row.votes if vote.voter == PERSON), None)
