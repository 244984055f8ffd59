"""Counters, gauges and histograms in Prometheus' text format (version 0.0.4), in a few lines.

Everything is counted on the event loop, so nothing needs a lock. prometheus_client would add
registries, processes and a dependency, for the same page.
"""

from __future__ import annotations

import bisect
from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[tuple[str, str], ...]


class Counter:
    """A number that grows, by labels."""

    kind = "counter"

    def __init__(self, name: str, said: str) -> None:
        self.name, self.said = name, said
        self._values: Tally[Labels] = Tally()

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count; `amount` is at least 0."""
        self._values[tuple(sorted(labels.items()))] += amount  # type: ignore[assignment]

    def value(self, **labels: str) -> float:
        """What was counted under these labels."""
        return self._values[tuple(sorted(labels.items()))]

    def lines(self) -> Iterable[str]:
        for labels, value in sorted(self._values.items()):
            yield f"{self.name}{_braced(labels)} {_number(value)}"


class Histogram:
    """How often a value was at most each bound."""

    kind = "histogram"

    def __init__(self, name: str, said: str, bounds: Sequence[float]) -> None:
        self.name, self.said, self.bounds = name, said, tuple(bounds)
        self._counts = [0] * (len(self.bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect.bisect_left(self.bounds, value)] += 1
        self._sum += value

    @property
    def count(self) -> int:
        """Values so far."""
        return sum(self._counts)

    def lines(self) -> Iterable[str]:
        total = 0
        names = [*map(_number, self.bounds), "+Inf"]
        for name, count in zip(names, self._counts, strict=True):
            total += count
            yield f'{self.name}_bucket{{le="{name}"}} {total}'
        yield f"{self.name}_sum {_number(self._sum)}"
        yield f"{self.name}_count {total}"


SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """All that the server counts."""

    def __init__(self) -> None:
        self.requests = Counter("evokd_requests_total", "Requests answered, by path and status.")
        self.texts = Counter("evokd_texts_total", "Texts that the student gave a verdict on.")
        self.abstained = Counter(
            "evokd_abstained_total", "Texts answered without a label: the student was unsure."
        )
        self.seconds = Histogram(
            "evokd_request_seconds", "From a request's head to its answer, /predict.", SECONDS
        )
        self.batches = Histogram("evokd_batch_texts", "Texts of one pass of the student.", TEXTS)
        self.passes = Histogram("evokd_batch_seconds", "Time of one pass.", SECONDS)
        self.deferred = Counter(
            "evokd_teacher_texts_total", "Texts the student was unsure of, by what became of them."
        )
        self.rows = Counter(
            "evokd_teacher_rows_total", "Texts the teacher labelled, by whether they were kept."
        )

    def batch(self, texts: int, seconds: float) -> None:
        """A pass of the student."""
        self.batches.observe(texts)
        self.passes.observe(seconds)

    def page(self, gauges: Mapping[str, tuple[str, float]], books: Iterable[str] = ()) -> str:
        """The whole page.

        Args:
            gauges: Name → what it says, and its value now.
            books: Further lines, of the teacher's ledger.
        """
        lines: list[str] = []
        for one in vars(self).values():
            lines += [f"# HELP {one.name} {one.said}", f"# TYPE {one.name} {one.kind}"]
            lines += one.lines()
        for name, (said, value) in gauges.items():
            lines += [f"# HELP {name} {said}", f"# TYPE {name} gauge", f"{name} {_number(value)}"]
        return "\n".join([*lines, *books, ""])


def counted(name: str, said: str, label: str, values: Mapping[str, float]) -> list[str]:
    """The lines of a counter whose values somebody else keeps."""
    lines = [f"# HELP {name} {said}", f"# TYPE {name} counter"]
    return lines + [
        f"{name}{_braced(((label, key),))} {_number(value)}" for key, value in values.items()
    ]


def _braced(labels: Labels) -> str:
    return (
        "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels) + "}"
        if labels
        else ""
    )


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
