"""An id holds what made the cell: the method's revision, and the text of its prompts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

import prompts
from evokd.studies.grid.cells import Cell
from evokd.studies.grid.identity import old_id
from graph.methods.evokd import EvoKD
from graph.methods.static import Static
from tests.studies.grid.test_cells import HEAD, cells_of, grid_of

BOTH = "grid: {method: [evokd, static], seed: [1, 2]}"


def by_method(cells: tuple[Cell, ...]) -> dict[tuple[str, int], str]:
    return {(cell.axes.method, cell.axes.seed): cell.id for cell in cells}


def test_another_revision_is_another_cell(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = by_method(cells_of(tiny, HEAD + BOTH))
    monkeypatch.setattr(EvoKD, "revision", EvoKD.revision + 1)
    after = by_method(cells_of(tiny, HEAD + BOTH))
    assert {key for key in before if before[key] != after[key]} == {("evokd", 1), ("evokd", 2)}


@pytest.fixture
def pack(tiny: Path, tmp_path: Path) -> Path:
    """A copy of a pack that ships with evokd, in the place of the one."""
    return Path(shutil.copytree(Path(prompts.__file__).parent / "evokd", tmp_path / "evokd"))


def test_another_text_of_a_shipped_pack_is_another_cell(
    tiny: Path, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name alone says nothing of the text behind it."""
    monkeypatch.setattr("prompts.pack.HERE", pack.parent)
    text = HEAD + "grid: {method: [evokd, static, no_aug]}"
    before = by_method(cells_of(tiny, text))
    for file, changed in (
        ("en/analyst.j2", {"evokd"}),  # `static` has no analyst
        ("en/labeler.j2", {"evokd", "static"}),
        ("en/repair.j2", {"evokd", "static"}),
        ("en/paraphraser.j2", set()),
        ("en/ner/labeler.j2", set()),
    ):
        whole = (pack / file).read_text(encoding="utf-8")
        (pack / file).write_text(f"{{# other #}}{whole}", encoding="utf-8")
        after = by_method(cells_of(tiny, text))
        assert {method for method, _ in before if before[method, 1] != after[method, 1]} == changed
        (pack / file).write_text(whole, encoding="utf-8")
    assert by_method(cells_of(tiny, text)) == before


def test_settings_of_a_pack_count_and_what_it_says_of_itself_does_not(
    tiny: Path, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prompts.pack.HERE", pack.parent)
    manifest = pack / "pack.yaml"
    before = by_method(cells_of(tiny, HEAD + "grid: {}"))
    whole = yaml.safe_load(manifest.read_text(encoding="utf-8"))

    def ids(**changes: object) -> dict[tuple[str, int], str]:
        manifest.write_text(yaml.safe_dump(whole | changes), encoding="utf-8")
        return by_method(cells_of(tiny, HEAD + "grid: {}"))

    assert ids() == ids(description="other") == ids(expected={"analysis": 7}) == before
    assert ids(generator=whole["generator"] | {"temperature": 0.123}) != before


def test_what_is_only_measured_makes_no_other_cell(tiny: Path) -> None:
    before = by_method(cells_of(tiny, HEAD + BOTH))
    text = HEAD + BOTH + "\nset: {loop.representation: true}"
    cells = cells_of(tiny, text)
    assert by_method(cells) == before
    assert all(cell.config.loop.representation for cell in cells)
    other = by_method(cells_of(tiny, text.replace("true}", "true, loop.barren_rounds: 2}")))
    assert not set(other.values()) & set(before.values())


def test_the_id_from_before_depends_on_neither(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cell,) = cells_of(tiny, HEAD + "grid: {}")
    before = cell.old_id
    monkeypatch.setattr(EvoKD, "revision", 9)
    (cell,) = cells_of(tiny, HEAD + "grid: {}")
    assert cell.old_id == before == old_id(cell.config) != cell.id
    assert cell.made_by is not None and cell.made_by.revision == 9 and cell.made_by.pack


def test_a_cell_that_follows_takes_the_next_seed(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Static, "follows", "evokd")
    text = HEAD + "grid: {method: [static, evokd], seed: [1, 3, 7], budget: [500, 900]}"
    cells = {(c.axes.method, c.axes.seed, c.axes.budget): c for c in cells_of(tiny, text)}
    for budget in (500, 900):
        for seed, other in ((1, 3), (3, 7), (7, 1)):
            leader = cells["evokd", other, budget]
            assert cells["static", seed, budget].follows == leader.id
            assert leader.follows is None
    before = cells["static", 1, 500].id
    narrow = cells_of(tiny, text.replace("[1, 3, 7]", "[1, 7]"))
    (after,) = [
        c.id for c in narrow if (c.axes.method, c.axes.seed, c.axes.budget) == ("static", 1, 500)
    ]
    assert after != before, "it takes another run now"


def test_a_variant_follows_the_one_that_differs_in_the_method_alone(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Static, "follows", "evokd")
    text = HEAD + (
        "grid: {seed: [1, 2], variant: {full: {}, no_easy: {loop.switches.easy: false},"
        " other: {method: static}, other_no_easy: {method: static, loop.switches.easy: false}}}"
    )
    cells = {(c.axes.variant, c.axes.seed): c for c in cells_of(tiny, text)}
    for own, leader in (("other", "full"), ("other_no_easy", "no_easy")):
        assert cells[own, 1].follows == cells[leader, 2].id
        assert cells[own, 2].follows == cells[leader, 1].id


@pytest.mark.parametrize("grid", ["method: [static], seed: [1, 2]", "method: [static, evokd]"])
def test_nothing_to_follow(tiny: Path, monkeypatch: pytest.MonkeyPatch, grid: str) -> None:
    monkeypatch.setattr(Static, "follows", "evokd")
    found = grid_of(tiny, HEAD + f"grid: {{{grid}}}")
    alone = [one for one in found.impossible if one.axes.method == "static"]
    assert alone and all("with at least two seeds" in one.reason for one in alone)


@pytest.mark.parametrize("key", ["student.contrastive", "student.lora", "loop.human"])
def test_a_section_with_its_defaults_is_not_one_that_is_not_there(tiny: Path, key: str) -> None:
    text = HEAD + f"grid: {{variant: {{plain: {{}}, other: {{{key}: {{}}}}}}}}"
    plain, other = cells_of(tiny, text)
    assert plain.id != other.id


def test_a_pack_that_is_not_there(tiny: Path) -> None:
    found = grid_of(tiny, HEAD + "set: {prompts.pack: gone}\ngrid: {method: [evokd, no_aug]}")
    (alone,) = found.impossible
    assert alone.axes.method == "evokd" and "is no pack" in alone.reason


@pytest.mark.parametrize("place", ["set: {track: [mlflow]}\n", "track: [mlflow, wandb]\n"])
def test_who_is_told_of_a_cell_makes_no_other_cell(tiny: Path, place: str) -> None:
    plain, told = cells_of(tiny, HEAD + BOTH), cells_of(tiny, HEAD + place + BOTH)
    assert by_method(plain) == by_method(told)
    assert [old_id(cell.config) for cell in plain] == [old_id(cell.config) for cell in told]
    assert all(cell.config.track[0] == "mlflow" for cell in told)


def test_a_study_takes_its_trackers_in_place_of_the_runs(tiny: Path) -> None:
    text = HEAD + "set: {track: [mlflow]}\ntrack: []\n" + BOTH
    assert {cell.config.track for cell in cells_of(tiny, text)} == {()}
