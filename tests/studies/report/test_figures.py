from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.studies.report.comparisons import comparisons, curves_of, reference
from evokd.studies.report.figures import (
    MOST_LINES,
    Picture,
    draw,
    file_stem,
    in_front,
    save,
)
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.plot_style import drawing, label, line_label, spread, style, thousands
from evokd.studies.report.results import read_results
from tests.studies import made_up
from tests.studies.made_up import METHODS, MadeUp

NASTY = "$\\frac{1}$ --> <script>alert(1)</script> _x \u202e今日头条"


def drawn(made: MadeUp) -> list[Picture]:
    return draw(read_results(made.write()))


def kinds(pictures: list[Picture]) -> list[str]:
    return [picture.stem.split("-")[0] for picture in pictures]


def test_a_token_curve_study(tmp_path: Path) -> None:
    pictures = drawn(made_up.token_curves(tmp_path, 2, ("evokd", "static", "eda", "full_shot")))
    assert kinds(pictures) == ["token_curve", "token_pairs", "edges"]
    assert "n = 2" in pictures[0].caption and "± 1 sample sd" in pictures[0].caption
    assert "full training set" in pictures[0].caption
    for picture in pictures:
        assert picture.png.startswith(b"\x89PNG")
        assert ElementTree.fromstring(picture.svg).tag.endswith("svg")
        assert b"<dc:date>" not in picture.svg and b"http://matplotlib" not in picture.svg


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("few_shot", ["few_shot"]),
        ("ablation", ["ablation", "ablation", "strategy", "strategy"]),
        ("adaptability", ["adaptability"]),
        ("strategy", ["strategy", "ablation"]),
    ],
)
def test_a_study_of_each_kind(tmp_path: Path, kind: str, expected: list[str]) -> None:
    pictures = drawn(getattr(made_up, kind)(tmp_path, seeds=3))
    assert kinds(pictures) == expected
    assert len({picture.stem for picture in pictures}) == len(pictures)


def test_of_many_lines_a_few_stand_in_front(tmp_path: Path) -> None:
    names = tuple(name for name in METHODS if name != "full_shot")
    made = made_up.token_curves(tmp_path, 1, names)
    study = read_results(made.write())
    (comparison,) = comparisons(study)
    curves, mine = curves_of(study, comparison), reference(comparison)
    front = in_front(curves, mine)
    assert len(front) == MOST_LINES and mine in front
    ends = {line: runs[1].scores[-1] for line, runs in curves.items()}
    best = sorted(ends, key=lambda line: -ends[line])[: MOST_LINES - 1]
    assert set(best) <= set(front)
    assert front == [line for line in curves if line in front]  # in the order of the tables
    assert f"the other {len(names) - MOST_LINES} in grey" in drawn(made)[0].caption
    few = dict(list(curves.items())[:MOST_LINES])
    assert in_front(few, None) == list(few)


def test_one_seed_is_drawn_without_spread(tmp_path: Path) -> None:
    pictures = drawn(made_up.token_curves(tmp_path, 1, ("evokd", "static")))
    assert "n = 1" in pictures[0].caption and "± 1" not in pictures[0].caption


def test_an_empty_study_has_no_figures(tmp_path: Path) -> None:
    assert draw(read_results(tmp_path)) == []


def test_failed_cells_draw_nothing(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.line(made.cell("evokd", 1, 0.5, status="failed"), [(0, 0.4), (10, 0.5)])
    assert drawn(made) == []


def test_the_same_files_give_the_same_figures(tmp_path: Path) -> None:
    made = made_up.token_curves(tmp_path, 2, ("evokd", "zerogen"))
    first = drawn(made)
    made.results.reverse()
    assert drawn(made) == first


def test_hostile_names_are_drawn_as_text(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    for seed in (1, 2):
        for method, variant in (("evokd", ""), (NASTY, NASTY), ("_hidden", "$x$")):
            row = made.cell(method, seed, 0.5, task=NASTY, variant=variant, metric=NASTY)
            made.line(row, [(0, 0.4), (9_000, 0.5)], edges=[NASTY, "_a→b"])
    pictures = drawn(made)
    assert kinds(pictures) == ["token_curve", "token_pairs", "area", "edges"]
    for picture in pictures:
        ElementTree.fromstring(picture.svg)
        assert b"<script" not in picture.svg
        assert set(picture.stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")


def test_files(tmp_path: Path) -> None:
    save([Picture("x-1", "t", "c", b"png", b"svg")], tmp_path / "figures")
    assert {file.name for file in (tmp_path / "figures").iterdir()} == {"x-1.png", "x-1.svg"}


def test_file_names_stay_in_the_folder_and_apart() -> None:
    assert "/" not in file_stem("edges", "../../etc/passwd")
    assert file_stem("edges", "a b") != file_stem("edges", "a-b")
    assert len(file_stem("edges", "x" * 999)) < 90


def test_no_two_methods_look_alike() -> None:
    lines = [MethodVariant(method, "") for method in METHODS]
    looks = [style(line, lines) for line in lines]
    in_grey = [(look.dashes, look.marker) for look in looks]
    assert len(set(in_grey)) == len(lines) and len({look.marker for look in looks}) == len(lines)
    assert len({look.colour for look in looks}) == len(lines)


def test_a_method_looks_the_same_in_every_figure() -> None:
    few, many = (
        [MethodVariant("evokd", ""), MethodVariant("static", "")],
        [MethodVariant(m, "") for m in METHODS],
    )
    assert style(few[1], few) == style(few[1], many)


def test_variants_of_a_method_look_apart() -> None:
    lines = [MethodVariant("evokd", v) for v in ("full", "a", "b", "c")] + [
        MethodVariant("static", "")
    ]
    assert len({style(line, lines).marker for line in lines}) == len(lines)


def test_arms_named_after_their_methods_look_apart() -> None:
    """As in a study of strategies: each arm has a name, several of them are one method's."""
    pool = (MethodVariant("pool", name, real=True) for name in ("random", "margin", "typical"))
    named = (MethodVariant(name, name) for name in ("evokd", "zerogen", "attrprompt"))
    lines = [*pool, *named]
    looks = [style(line, lines) for line in lines]
    assert len({(look.dashes, look.marker) for look in looks}) == len(lines)
    assert len({look.colour for look in looks}) == len(lines)


def test_many_variants_look_apart() -> None:
    lines = [
        MethodVariant("evokd", "full"),
        *(MethodVariant("evokd", f"v{place}") for place in range(40)),
    ]
    looks = {(look.dashes, look.marker) for look in (style(line, lines) for line in lines)}
    assert len(looks) == len(lines)


PLACES = st.lists(st.floats(-0.2, 1.2), min_size=1, max_size=30)


@given(PLACES)
def test_names_at_line_ends_never_overlap(places: list[float]) -> None:
    gap = 0.05
    moved = spread(places, gap, 0, 1)
    ordered = sorted(moved)
    least = min(gap, 1 / max(1, len(places) - 1))
    assert all(b - a >= least - 1e-9 for a, b in itertools.pairwise(ordered))
    assert ordered[0] >= -1e-9 and ordered[-1] <= 1 + 1e-9
    by_want = sorted(range(len(places)), key=lambda i: places[i])
    assert [moved[i] for i in by_want] == ordered  # in the order of the lines


def test_names_with_room_stay_where_they_are() -> None:
    assert spread([0.1, 0.9, 0.5], 0.1, 0, 1) == pytest.approx([0.1, 0.9, 0.5])
    assert spread([0.5, 0.5], 0.1, 0, 1) == pytest.approx([0.45, 0.55])


def test_text_in_figures() -> None:
    with drawing():
        assert label("a\nb\x00") == "a b"
        assert label("\U0010fffd\U000e0041x").strip() == "x"
        assert label("abcdefghijklm", 8) == "abcd…klm"
        assert "\U0001f9ff" not in label("\U0001f9ff")  # no font at hand has it
    assert line_label(MethodVariant("evokd_init", "default"), flat=True) == "evokd init †"
    assert [thousands(v) for v in (0, 800, 5_000, 1_500_000)] == ["0", "800", "5k", "1.5M"]


def test_help_pays_nothing_for_figures() -> None:
    code = (
        "import sys, evokd.cli, evokd.studies.report.report, evokd.studies.report.figures;"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
