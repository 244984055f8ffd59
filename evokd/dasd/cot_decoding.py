"""CoT-decoding (Wang & Zhou 2024, arXiv 2402.10200): several paths, weighed by answer confidence.

Section 8. Paths branch at the first token (its k most probable candidates, each continued
greedily); where a server can't continue a given beginning, they are samples, and the caller says
so. For the answer of path k

    margin_k = mean over the answer's tokens of p(first) - p(second)

with the two most probable candidates of each step. Only tokens that spell the answer count; which
those are is decided by bytes, so " C" and "C" both do. A path's answer is then chosen

    max:         argmax over k of margin_k
    aggregated:  argmax over answers a of the sum of margin_k over the paths with answer a
    majority:    the answer of most paths (self-consistency, no margins needed)
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evokd.dasd.tokens import octets
from evokd.tasks.answers import FoundAnswer
from evokd.teacher.reply import TokenLogprob


@dataclass(frozen=True, slots=True)
class Path:
    """One way to answer a question."""

    answer: str | None
    """None where none is stated: such a path has no vote."""
    margin: float | None
    """In [0, 1]; None where the log-probabilities don't tell: it has no weight."""


@dataclass(frozen=True, slots=True)
class ChosenPath:
    """What the paths came to."""

    answer: str
    path: int
    """Index of the path with this answer that is surest of it."""
    weight: float
    """Margin, sum of margins, or votes."""


def branches(first: TokenLogprob, k: int) -> tuple[str, ...]:
    """The k most probable first tokens that a continuation can begin with.

    End-of-text tokens and pieces of characters have no text to begin with, and are passed over.
    """
    ranked = sorted(first.top, key=lambda item: -item[1])
    return tuple(text for text, _ in ranked if text and "\ufffd" not in text)[:k]


def read_path(text: str, tokens: Sequence[TokenLogprob], found: FoundAnswer | None) -> Path:
    """A path from its text and tokens, the branching one included in both.

    Args:
        text: The response.
        tokens: Its tokens, each with at least two candidates.
        found: The answer in `text`, by `evokd.tasks.answers`.
    """
    if found is None:
        return Path(None, None)
    return Path(found.value, answer_margin(text, tokens, found))


def answer_margin(text: str, tokens: Sequence[TokenLogprob], found: FoundAnswer) -> float | None:
    """The path's margin; None where the tokens don't spell the text, or have no two candidates."""
    pieces = [octets(token) for token in tokens]
    offset = b"".join(pieces).rfind(text.encode())
    if offset < 0:
        return None
    start = offset + len(text[: found.start].encode())
    end = start + len(text[found.start : found.end].encode())
    margins: list[float | None] = []
    at = 0
    for token, piece in zip(tokens, pieces, strict=True):
        if at < end and at + len(piece) > start:
            margins.append(margin(token))
        at += len(piece)
    known = [value for value in margins if value is not None]
    return sum(known) / len(known) if known and len(known) == len(margins) else None


def margin(token: TokenLogprob) -> float | None:
    """How far the most probable candidate of a step leads, in [0, 1]; None for fewer than two."""
    best = sorted((logprob for _, logprob in token.top), reverse=True)[:2]
    return math.exp(best[0]) - math.exp(best[1]) if len(best) == 2 else None


def choose_max(paths: Sequence[Path]) -> ChosenPath | None:
    """The path that is surest of its answer; of equals the first."""
    best: ChosenPath | None = None
    for k, path in enumerate(paths):
        if path.answer is None or path.margin is None:
            continue
        if best is None or path.margin > best.weight:
            best = ChosenPath(path.answer, k, path.margin)
    return best


def choose_aggregated(paths: Sequence[Path]) -> ChosenPath | None:
    """The answer with the largest sum of margins; steadier than `choose_max`."""
    known = ((k, path.margin) for k, path in enumerate(paths))
    return _heaviest(paths, [(k, value) for k, value in known if value is not None])


def choose_majority(paths: Sequence[Path]) -> ChosenPath | None:
    """The answer of most paths; of equals the one met first."""
    return _heaviest(paths, ((k, 1.0) for k, path in enumerate(paths) if path.answer is not None))


def _heaviest(paths: Sequence[Path], weights: Iterable[tuple[int, float]]) -> ChosenPath | None:
    sums: defaultdict[str, float] = defaultdict(float)
    surest: dict[str, int] = {}
    for k, weight in weights:
        answer = paths[k].answer
        if answer is None:
            continue
        sums[answer] += weight
        if answer not in surest or (paths[k].margin or 0) > (paths[surest[answer]].margin or 0):
            surest[answer] = k
    if not sums:
        return None
    answer = max(sums, key=sums.__getitem__)
    return ChosenPath(answer, surest[answer], sums[answer])
