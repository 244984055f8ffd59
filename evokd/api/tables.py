"""A run's metrics, calls, rows and edges as plain rows, and as DataFrames where pandas is there.

Rows come from `evokd.runs`, the one reader of run directories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from evokd.runs.calls import list_calls
from evokd.runs.representation import KEY, flattened
from evokd.runs.rows import DraftedText, read_texts
from evokd.runs.run import Run, mapping
from evokd.runs.totals import EdgeTotals, read_edges

if TYPE_CHECKING:
    from pandas import DataFrame

TableName = Literal["metrics", "calls", "rows", "edges"]
ALL = 1_000_000_000
"""Attempts in a list, at most: all of them."""


def rows_of(run: Run, table: TableName) -> list[dict[str, Any]]:
    """One table's rows.

    Raises:
        Unreadable: a file of the run is missing or damaged.
        ValueError: no such table.
    """
    if table == "metrics":
        return [_flat(line) for line in run.metrics]
    if table == "calls":
        return list_calls(run, {}, "seq", False, 0, ALL)[1]
    if table == "rows":
        return [_text(one) for one in read_texts(run)]
    if table == "edges":
        return [_edge(one) for one in read_edges(run).edges]
    raise ValueError(f"expected metrics, calls, rows or edges, got {table!r}")


def frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> DataFrame:
    """Rows as a DataFrame; `columns` are those of an empty one.

    Raises:
        ImportError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise ImportError(
            "a DataFrame needs pandas: `pip install pandas`; without it, `to_dicts` gives the rows"
        ) from None
    return pandas.DataFrame(list(rows), columns=None if rows else list(columns))


def _flat(line: Mapping[str, Any]) -> dict[str, Any]:
    """Scores under `test.macro_f1` instead of in a mapping of their own."""
    made: dict[str, Any] = {"round": line.get("round")}
    for name, value in line.items():
        inner = flattened(line) if name == KEY else mapping(value)
        made |= {f"{name}.{key}": score for key, score in inner.items()} if inner else {name: value}
    return made


def _text(one: DraftedText) -> dict[str, Any]:
    return {
        "row": one.row,
        "round": one.round,
        "node": one.node,
        "kind": one.kind,
        "text": one.text,
        "label": one.label or None,
        "intended_label": one.intended or None,
        "verdict": one.verdict,
        "judge": one.judge or None,
        "reason": one.reason or None,
        "predicted": one.predicted or None,
        "confidence": one.confidence,
        "votes": [vote.label for vote in one.votes],
        "parents": one.parents,
        "call": one.call,
    }


def _edge(one: EdgeTotals) -> dict[str, Any]:
    return {
        "source": one.source,
        "target": one.target,
        "calls": one.calls,
        "unusable_calls": one.unusable,
        "prompt_tokens": one.prompt,
        "completion_tokens": one.completion,
        "useful_tokens": one.useful,
        "freight_tokens": one.freight,
        "usd": one.usd,
    }
