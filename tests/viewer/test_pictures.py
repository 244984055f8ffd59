from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.runs.map import Frame
from evokd.store.map_points import MapPoint
from evokd.viewer.bars import MOST_COLUMNS, REST, bars, columns, leading, stacked
from evokd.viewer.chart import ChartLine, chart, counted, digits_of, ticks
from evokd.viewer.scatter import scatter
from evokd.viewer.svg import COLOURS

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@given(FINITE, FINITE)
def test_ticks_are_even_and_hold_both_ends(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    found = ticks(low, high, 5)
    assert 2 <= len(found) <= 9
    assert found == sorted(found)
    if high - low > 1e-6:
        room = (found[-1] - found[0]) * 1e-6
        assert found[0] <= low + room and found[-1] >= high - room


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_ticks_survive_what_is_no_number(value: float) -> None:
    assert len(ticks(0, value, 5)) >= 2
    assert len(ticks(value, 1, 5)) >= 2


@pytest.mark.parametrize(
    ("most", "expected"),
    [(0, [0, 1]), (2, [0, 1, 2]), (3, [0, 1, 2, 3]), (12, [0, 2, 4, 6, 8, 10, 12])],
)
def test_there_are_no_half_rounds(most: float, expected: list[float]) -> None:
    assert counted(most) == expected


def test_a_chart_has_a_point_a_round_and_says_its_numbers() -> None:
    svg = chart(
        "Score", "tokens", [ChartLine("F1", ((0, 0.5), (4000, 0.75))), ChartLine("none", ())]
    )
    root = ElementTree.fromstring(svg)
    titles = ["".join(t.itertext()) for t in root.iter() if t.tag.endswith("title")]
    assert titles == ["F1: 0.500 at 0", "F1: 0.750 at 4,000"]
    assert chart("Score", "tokens", [ChartLine("F1", ())]) == ""


def test_a_single_point_can_be_drawn() -> None:
    ElementTree.fromstring(chart("Score", "tokens", [ChartLine("F1", ((0.0, 0.5),))]))


def test_bars_keep_every_row_and_fold_what_has_no_colour() -> None:
    many = Counter({f"label {n}": n + 1 for n in range(20)})
    svg = bars({1: many, 2: Counter({"label 19": 3})}, [])
    titles = [
        "".join(t.itertext()) for t in ElementTree.fromstring(svg).iter() if t.tag.endswith("title")
    ]
    expected = sum(int(title.split(": ")[1].split(" ×")[0]) for title in titles)
    assert expected == many.total() + 3
    assert any(REST in title for title in titles)
    assert len(leading([], many)) == len(COLOURS) - 1
    assert leading(["b", "a", "z"], Counter({"a": 1, "b": 5})) == ["b", "a"], "the config's order"


@given(st.integers(1, 400))
def test_many_rounds_share_columns(rounds: int) -> None:
    found = columns({n: Counter({"a": 1}) for n in range(rounds)})
    assert len(found) <= MOST_COLUMNS
    assert sum(stack.total() for stack in found.values()) == rounds


def test_a_map_shows_each_text_by_kind_and_label() -> None:
    points = [
        MapPoint("test", "t", -1.0, 0.0, "a"),
        MapPoint("seed", "s", 0.0, 1.0, "<b>"),
        MapPoint("synthetic", "r", 2.0, 2.0, "a"),
    ]
    svg = scatter("Map", points, ["a", "<b>"], Frame(-1.0, 2.0, 0.0, 2.0))
    root = ElementTree.fromstring(svg)
    titles = {"".join(t.itertext()) for t in root.iter() if t.tag.endswith("title")}
    assert {"test t: a", "seed s: <b>", "synthetic r: a"} <= titles
    assert scatter("Map", [], [], Frame(0.0, 0.0, 0.0, 0.0)) == ""
    ElementTree.fromstring(scatter("Map", points[:1], [], Frame(0.0, 0.0, 0.0, 0.0)))


def test_columns_of_other_amounts_have_whole_ticks_and_room_for_their_names() -> None:
    names = [f"a role → another role {n}" for n in range(7)]
    svg = stacked("Tokens", "round", {"1": Counter(names), "2": Counter()}, names, "rest", "on")
    root = ElementTree.fromstring(svg)
    assert float(root.attrib["viewBox"].split()[1]) < 0, "a third line of names lies above"
    said = ["".join(t.itertext()) for t in root.iter() if t.tag.endswith("title")]
    assert said == [f"round 1: 1 on {name}" for name in names]
    few = stacked("Rows", "round", {"1": Counter(a=2)}, ["a"], "rest")
    ticks_said = re.findall(r'class="tick" text-anchor="end">([^<]+)<', few)
    assert ticks_said == ["0", "1", "2"]
    assert stacked("Rows", "round", {"1": Counter()}, [], "rest") == ""


@pytest.mark.parametrize(("step", "digits"), [(0.2, 3), (1.0, 3), (0.002, 4), (1e-5, 6), (0, 3)])
def test_small_steps_have_digits_that_tell_them_apart(step: float, digits: int) -> None:
    assert digits_of(step) == digits
