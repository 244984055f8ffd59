"""How sure a run's student is, and how rightly: the last round's measures, and calibration.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from evokd.runs.files import Unreadable, json_of
from evokd.runs.formatting import count, ratio
from evokd.runs.run import Run, mapping, number

MEASURES = {"ece": "calibration error (ECE)", "brier": "Brier score", "nll": "NLL, nats"}
"""Key → name for people, in the order of tables."""
FITTED_ON = {"dev": "dev rows", "held_back": "accepted rows that it never learnt"}
FILE = "calibration.json"
COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.25)
"""Shares of rows that a table names."""

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class RunCalibration:
    """Of the last student; measures are on the test rows."""

    temperature: float | None
    """None: none was fitted."""
    fitted_on: str
    """What the temperature was fitted on, in words."""
    before: dict[str, float | None]
    """By key of `MEASURES`: as the student is."""
    after: dict[str, float | None]
    """With the temperature; values are None without one."""
    asked: bool
    """Whether rows were named to fit a temperature on."""
    curve: Points = ()
    """(coverage, accuracy), the surest rows first."""
    area: float | None = None
    """Under the curve."""
    reliability: tuple[tuple[str, Points], ...] = ()
    """Before and after: (confidence, accuracy) of each bin."""

    def accuracy_at(self, coverage: float) -> float | None:
        """Of the surest rows that make up so much of the test set, or a little more."""
        found = [accuracy for share, accuracy in self.curve if share >= coverage - 1e-9]
        return found[0] if found else None

    @property
    def line(self) -> str:
        """For the end of a run."""
        said = []
        for key, name in (("ece", "ECE"), ("brier", "Brier"), ("nll", "NLL")):
            after = "" if self.after[key] is None else f" → {ratio(self.after[key])}"
            said.append(f"{name} {ratio(self.before[key])}{after}")
        half = self.accuracy_at(0.5)
        surest = "" if half is None else f"; of the surest half {half:.1%} are right"
        return f"how sure it is, on test: {', '.join(said)} ({self.how}){surest}"

    @property
    def how(self) -> str:
        """The temperature, and where it is from."""
        if self.temperature is not None:
            return f"temperature {self.temperature:.3g}, fitted on {self.fitted_on}"
        if self.asked:
            return f"no temperature: {self.fitted_on} can't say one"
        return "no temperature was fitted"


def read_calibration(run: Run) -> RunCalibration | None:
    """None where the runs' kind has no probabilities, or the run is of an earlier version."""
    said = mapping(run.metrics[-1].get("calibration")) if run.metrics else {}
    test = mapping(said.get("test"))
    before, after = mapping(test.get("before")), mapping(test.get("after"))
    if not before:
        return None
    rows, by = number(said.get("rows")) or 0, str(said.get("by") or "")
    document = _document(run)
    return RunCalibration(
        temperature=number(said.get("temperature")),
        fitted_on=f"{count(int(rows))} {FITTED_ON.get(by, by)}",
        before={key: number(before.get(key)) for key in MEASURES},
        after={key: number(after.get(key)) for key in MEASURES},
        asked=bool(by),
        curve=_points(document.get("curve"), "coverage"),
        area=number(document.get("area")),
        reliability=_bins(mapping(document.get("reliability"))),
    )


class AbstentionLine(NamedTuple):
    """What answering only the surest rows comes to."""

    coverage: float
    """Share of the test rows that is answered, in (0, 1]."""
    accuracy: float
    """Of those."""
    confidence: float
    """Least confidence of an answer."""


def read_abstention(run: Run) -> list[AbstentionLine]:
    """The thresholds of some coverages, all rows first; none without calibration.json."""
    curve = _document(run).get("curve") if run.metrics else None
    found = [_abstention(mapping(one)) for one in curve] if isinstance(curve, list) else []
    known = [one for one in found if one is not None]
    lines = [next((one for one in known if one.coverage >= c - 1e-9), None) for c in COVERAGES]
    return list(dict.fromkeys(one for one in lines if one is not None))


def _abstention(point: dict[str, Any]) -> AbstentionLine | None:
    values = [number(point.get(name)) for name in AbstentionLine._fields]
    known = [one for one in values if one is not None]
    return AbstentionLine(*known) if len(known) == len(values) else None


def _document(run: Run) -> dict[str, Any]:
    """calibration.json, if it is about the same student."""
    try:
        found = json_of(run.path, FILE)
    except Unreadable:
        return {}
    return found if found.get("round") == run.metrics[-1].get("round") else {}


def _bins(found: dict[str, Any]) -> tuple[tuple[str, Points], ...]:
    names = {"before": "as it is", "after": "with the temperature"}
    curves = ((name, _points(found.get(key), "confidence")) for key, name in names.items())
    return tuple((name, points) for name, points in curves if points)


def _points(found: Any, across: str) -> Points:
    """(`across`, accuracy) of what has both, in [0, 1]."""
    rows = [mapping(one) for one in found] if isinstance(found, list) else []
    pairs = ((number(row.get(across)), number(row.get("accuracy"))) for row in rows)
    return tuple(
        (x, y) for x, y in pairs if x is not None and y is not None and 0 <= x <= 1 and 0 <= y <= 1
    )
