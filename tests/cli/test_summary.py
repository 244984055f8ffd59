"""The end of a run on one screen: scores of several heads, and what was forgotten."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from evokd.cli.summary import forgetting_table, scores_table, slice_table
from evokd.runs.rounds import RoundSummary
from evokd.tasks.continual import START, Forgetting


def printed(table: Any) -> list[list[str]]:
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return [line.split() for line in capture.get().splitlines() if line.strip()]


def test_forgetting_shows_each_group_before_and_after() -> None:
    before, after = {"accuracy": 0.9, "macro_f1": 0.8}, {"accuracy": 0.6, "macro_f1": 0.85}
    lines = printed(forgetting_table([Forgetting(START, 3, before, after)]))
    assert [*START.split(), "3", "accuracy", "0.900", "0.600", "+0.300"] in lines
    assert [*START.split(), "3", "macro-F1", "0.800", "0.850", "-0.050"] in lines


def test_scores_of_several_heads_stand_below_their_means() -> None:
    def line(value: float) -> RoundSummary:
        names = ("macro_f1", "accuracy", "all_right", "topic.macro_f1", "topic.accuracy")
        return RoundSummary(0, scores={"test": dict.fromkeys(names, value)})

    table = scores_table([line(0.25), line(0.5)], ("macro_f1", "accuracy"))
    names = [" ".join(row[:3]) for row in printed(table)]
    assert any(name.startswith("test macro-F1 0.250") for name in names)
    assert "test topic macro-F1" in names and "test all right" in names


def test_the_planted_slice_stands_beside_the_rest_of_its_class() -> None:
    def line(recall: float | None) -> dict[str, Any]:
        own = {"label": "human", "value": "HUM:ind", "told": "HUM:gr", "rows": 55, "recall": recall}
        return {"slice": {**own, "rest_rows": 10, "rest_recall": 0.5}}

    rows = printed(slice_table(line(0.25), line(0.5)))
    assert ["HUM:ind,", "told:", "HUM:gr", "55", "0.250", "0.500", "+0.250"] in rows
    assert ["the", "rest", "of", "human", "10", "0.500", "0.500", "+0.000"] in rows
    unknown = printed(slice_table(line(None), line(0.5)))
    assert ["HUM:ind,", "told:", "HUM:gr", "55", "–", "0.500", "–"] in unknown
