"""The control with deranged marks."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.records import Mark, Marked
from evokd.store.event_log import read_events
from evokd.store.events import Told
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.formats import TaskFormat
from graph.methods.evokd_shuffled import deranged
from graph.session import start
from tests.agents.forms import classes
from tests.graph.core.test_feedback import rows_of_any_kind
from tests.graph.test_loop import SCRIPTED
from tests.servers.runs import settings

FORM = classes("a", "b", "c")
TWO = classes("a", "b")


def row(number: int, mark: Mark, label: str = "a", margin: float | None = None) -> Marked:
    said = label if mark != "wrong" else "b" if label == "a" else "a"
    own = number / 100 if margin is None else margin
    return Marked(f"row-{number}", f"text {number}", label, said, own, mark)


def told(rows: list[Marked], seed: int = 1, form: TaskFormat = FORM) -> list[Marked]:
    return list(deranged(rows, form, random.Random(seed)).rows)


def names(rows: list[Marked], mark: Mark) -> set[str]:
    return {one.row for one in rows if one.mark == mark}


@given(rows_of_any_kind, st.integers(0, 99), st.sampled_from([FORM, TWO]))
def test_marks_and_margins_keep_their_number_and_fit_the_predictions(
    rows: list[Marked], seed: int, form: TaskFormat
) -> None:
    mixed = told(rows, seed, form)
    assert [(r.row, r.text, r.label) for r in mixed] == [(r.row, r.text, r.label) for r in rows]
    assert Counter(r.mark for r in mixed) == Counter(r.mark for r in rows)
    assert Counter((r.mark, r.margin) for r in mixed) == Counter((r.mark, r.margin) for r in rows)
    assert all((r.predicted != r.label) == (r.mark == "wrong") for r in mixed)
    assert all(r.predicted in form.labels for r in mixed)
    assert told(rows, seed, form) == mixed


@given(st.lists(st.sampled_from(["right", "wrong"]), max_size=40), st.integers(0, 99))
def test_none_told_wrong_truly_is_while_right_rows_suffice(marks: list[Mark], seed: int) -> None:
    rows = [row(i, mark) for i, mark in enumerate(marks)]
    found = deranged(rows, TWO, random.Random(seed))
    wrong, right = names(rows, "wrong"), names(rows, "right")
    stayed = wrong & names(list(found.rows), "wrong")
    assert len(stayed) == found.stayed == max(0, len(wrong) - len(right))


@given(st.lists(st.sampled_from(["right", "wrong"]), min_size=2, max_size=40), st.integers(0, 99))
def test_no_row_keeps_its_own_margin_while_there_is_another_to_take(
    marks: list[Mark], seed: int
) -> None:
    rows = [row(i, mark) for i, mark in enumerate(marks)]
    mixed = told(rows, seed)
    kept = [one for one, was in zip(mixed, rows, strict=True) if one.margin == was.margin]
    alone = [mark for mark, count in Counter(marks).items() if count == 1]
    assert all(one.mark in alone for one in kept)


@given(st.integers(2, 20), st.integers(1, 10), st.integers(0, 99))
def test_after_a_fit_others_stand_as_uncertain(count: int, unsure: int, seed: int) -> None:
    """Round 1 of a binary task: all right, those of lowest margin uncertain."""
    unsure = min(unsure, count)
    rows = [row(i, "uncertain" if i < unsure else "right", "ab"[i % 2]) for i in range(count)]
    mixed = told(rows, seed, TWO)
    both = names(rows, "uncertain") & names(mixed, "uncertain")
    assert len(both) == max(0, 2 * unsure - count)
    assert [one.margin for one in mixed] != [one.margin for one in rows]
    assert all(one.predicted == one.label for one in mixed)


@given(st.integers(2, 20), st.integers(0, 99))
def test_where_all_are_right_the_lowest_margins_are_others(count: int, seed: int) -> None:
    """For readers that look at the margins themselves."""
    rows = [row(i, "right") for i in range(count)]
    mixed = told(rows, seed)
    half = count // 2

    def lowest(some: list[Marked]) -> set[str]:
        return {one.row for one in sorted(some, key=lambda one: one.margin)[:half]}

    assert not lowest(rows) & lowest(mixed)


def test_a_wrong_rows_prediction_moves_with_its_mark() -> None:
    rows = [row(i, "right", "a") for i in range(4)]
    rows += [Marked(f"w-{i}", f"wrong {i}", "a", "c", 0.5, "wrong") for i in range(4)]
    assert {one.predicted for one in told(rows) if one.mark == "wrong"} == {"c"}


@pytest.mark.parametrize("rounds", [2])
def test_what_was_told_is_kept_beside_what_is_true(
    rounds: int, shared: Path, tmp_path: Path
) -> None:
    config = settings(
        shared, "http://127.0.0.1:1", SCRIPTED, "method=evokd_shuffled", f"loop.rounds={rounds}"
    )
    assert start(config, tmp_path / "run").status == "done"
    directory = RunDir.open(tmp_path / "run")
    events = [one for one in read_events(directory.events) if isinstance(one, Told)]
    assert [one.round for one in events] == list(range(rounds + 1))
    for event in events:
        folder = directory.path / "rounds" / f"{event.round:03d}"
        document = json.loads((folder / "told.json").read_text("utf-8"))
        true = read_lines(folder / "predictions.jsonl")
        assert len(document["rows"]) == len(true) == event.rows
        mark = "wrong" if any(one["mark"] == "wrong" for one in true) else "uncertain"
        truly = {one["row"] for one in true if one["mark"] == mark}
        said = {one["row"] for one in document["rows"] if one["mark"] == mark}
        assert len(said & truly) == document["stayed"] == event.stayed
        assert event.stayed == max(0, 2 * len(truly) - len(true))
        assert document["suspects"] == len(said)
