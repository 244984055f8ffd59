"""What travels between nodes: responses, and what teacher and student think of them, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from evokd.dasd.alignment import Aligned, PlacedToken, align, align_parts
from evokd.dasd.scores import ResponseScores, Sentence
from evokd.dasd.selection import SelectionCandidate
from evokd.dasd.spans import ByteSpan
from evokd.dasd.tokens import Unscorable, read_tokens
from evokd.teacher.reply import Reply

OPEN, CLOSE = "<think>", "</think>\n"
"""Around reasoning that a server sends apart; the packs' worked examples have the same."""


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A response to a training question."""

    id: str
    """Within the run: round, question, number."""
    question: str
    """Id of the question."""
    stratum: str
    """What must not be mixed when ranking: who wrote it, how."""
    text: str
    """What the student would learn."""
    finish_reason: str
    answer: str | None
    """As it was read; None: none is stated."""
    right: bool
    """Whether that is the gold answer."""
    calls: tuple[str, ...] = ()
    """The call that wrote it, last where there are several."""
    tokens: Aligned | None = None
    """The teacher's; None where log-probabilities are missing or don't fit."""
    unscorable: str = ""
    """Why there are none."""

    def to_json(self) -> dict[str, Any]:
        """With four values a token: start, end, logprob, partial."""
        row = {**self.to_line(), "calls": self.calls}
        if self.tokens is not None:
            row["tokens"] = [
                [t.start, t.end, t.logprob, int(t.partial)] for t in self.tokens.tokens
            ]
            row["edges"], row["clipped"] = self.tokens.edges, self.tokens.clipped
        return row

    def to_line(self) -> dict[str, Any]:
        """Without tokens: for people."""
        return {
            "id": self.id,
            "question": self.question,
            "stratum": self.stratum,
            "text": self.text,
            "finish_reason": self.finish_reason,
            "answer": self.answer,
            "right": self.right,
            "unscorable": self.unscorable,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ResponseRow:
        """The inverse of `to_json`."""
        tokens = None
        if "tokens" in data:
            placed = (
                PlacedToken(a, b, logprob, None, bool(p)) for a, b, logprob, p in data["tokens"]
            )
            tokens = Aligned(tuple(placed), data["edges"], data["clipped"])
        known = {k: v for k, v in data.items() if k not in ("tokens", "edges", "clipped", "calls")}
        return cls(**known, calls=tuple(data["calls"]), tokens=tokens)


def response_of(reply: Reply) -> tuple[str, Aligned | Unscorable]:
    """The text that the student would learn, and the teacher's tokens of it.

    Reasoning that came apart is put in front, in tags that the teacher never wrote.
    """
    stream = read_tokens(reply.logprobs)
    text, thought = reply.text.strip(), reply.reasoning.strip()
    if not text:
        return "", Unscorable("the reply is empty")
    if not thought:
        found = stream if isinstance(stream, Unscorable) else align(text, stream)
        return text, found
    whole = f"{OPEN}{thought}{CLOSE}{text}"
    if isinstance(stream, Unscorable):
        return whole, stream
    parts = [(len(OPEN), thought), (len(f"{OPEN}{thought}{CLOSE}".encode()), text)]
    return whole, align_parts(whole, parts, stream)


def with_tokens(row: ResponseRow, found: Aligned | Unscorable) -> ResponseRow:
    """The row with the teacher's tokens, or why it has none."""
    if isinstance(found, Unscorable):
        return replace(row, unscorable=found.reason)
    return replace(row, tokens=found)


@dataclass(frozen=True, slots=True)
class ScoredResponse:
    """What teacher and student think of a response."""

    row: str
    """Its id."""
    question: str
    stratum: str
    size: int
    """Tokens of the student."""
    nll: float | None
    """Of the student: mean, nats a token."""
    rsr: float | None
    prompt_sha: str
    """Of the student's prompt; training must use the same."""
    scored: ResponseScores | None = None
    refused: str = ""
    """Why it has no score."""

    @property
    def candidate(self) -> SelectionCandidate:
        """As the selection sees it."""
        return SelectionCandidate(
            id=self.row,
            question=self.question,
            stratum=self.stratum,
            size=self.size,
            scored=self.scored,
            student_nll=self.nll,
            rsr=self.rsr,
        )

    def to_json(self) -> dict[str, Any]:
        """With six values a sentence: start, end, then sum and tokens of teacher and student."""
        row: dict[str, Any] = {
            "row": self.row,
            "question": self.question,
            "stratum": self.stratum,
            "size": self.size,
            "nll": self.nll,
            "rsr": self.rsr,
            "prompt_sha": self.prompt_sha,
            "refused": self.refused,
        }
        scored = self.scored
        if scored is not None:
            row["sentences"] = [
                [s.span.start, s.span.end, s.teacher, s.teacher_tokens, s.student, s.student_tokens]
                for s in scored.sentences
            ]
            row["more"] = [scored.unscored, scored.straddlers, scored.clipped]
        return row

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ScoredResponse:
        """The inverse of `to_json`."""
        scored = None
        if "sentences" in data:
            sentences = tuple(Sentence(ByteSpan(a, b), *rest) for a, b, *rest in data["sentences"])
            scored = ResponseScores(sentences, *data["more"])
        known = {k: v for k, v in data.items() if k not in ("sentences", "more")}
        return cls(**known, scored=scored)
