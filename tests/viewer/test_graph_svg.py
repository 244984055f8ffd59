from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evokd.runs.totals import EdgeTotals
from evokd.viewer.graph_svg import THICKEST, THINNEST, draw, thickness
from evokd.viewer.machine.arrows import arrows
from evokd.viewer.machine.layers import crossings, layered
from evokd.viewer.machine.places import HIGH, PITCH, WIDE, Place
from evokd.viewer.machine.places import places as places_of
from evokd.viewer.machine.routes import routes

LOOP = [
    EdgeTotals("START", "warm_up"),
    EdgeTotals("warm_up", "analyst", calls=1, prompt=60, completion=11),
    EdgeTotals("analyst", "easy_generator", calls=9, prompt=600, completion=200),
    EdgeTotals("analyst", "hard_generator", calls=9, prompt=900, completion=300),
    EdgeTotals("easy_generator", "labeler", calls=9, prompt=500, completion=9),
    EdgeTotals("hard_generator", "labeler", calls=9, prompt=500, completion=9, freight=3),
    EdgeTotals("labeler", "ballot", freight=200),
    EdgeTotals("labeler", "critic", calls=4, prompt=70, completion=10, freight=50),
    EdgeTotals("critic", "evaluator", freight=60),
    EdgeTotals("critic", "easy_generator", calls=1, prompt=20, completion=5),
    EdgeTotals("evaluator", "review"),
    EdgeTotals("review", "trainer"),
    EdgeTotals("trainer", "analyst", calls=1, prompt=30, completion=10),
]


def drawn(edges: list[EdgeTotals], last: str = "trainer") -> dict[tuple[str, str], int]:
    return {(a.source, a.target): a.tokens for a in arrows(edges, "billed", last)}


def places(edges: list[EdgeTotals], last: str | None = "trainer") -> dict[str, Place]:
    return places_of([arrow.pair for arrow in arrows(edges, "billed", last)])


def test_what_passes_the_collector_is_drawn_through_it() -> None:
    found = drawn(LOOP)
    assert ("labeler", "critic") not in found
    assert found["ballot", "critic"] == 80
    assert found["labeler", "ballot"] == 0
    assert found["trainer", "END"] == 0
    assert sum(found.values()) == sum(edge.billed for edge in LOOP), "nothing lost, nothing twice"


def test_outwards_above_and_back_below() -> None:
    where = places(LOOP)
    upper = ["START", "warm_up", "analyst", "labeler", "ballot", "critic"]
    assert [where[n].x for n in upper] == sorted(where[n].x for n in upper)
    assert len({where[n].y for n in upper}) == 1
    assert where["easy_generator"].y < where["labeler"].y < where["hard_generator"].y
    assert where["easy_generator"].x == where["hard_generator"].x
    back = ["evaluator", "review", "trainer", "END"]
    assert [where[n].x for n in back] == sorted((where[n].x for n in back), reverse=True)
    assert len({(p.x, p.y) for p in where.values()}) == len(where), "no two in one place"


def test_auggpt_paraphrases_after_the_warm_up_init_before_it() -> None:
    after = places([EdgeTotals("START", "warm_up"), EdgeTotals("warm_up", "paraphraser")], None)
    before = places(
        [EdgeTotals("START", "paraphraser"), EdgeTotals("paraphraser", "warm_up")], None
    )
    assert after["paraphraser"].x > after["warm_up"].x
    assert before["paraphraser"].x < before["warm_up"].x


def test_width_is_in_proportion_to_tokens() -> None:
    assert thickness(100, 100) == THICKEST
    assert thickness(50, 100) == THICKEST / 2
    assert thickness(0, 100) == thickness(0, 0) == THINNEST


def test_the_picture_is_well_formed_and_an_unknown_node_harmless() -> None:
    edges = [*LOOP, EdgeTotals("trainer", '<script>alert("x")</script>\u202e', calls=1, prompt=5)]
    svg = draw(edges, "billed", link=lambda s, t: f"/calls?{s}&{t}" if s else None)
    root = ElementTree.fromstring(svg)
    names = ["".join(t.itertext()) for t in root.iter() if t.get("class") == "name"]
    assert "hard generator" in names
    assert any("⟨RLO⟩" in "".join(t.itertext()) for t in root.iter() if t.tag.endswith("title"))
    assert "<script" not in svg and " style=" not in svg and "\u202e" not in svg
    assert not re.search(r"nan|inf", svg, re.I)


def test_no_edges_no_fall() -> None:
    assert "svg" in draw([], "freight", last="trainer", link=lambda s, t: None)


SNAPSHOTS = Path(__file__).parents[1] / "graph" / "snapshots"
ORDER = (
    "START", "paraphraser", "attribute_proposer", "warm_up", "retriever", "plant", "examiner",
    "analyst", "easy_generator", "hard_generator", "writer", "augmenter", "picker",
    "teacher_reasoner", "translator", "doubter", "labeler", "oracle", "ballot", "quality_filter",
    "curator", "critic", "student_scorer", "selector", "person", "evaluator", "keeper", "review",
    "weigher", "auditor", "trainer", "dev_examiner", "influence", "student_writer", "finisher",
)  # fmt: skip
"""In which a run of today's methods first comes to its nodes; what is drawn knows none of it."""
WIRINGS = sorted(file.stem for file in SNAPSHOTS.glob("*.mmd"))


def wired(name: str) -> list[EdgeTotals]:
    """The edges of a wiring in about the order in which a run walks them."""
    text = (SNAPSHOTS / f"{name}.mmd").read_text(encoding="utf-8")
    named = text.replace("__start__", "START").replace("__end__", "END")
    pairs = re.findall(r"^\t(\w+) -.*?-?> (\w+);$", named, re.M)
    late = {node: at for at, node in enumerate(ORDER)}
    pairs.sort(key=lambda pair: (max(late[pair[0]], late.get(pair[1], 99)), late[pair[0]]))
    return [EdgeTotals(s, t, calls=1, prompt=9) for s, t in pairs if t != "END"]


@pytest.mark.parametrize("name", WIRINGS)
def test_every_wiring_is_laid_out_tidily_by_its_edges_alone(name: str) -> None:
    edges = wired(name)
    where = places(edges, last=edges[-1].source)
    assert {"START", "END"} <= set(where)
    spots = list(where.values())
    for one, other in combinations(spots, 2):
        apart = abs(one.x - other.x) >= WIDE or abs(one.y - other.y) > HIGH
        assert apart, "boxes stand clear of each other"
    lines = {one.lower for one in spots}
    assert max(one.x for one in spots) <= PITCH * 9, "no wider than a screen"
    drawn = [arrow.pair for arrow in arrows(edges, "billed", edges[-1].source)]
    layers = layered(drawn)
    assert crossings(layers.rows, drawn) == 0
    assert where["START"].x == min(one.x for one in spots)
    assert len(lines) == 1 or where["END"].lower


@pytest.mark.parametrize("name", WIRINGS)
def test_no_line_begins_or_ends_in_another_box(name: str) -> None:
    edges = wired(name)
    drawn = [arrow.pair for arrow in arrows(edges, "billed", edges[-1].source)]
    where = places_of(drawn)
    for pair, route in routes(drawn, where, dict.fromkeys(drawn, 6.0)).items():
        x, y = route.tip
        target = where[pair[1]]
        assert abs(x - target.x) <= WIDE / 2 + 1 and abs(y - target.y) <= HIGH / 2 + 1
        level = [float(n) for n in re.findall(r"V(-?[\d.]+)Q", route.path)]
        for name_, box in where.items():  # an arc runs clear of every box of its line
            ends = sorted(where[node].x for node in pair)
            spanned = ends[0] <= box.x <= ends[1] and box.lower == target.lower
            if level and spanned and name_ not in pair:
                assert abs(level[0] - box.y) > HIGH / 2


def test_a_method_that_nobody_knew_draws_itself() -> None:
    new = [
        "START",
        "scout",
        "smith",
        "taster",
        "judge",
        "scribe",
        "forge",
        "tutor",
        "warden",
        "sage",
    ]
    edges = [EdgeTotals(a, b, calls=1, prompt=5) for a, b in pairwise(new)]
    edges += [
        EdgeTotals("sage", "smith"),
        EdgeTotals("judge", "smith"),
        EdgeTotals("scout", "judge"),
    ]
    where = places(edges, last="sage")
    assert where["sage"].lower and not where["smith"].lower
    assert where["sage"].x == where["smith"].x, "the loop ends below where it begins"
    assert where["END"].lower and where["END"].x < where["sage"].x
    assert places(edges, last="sage") == where


def test_a_retry_does_not_turn_the_order_of_the_loop() -> None:
    layers = layered([arrow.pair for arrow in arrows(LOOP, "billed", "trainer")])
    assert layers.back == {("critic", "easy_generator"), ("trainer", "analyst")}


def test_a_collector_is_known_by_what_it_does() -> None:
    renamed = [
        replace(edge, source="urn", target=edge.target) if edge.source == "ballot" else edge
        for edge in (replace(e, target="urn") if e.target == "ballot" else e for e in LOOP)
    ]
    assert drawn(renamed)["urn", "critic"] == 80
    passed_by = [  # nobody was asked in the first round, so the ballot came before the labeler
        EdgeTotals("writer", "doubter"), EdgeTotals("doubter", "ballot"),
        EdgeTotals("doubter", "evaluator"), EdgeTotals("doubter", "labeler", calls=1, prompt=7),
        EdgeTotals("labeler", "ballot"), EdgeTotals("labeler", "evaluator"),
    ]  # fmt: skip
    found = drawn(passed_by, "evaluator")
    assert ("doubter", "labeler") in found and ("ballot", "evaluator") in found
    assert ("doubter", "evaluator") not in found and ("labeler", "evaluator") not in found


def test_what_several_hand_over_at_once_is_drawn_from_each() -> None:
    edges = [
        EdgeTotals("analyst", "easy_generator"), EdgeTotals("analyst", "hard_generator"),
        EdgeTotals("ballot", "ballot", freight=9), EdgeTotals("ballot", "critic"),
    ]  # fmt: skip
    found = drawn(edges, "critic")
    assert {("easy_generator", "ballot"), ("hard_generator", "ballot")} <= set(found)


def test_what_is_no_node_but_books_calls_stands_beside_who_hands_over() -> None:
    edges = [*LOOP, EdgeTotals("paths", "labeler", calls=9, prompt=90)]
    where = places(edges)
    assert where["paths"].x == where["easy_generator"].x
    assert places(LOOP)["labeler"].x == where["labeler"].x


def test_a_node_at_work_is_marked() -> None:
    svg = draw(LOOP, "billed", link=lambda s, t: None, at_work={"labeler"})
    assert svg.count("at-work") == 1 and "labeler: at work" in svg


NAMES = st.sampled_from(["START", *(f"n{number}" for number in range(9))])


@given(st.lists(st.tuples(NAMES, NAMES), max_size=24))
@settings(max_examples=60, deadline=None)
def test_any_graph_can_be_drawn(pairs: list[tuple[str, str]]) -> None:
    edges = [EdgeTotals(s, t, calls=1, prompt=3) for s, t in dict.fromkeys(pairs)]
    svg = draw(edges, "billed", last=edges[-1].target if edges else None, link=lambda s, t: None)
    ElementTree.fromstring(svg)
    assert not re.search(r"nan|inf", svg, re.I)
    where = places(edges, None)
    spots = {(place.x, place.y) for place in where.values()}
    assert len(spots) == len(where)
    total = sum(edge.billed for edge in edges)
    assert sum(arrow.tokens for arrow in arrows(edges, "billed", None)) == total
