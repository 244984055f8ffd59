"""Doubt: whose class, as it was ordered, others contradict, and what that makes of their votes.

A writer was told a class; that is its intention. What is known without asking anybody (labelled
rows near the text, the student) is the evidence. Where both agree the intention stands and no
label is paid for; where the evidence is for another class the text is doubted, and a labeler may be
asked. Then three have a vote: the writer, the evidence, the labeler. Two of them decide; where all
three differ, or the labeler gave no answer, the ballot finds a tie, and the row is out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.records import Draft, Vote

WRITER, EVIDENCE = -2, -3
"""`Vote.voter` of the writer's intention and of the evidence; labelers count from 0."""
LEAST = 1e-6
"""Share of a class that nothing speaks for."""
NAMED = 5
"""Near rows that a text's lineage names, at most."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a text without asking anybody."""

    shares: Mapping[str, float]
    """Class → share in (0, 1], summing to 1; empty: nothing is known."""
    near: tuple[str, ...] = ()
    """Ids of the labelled rows nearest to it, the nearest first."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a text's evidence says of its intention."""

    row: str
    intended: str
    likeliest: str
    """The class that the evidence is for; the intended one where it knows nothing."""
    gap: float
    """Share of the likeliest other class minus that of the intended one, in [-1, 1]."""
    near: tuple[str, ...]
    doubted: bool
    asked: bool = False
    """A labeler is asked."""

    def lineage(self) -> dict[str, Any]:
        """As it stands in drafts.jsonl and synthetic.jsonl."""
        return {
            "asked": self.asked,
            "doubted": self.doubted,
            "likeliest": self.likeliest,
            "gap": round(self.gap, 4),
            "near": list(self.near),
        }


def weighed(draft: Draft, evidence: Evidence, margin: float) -> Doubt:
    """Hold the evidence against the intention.

    Args:
        draft: Written for a class.
        evidence: About its text.
        margin: The gap above which it is doubted.
    """
    intended = draft.intended_label
    assert intended is not None
    shares = evidence.shares
    others = [name for name in shares if name != intended]
    rival = max(others, key=shares.__getitem__, default=intended)
    gap = (shares.get(rival, 0.0) if others else 0.0) - shares.get(intended, 0.0)
    near = evidence.near[:NAMED]
    likeliest = rival if gap > 0 else intended
    return Doubt(draft.row, intended, likeliest, gap, near, bool(shares) and gap > margin)


def to_ask(doubts: Sequence[Doubt], most: int) -> list[Doubt]:
    """The same with those marked that a labeler is asked about: the most doubtful, `most` at most.

    Of equals the earlier one is asked.
    """
    places = [place for place, one in enumerate(doubts) if one.doubted]
    chosen = set(sorted(places, key=lambda place: -doubts[place].gap)[: max(0, most)])
    return [replace(one, asked=place in chosen) for place, one in enumerate(doubts)]


def with_student(
    found: Sequence[Evidence], said: Sequence[Sequence[float]], labels: Sequence[str]
) -> list[Evidence]:
    """The student's probabilities as evidence; with evidence of another kind, the mean of both.

    Args:
        found: Evidence about the same texts; none: the student's alone.
        said: Its probabilities, [texts, labels].
        labels: Of the columns.
    """
    own = [Evidence(dict(zip(labels, line, strict=True))) for line in said]
    if not found:
        return own
    return [
        Evidence(
            {name: (one.shares.get(name, 0.0) + p) / 2 for name, p in other.shares.items()},
            one.near,
        )
        for one, other in zip(found, own, strict=True)
    ]


def every_so_often(doubts: Sequence[Doubt], share: float) -> list[Doubt]:
    """A share of them doubted, spread evenly: for plans, in which nobody knows anything."""
    return [
        replace(one, doubted=int((place + 1) * share) > int(place * share))
        for place, one in enumerate(doubts)
    ]


def votes_of(
    draft: Draft, doubt: Doubt, evidence: Evidence, labels: Sequence[str]
) -> tuple[Vote, ...]:
    """The writer's vote, and the evidence's where a labeler is asked.

    The writer's says how sure it is: half by its order, half by the evidence, as a student is
    taught a label softened by other opinions (Reed et al. 2015, arXiv 1412.6596). Where nobody is
    asked the evidence has no vote of its own, for it would only undo the writer's.

    Args:
        draft: The text.
        doubt: Of it.
        evidence: About it.
        labels: Of the task: each gets a probability.
    """
    if not evidence.shares:
        return (Vote(draft.row, WRITER, doubt.intended, None, draft.call),)
    mixed = {name: evidence.shares.get(name, 0.0) / 2 for name in labels}
    mixed[doubt.intended] += 0.5
    own = Vote(draft.row, WRITER, doubt.intended, _logs(mixed), draft.call)
    if not doubt.asked:
        return (own,)
    shares = {name: evidence.shares.get(name, 0.0) for name in labels}
    return own, Vote(draft.row, EVIDENCE, doubt.likeliest, _logs(shares), None)


def reason(doubt: Doubt) -> str:
    """Why a text is dropped."""
    return f"doubted: ordered as {doubt.intended}, the evidence is for {doubt.likeliest}"


def _logs(shares: Mapping[str, float]) -> dict[str, float]:
    floored = {name: max(LEAST, share) for name, share in shares.items()}
    total = sum(floored.values())
    return {name: math.log(share / total) for name, share in floored.items()}
