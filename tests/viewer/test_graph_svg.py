from __future__ import annotations

import re
from xml.etree import ElementTree

from evokd.runs.totals import EdgeTotals
from evokd.viewer.graph_svg import THICKEST, THINNEST, draw, thickness
from evokd.viewer.machine.arrows import arrows
from evokd.viewer.machine.places import Place
from evokd.viewer.machine.places import places as places_of

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
