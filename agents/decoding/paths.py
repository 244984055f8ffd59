"""Which of several paths is taken: by how sure each is of its answer, or by how many agree.

CoT-decoding (Wang & Zhou 2024, arXiv 2402.10200, section 2.2 and Table 4) weighs each path by its
margin (`margins.py`), self-consistency (Wang et al. 2022, arXiv 2203.11171) counts them:

    max:         argmax over k of margin_k
    aggregated:  argmax over answers a of the sum of margin_k over the paths with answer a
    majority:    the answer of most paths (no margins needed)

A margin below 0, of a path that wrote what its model thought unlikely, adds 0 to its answer: no
path speaks against the answer that it gives. Of equal sums the answer of more paths is taken.

Answers that are never quite the same (an analysis) are `alike` to a degree: each path then adds its
weight times that degree, which is minimum Bayes risk decoding over the paths (Bertsch et al. 2023,
arXiv 2310.01387); with equality it is the above.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agents.decoding.margins import answer_margin
from evokd.config import Rule
from evokd.tasks.answers import FoundAnswer
from evokd.teacher.reply import TokenLogprob

Alike = Callable[[str, str], float]
"""How far two answers are the same, in [0, 1]; of an answer and itself 1."""


@dataclass(frozen=True, slots=True)
class Path:
    """One way to answer a question."""

    answer: str | None
    """None where none is stated: such a path has no vote."""
    margin: float | None
    """In [-1, 1]; None where the log-probabilities don't tell: it has no weight."""


@dataclass(frozen=True, slots=True)
class ChosenPath:
    """What the paths came to."""

    answer: str
    path: int
    """Index of the path with this answer that is surest of it."""
    weight: float
    """Margin, sum of margins, or votes."""


def equal(one: str, other: str) -> float:
    """1 for the same answer."""
    return float(one == other)


def overlap(one: str, other: str) -> float:
    """Dice coefficient of the words of two answers, each a set of words, in [0, 1]."""
    mine, theirs = set(one.split()), set(other.split())
    return 2 * len(mine & theirs) / max(1, len(mine) + len(theirs))


def read_path(text: str, tokens: Sequence[TokenLogprob], found: FoundAnswer | None) -> Path:
    """A path from its text and tokens, the branching one included in both.

    Args:
        text: The response.
        tokens: Its tokens, each with at least two candidates.
        found: The answer in `text`, by `evokd.tasks.answers`.
    """
    if found is None:
        return Path(None, None)
    return Path(found.value, answer_margin(text, tokens, [(found.start, found.end)]))


def choose_max(paths: Sequence[Path]) -> ChosenPath | None:
    """The path that is surest of its answer; of equals the first."""
    best: ChosenPath | None = None
    for k, path in enumerate(paths):
        if path.answer is None or path.margin is None:
            continue
        if best is None or path.margin > best.weight:
            best = ChosenPath(path.answer, k, path.margin)
    return best


def choose_aggregated(paths: Sequence[Path], alike: Alike = equal) -> ChosenPath | None:
    """The answer with the largest sum of margins; steadier than `choose_max`."""
    return _heaviest(paths, _margins(paths), alike)


def choose_majority(paths: Sequence[Path], alike: Alike = equal) -> ChosenPath | None:
    """The answer of most paths; of equals the one met first."""
    return _heaviest(paths, _votes(paths), alike)


def choose(rule: Rule, paths: Sequence[Path], alike: Alike = equal) -> ChosenPath | None:
    """The path that a rule takes; None where no path has an answer, or none a margin."""
    if rule == "max":
        return choose_max(paths)
    chooser = choose_aggregated if rule == "aggregated" else choose_majority
    return chooser(paths, alike)


def share(paths: Sequence[Path], answer: str, rule: Rule) -> float:
    """Part of the paths' weight that an answer has, in [0, 1].

    Of their margins; of their number for `majority`, and where no margin is above 0.
    """
    weights = {} if rule == "majority" else _margins(paths)
    if not any(weights.values()):
        weights = _votes(paths)
    total = sum(weights.values())
    own = sum(weight for k, weight in weights.items() if paths[k].answer == answer)
    return own / total if total else 0.0


def _margins(paths: Sequence[Path]) -> dict[int, float]:
    return {
        k: max(0.0, path.margin)
        for k, path in enumerate(paths)
        if path.answer is not None and path.margin is not None
    }


def _votes(paths: Sequence[Path]) -> dict[int, float]:
    return {k: 1.0 for k, path in enumerate(paths) if path.answer is not None}


def _heaviest(
    paths: Sequence[Path], weights: Mapping[int, float], alike: Alike
) -> ChosenPath | None:
    surest: dict[str, int] = {}
    for k in weights:
        answer = paths[k].answer
        assert answer is not None
        if answer not in surest or _sureness(paths[k]) > _sureness(paths[surest[answer]]):
            surest[answer] = k
    if not surest:
        return None

    def standing(answer: str) -> tuple[float, float]:
        near = {k: alike(answer, paths[k].answer or "") for k in weights}
        return sum(weights[k] * near[k] for k in weights), sum(near.values())

    answer = max(surest, key=standing)
    return ChosenPath(answer, surest[answer], standing(answer)[0])


def _sureness(path: Path) -> float:
    return float("-inf") if path.margin is None else path.margin
