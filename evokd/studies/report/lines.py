"""What a table has a line for: a method in one of its variants."""

from __future__ import annotations

from typing import NamedTuple

from evokd.studies.report.rows import CellResult, ClassRow, CurvePoint
from graph.methods import METHODS

WHOLE = ("", "full", "default")
"""Names of the variant that nothing was changed in."""


class MethodVariant(NamedTuple):
    """A method in one of its variants."""

    method: str
    variant: str
    real: bool = False
    """Whether it learns from unlabelled real texts: no equal of those that have none."""

    @property
    def name(self) -> str:
        """For people: the variant only where it says more than the method does."""
        return self.marked if self.plain else f"{self.marked}, {self.variant}"

    @property
    def plain(self) -> bool:
        """Whether its variant says no more than that it is the method as it is."""
        return self.variant in (*WHOLE, self.method)

    @property
    def marked(self) -> str:
        """The method, with a mark where it sees texts that others don't."""
        return f"{self.method} (real texts)" if self.real else self.method

    @property
    def title(self) -> str:
        """The method as its authors write it."""
        return METHODS[self.method].title() if self.method in METHODS else self.method

    @property
    def leads(self) -> bool:
        """Whether others are held against it."""
        return self.method in METHODS and METHODS[self.method].leads

    @property
    def full(self) -> bool:
        """Whether it is the reference that scores are a percentage of."""
        return is_full(self.method)


def is_full(method: str) -> bool:
    """Whether a method is the full-shot reference; one of another version is not."""
    return method in METHODS and METHODS[method].reference


def line_of(row: CellResult | CurvePoint | ClassRow) -> MethodVariant:
    """A row's method and variant."""
    real = row.real_texts
    if real is None:  # of a study from before there was a pool in the loop
        real = row.method in METHODS and METHODS[row.method].sees_real_texts
    return MethodVariant(row.method, row.variant, real)


def place_of(method: str) -> int:
    """Place in the list of methods; those of other versions stand behind all."""
    return list(METHODS).index(method) if method in METHODS else len(METHODS)
