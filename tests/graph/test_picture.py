from __future__ import annotations

from graph.picture import in_rows, picture, ways_back

LOOP = [
    ("a", "b"),
    ("b", "c"),
    ("b", "d"),
    ("c", "e"),
    ("d", "e"),
    ("e", "b"),
    ("a", "f"),
    ("e", "f"),
]


def test_rows_go_by_the_longest_way_on() -> None:
    assert in_rows(LOOP) == [["a"], ["b"], ["c", "d"], ["e"], ["f"]]
    assert ways_back(LOOP) == {("e", "b")}


def test_a_shortcut_is_no_way_back() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "end"), ("c", "end"), ("c", "b"), ("c", "c")]
    assert ways_back(edges) == {("c", "b"), ("c", "c")}
    assert in_rows(edges) == [["a"], ["b"], ["c"], ["end"]]


def test_a_loop_by_hand() -> None:
    assert picture(LOOP).splitlines() == [
        "    [ a ]──────────┐",
        "      ├─────────┐  │",
        "      ▼         │  │",
        "    [ b ]       │  │",
        "  ┌───┴───┐     │  │",
        "  ▼       ▼     │  │",
        "[ c ]   [ d ]   │  │",
        "  └───┬───┘     │  │",
        "      ▼         ▲  │",
        "    [ e ]───────┘  │",
        "      ├────────────┘",
        "      ▼",
        "    [ f ]",
    ]


def test_a_way_back_into_one_of_two_boxes_enters_that_one() -> None:
    edges = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "c")]
    drawn = picture(edges).splitlines()
    (entry,) = [
        line for line in drawn if line.endswith("┐") and "┤" not in line and "┌" not in line
    ]
    assert entry.index("├") == drawn[-1].index("[ d ]") + 6  # the centre of c, not of b


def test_a_way_out_of_the_left_of_two_boxes_runs_below_the_right_one() -> None:
    drawn = picture([("s", "a"), ("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("b", "a")])
    assert "[ b ]   [ c ]" in drawn
    assert "[ c ]─" not in drawn and "▲" in drawn
