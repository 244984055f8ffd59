"""What a run's students take for what: on the test rows after a round, on its batch before it.

The test rows' counts stand in metrics.jsonl, without a row's name; the batch's verdicts, which the
next round may go by, in the round's predictions.jsonl.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evokd.runs.classes import classes_of, paired_of
from evokd.runs.files import Unreadable, lines_of
from evokd.runs.run import Run, mapping, number
from evokd.tasks.confusion import Confusion, Pair
from evokd.tasks.metrics import ClassScores

MEASURES = {"f1": "F1", "precision": "precision", "recall": "recall"}
"""Field of `ClassScores` → name for people."""


@dataclass(frozen=True)
class ClassCurves:
    """The scores of each class over the rounds, on the test rows."""

    classes: tuple[str, ...]
    measures: tuple[str, ...]
    """Those that the run kept: runs of earlier versions have F1 alone."""
    rounds: dict[int, dict[str, dict[str, float]]]
    """Round → class → measure → score in [0, 1]."""
    support: dict[str, int]
    """Test rows (entities, labels) of each class; empty where they are not known."""

    def curve(self, name: str, measure: str) -> tuple[tuple[float, float], ...]:
        """(round, score) of a class."""
        pairs = ((at, found.get(name, {}).get(measure)) for at, found in self.rounds.items())
        return tuple((float(at), score) for at, score in pairs if score is not None)

    def weakest(self, measure: str, most: int) -> list[str]:
        """The classes with the lowest last score, in the task's order."""
        last = [(self.curve(name, measure)[-1:], name) for name in self.classes]
        low = {name for points, name in sorted(last, key=lambda one: _last(one[0]))[:most]}
        return [name for name in self.classes if name in low]


def confusions_by_round(run: Run) -> dict[int, Confusion]:
    """Round → counts on the test rows; empty for a run of an earlier version."""
    found = {}
    for line in run.metrics:
        try:
            found[line["round"]] = Confusion.from_json(line.get("confusion"))
        except ValueError:
            continue
    return found


def batch_confusion(run: Run, where: int) -> Confusion | None:
    """Counts on a round's accepted rows before it trained on them; of round 0, on the seed shots.

    None where the round has no verdicts.
    """
    try:
        rows, _ = lines_of(run.path, f"rounds/{where:03d}/predictions.jsonl")
    except Unreadable:
        return None
    paired, counts = paired_of(run), Counter[Pair]()
    for row in rows:
        label, predicted = row.get("label"), row.get("predicted")
        if isinstance(label, str) and isinstance(predicted, str):
            counts.update(paired(label, predicted))
    return Confusion(_named(run, counts), counts) if counts else None


def class_curves(run: Run) -> ClassCurves | None:
    """The classes' scores; None where the task has no classes, or nothing is scored."""
    counted = confusions_by_round(run)
    rounds: dict[int, dict[str, dict[str, float]]] = {}
    support: dict[str, int] = {}
    for line in run.metrics:
        where = line["round"]
        if where in counted:
            report = counted[where].report()
            rounds[where] = {name: _scores(one) for name, one in report.items()}
            support = {name: one.support for name, one in report.items()}
        else:
            f1 = mapping(line.get("class_f1"))
            pairs = ((str(name), number(value)) for name, value in f1.items())
            rounds[where] = {name: {"f1": value} for name, value in pairs if value is not None}
    classes = tuple(dict.fromkeys(name for found in rounds.values() for name in found))
    if not classes:
        return None
    measures = tuple(MEASURES) if counted else ("f1",)
    return ClassCurves(classes, measures, rounds, support)


def _scores(one: ClassScores) -> dict[str, float]:
    return {name: float(getattr(one, name)) for name in MEASURES}


def _named(run: Run, counts: Counter[Pair]) -> tuple[str, ...]:
    known, _ = classes_of(run)
    met = sorted({name for pair in counts for name in pair if name is not None})
    return tuple(dict.fromkeys([*known, *met]))


def _last(points: Sequence[tuple[float, float]]) -> float:
    return points[0][1] if points else 2.0
