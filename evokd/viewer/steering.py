"""What steered a run, and whether it did: its analyses and its row weights, for page and report."""

from __future__ import annotations

from typing import Any

from evokd.runs.faithfulness import read_faithfulness
from evokd.runs.row_weights import QUARTERS, RoundWeights, read_row_weights
from evokd.runs.run import Run
from evokd.viewer.chart import ChartLine, chart
from evokd.viewer.table import Column, Table

ANALYSES = (
    Column("round", "round", number=True),
    Column("patterns", "patterns", number=True),
    Column("texts", "hard texts", number=True),
    Column("named", "show an error it names", number=True),
    Column("shuffled", "those of other analyses", number=True),
    Column("easy", "of the easy texts", number=True),
    Column("cited_loss", "loss of cited rows", number=True),
    Column("uncited_loss", "of other errors shown", number=True),
    Column("right_loss", "of right rows shown", number=True),
)
WEIGHTS = (
    Column("round", "round", number=True),
    Column("rows", "rows", number=True),
    Column("spread", "least, quartiles, most", number=True),
    Column("effective", "effective rows", number=True),
    *(Column(name, f"loss of the {name}", number=True) for name in QUARTERS),
    Column("score", "test score", number=True),
)


def read_analyses(run: Run) -> dict[str, Any] | None:
    """How faithful the analyses were; None where there are none."""
    found = read_faithfulness(run)
    if found is None:
        return None
    caption = "Analyses and what the student made of the texts written from them"
    return {"said": found, "table": Table(caption, ANALYSES, found.rounds, len(found.rounds))}


def read_weights(run: Run) -> dict[str, Any] | None:
    """What the rows counted by, and what it did to the loss; None where all counted alike."""
    found = read_row_weights(run)
    if not found:
        return None
    caption = "Row weights by round; loss of the round's rows before and after, by weight"
    curves = [ChartLine(name, _falls(found, place)) for place, name in enumerate(QUARTERS)]
    known = [one for one in curves if one.points]
    return {
        "table": Table(caption, WEIGHTS, found, len(found), value=_of_weights),
        "falls": chart("Fall of the loss by weight", "round", known),
    }


def _of_weights(one: RoundWeights, key: str) -> Any:
    """What stands in a column of the table's file."""
    if key == "spread":
        return [one.min, one.q1, one.median, one.q3, one.max]
    return one.quarters[QUARTERS.index(key)] if key in QUARTERS else getattr(one, key)


def _falls(found: list[RoundWeights], place: int) -> tuple[tuple[float, float], ...]:
    pairs = ((one.round, one.quarters[place].fall) for one in found)
    return tuple((float(at), fall) for at, fall in pairs if fall is not None)
