"""Expansion of the grid, and what makes two cells the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import ConfigError, parse_yaml
from evokd.studies.grid.cells import Cell, Grid, expand
from evokd.studies.grid.config import is_study, load_study
from tests.studies.conftest import write_study

HEAD = "name: s\nkind: token_curve\nbase: tiny.yaml\n"


def grid_of(folder: Path, text: str) -> Grid:
    return expand(load_study(write_study(folder, text=text)), folder.resolve())


def cells_of(folder: Path, text: str) -> tuple[Cell, ...]:
    grid = grid_of(folder, text)
    assert not grid.impossible
    return grid.cells


def test_every_combination_once_seeds_outermost(tiny: Path) -> None:
    cells = cells_of(
        tiny,
        HEAD + "grid: {method: [evokd, static], shots: [1, 3], seed: [1, 2], budget: [500, 900],"
        " variant: {full: {}, bare: {loop.switches.critic: false}}}",
    )
    places = [(c.axes.seed, c.axes.shots, c.axes.budget, c.axes.variant) for c in cells]
    assert len(cells) == len({c.id for c in cells}) == 2 * 2 * 2 * 2 * 2
    assert [seed for seed, *_ in places] == [1] * 16 + [2] * 16
    for cell in cells:
        config, axes = cell.config, cell.axes
        assert (config.method, config.seed, config.task.shots, config.budget.tokens) == (
            axes.method, axes.seed, axes.shots, axes.budget,
        )  # fmt: skip
        assert config.loop.switches.critic == (axes.variant == "full")
        assert Path(config.task.data.train).is_absolute() and Path(config.student.model).is_dir()


def test_a_variant_may_have_fewer_seeds(tiny: Path) -> None:
    text = HEAD + (
        "grid: {seed: [1, 2, 3], seeds_of: {bare: [1, 2], gone: [9]},"
        " variant: {full: {}, bare: {loop.switches.critic: false}}}"
    )
    found = [(c.axes.variant, c.axes.seed) for c in cells_of(tiny, text)]
    assert found == [("full", 1), ("bare", 1), ("full", 2), ("bare", 2), ("full", 3)]


WHOLE = (
    "grid: {method: [evokd], seed: [1, 2], budget: 500}\n"
    "whole: {method: [evokd, static], budget: [500, 900]}\n"
)


def test_the_whole_grid_takes_the_place_of_the_axes_it_names(tiny: Path) -> None:
    file = write_study(tiny, text=HEAD + WHOLE)
    cut, whole = load_study(file), load_study(file, ["size=whole"])
    assert len(expand(cut, tiny).cells) == 2
    assert len(expand(whole, tiny).cells) == 2 * 2 * 2
    assert whole.grid.seed == (1, 2) and whole.grid.budget == (500, 900)
    narrow = load_study(file, ["grid.seed=1", "size=whole", "grid.method=static"])
    assert (narrow.grid.seed, narrow.grid.method) == ((1,), ("static",))
    kept = parse_yaml(whole.to_yaml())
    assert isinstance(kept, dict) and "whole" not in kept and kept["grid"]["budget"] == [500, 900]


def test_variants_of_the_whole_grid_are_added(tiny: Path) -> None:
    text = HEAD + (
        "grid: {seed: [1, 2], variant: {full: {}, bare: {loop.switches.critic: false}},"
        " seeds_of: {bare: [1]}}\n"
        "whole: {variant: {no_easy: {loop.switches.easy: false}}, seeds_of: {}}\n"
    )
    file = write_study(tiny, text=text)
    assert len(expand(load_study(file), tiny).cells) == 3
    whole = load_study(file, ["size=whole"])
    assert list(whole.grid.variant) == ["full", "bare", "no_easy"]
    assert len(expand(whole, tiny).cells) == 2 * 3


def test_a_study_without_a_whole_grid_has_no_other_size(tiny: Path) -> None:
    file = write_study(tiny, text=HEAD + "grid: {seed: 1}")
    with pytest.raises(ConfigError, match="has no `whole:`"):
        load_study(file, ["size=whole"])
    with pytest.raises(ConfigError, match="size"):
        load_study(file, ["size=huge"])


def test_one_more_override_of_all_cells_leaves_the_others(tiny: Path) -> None:
    text = HEAD + "set: {student.steps: 7, student.lr: 0.5}\ngrid: {seed: 1}"
    file = write_study(tiny, text=text)
    (cell,) = expand(load_study(file, ["set.student.lr=0.25", "set.student.epochs=2"]), tiny).cells
    student = cell.config.student
    assert (student.steps, student.lr, student.epochs) == (7, 0.25, 2)
    (cell,) = expand(load_study(file, ["set.budget={tokens: 9}"]), tiny).cells
    assert cell.config.budget.tokens == 9 and cell.config.student.steps == 7
    of_a_task = ["grid.task={t: {config: tiny.yaml}}", "grid.task.t.set.student.lr=0.25"]
    (cell,) = expand(load_study(file, of_a_task), tiny).cells
    assert (cell.config.student.steps, cell.config.student.lr) == (7, 0.25)
    of_a_variant = ["grid.variant={v: {budget.tokens: 9}}", "grid.variant.v.student.epochs=2"]
    (cell,) = expand(load_study(file, of_a_variant), tiny).cells
    assert (cell.config.student.steps, cell.config.student.epochs) == (7, 2)
    assert cell.config.budget.tokens == 9 and cell.config.student.steps == 7


def test_axes_that_are_not_named_are_the_base_s(tiny: Path) -> None:
    (cell,) = cells_of(tiny, HEAD + "grid: {}")
    axes = cell.axes
    assert (axes.method, axes.task, axes.variant) == ("evokd", "tiny", "default")
    assert (axes.shots, axes.seed, axes.budget) == (1, 1, 40_000)
    (cell,) = cells_of(tiny, HEAD + "grid: {seed: 7}")
    assert cell.config.seed == 7


def test_a_method_has_one_cell_for_what_it_does_not_depend_on(tiny: Path) -> None:
    text = HEAD + "grid: {method: [full_shot, no_aug, evokd], shots: [1, 2], budget: [500, 900]}"
    found = [(c.axes.method, c.axes.shots, c.axes.budget) for c in cells_of(tiny, text)]
    assert found.count(("full_shot", None, None)) == 1
    assert sorted(shots for method, shots, _ in found if method == "no_aug" and shots) == [1, 2]
    assert len([1 for method, *_ in found if method == "evokd"]) == 4
    assert len(found) == 1 + 2 + 4
    narrow = {c.id for c in cells_of(tiny, text.replace("[500, 900]", "[900]"))}
    assert narrow <= {c.id for c in cells_of(tiny, text)}


def test_layers(tiny: Path, tmp_path: Path) -> None:
    """Study file over task over base; `task` is taken whole, all else is merged."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    shutil.copy(tiny / "train.jsonl", other / "train.jsonl")
    (other / "other.yaml").write_text(
        "task: {labels: [positive, negative], domain: note, data: {train: train.jsonl, test:"
        " train.jsonl}}\nloop: {n_hard: 7}\nteachers: {critic: {scripted: true, retries: 1}}\n",
        encoding="utf-8",
    )
    (cell,) = cells_of(
        tiny,
        HEAD + f"set: {{loop.n_easy: 9, loop.rounds: 1}}\ngrid: {{task: {{b: {other}/other.yaml}},"
        " variant: {v: {loop.rounds: 8, teachers.critic.retries: 3}}}",
    )
    config = cell.config
    assert cell.axes.task == "b"
    assert tuple(config.task.labels) == ("positive", "negative")
    assert config.task.labels["positive"] == "", "the base's descriptions are of other labels"
    assert config.task.data.train == str(other / "train.jsonl")
    assert config.student.model == str((tiny / "base").resolve())
    assert (config.loop.n_hard, config.loop.n_easy, config.loop.rounds) == (7, 9, 8)
    assert config.teachers.of("critic")[0].retries == 3


def test_the_same_cell(tiny: Path, tmp_path: Path) -> None:
    """A moved folder, another name for a variant, a default said aloud: the run is the same."""
    text = HEAD + "grid: {seed: [1, 2], variant: {%s: {%s}}}"
    here = [c.id for c in cells_of(tiny, text % ("a", ""))]
    moved = Path(shutil.copytree(tiny, tmp_path / "moved"))
    assert [c.id for c in cells_of(moved, text % ("b", "loop.n_hard: 2"))] == here
    assert [c.id for c in cells_of(moved, text % ("b", "loop.n_hard: 3"))] != here
    with (moved / "train.jsonl").open("a", encoding="utf-8") as rows:
        rows.write('{"text": "one more", "label": "positive"}\n')
    assert not set(here) & {c.id for c in cells_of(moved, text % ("a", ""))}


@given(seeds=st.permutations([1, 2, 3, 4]), kept=st.integers(1, 4))
def test_ids_do_not_depend_on_the_rest_of_the_grid(tiny: Path, seeds: list[int], kept: int) -> None:
    text = HEAD + "grid: {seed: %s}"
    whole = {c.axes.seed: c.id for c in cells_of(tiny, text % [1, 2, 3, 4])}
    part = {c.axes.seed: c.id for c in cells_of(tiny, text % seeds[:kept])}
    assert part.items() <= whole.items()


def test_two_names_for_one_run(tiny: Path) -> None:
    with pytest.raises(ConfigError, match="are the same run"):
        grid_of(tiny, HEAD + "grid: {variant: {a: {}, b: {loop.n_hard: 2}}}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: s\nkind: token_curve\ngrid: {}", "expected `base`, `config` or `grid.task`"),
        (HEAD + "grid: {method: [evokd, magic]}", "grid.method.1"),
        (HEAD + "grid: {seed: [1, 1]}", "`seed` holds 1 more than once"),
        (HEAD + "grid: {seed: []}", "grid.seed"),
        (HEAD + "grid: {speed: [1]}", "grid.speed: unknown field"),
        (HEAD.replace("token_curve", "curve") + "grid: {}", "kind"),
        (HEAD + "config: {}\ngrid: {}", "expected `base` or `config`, not both"),
        (HEAD + "grid: {variant: {a b: {}}}", "grid.variant"),
        (HEAD + "resources: {cpus: 0}\ngrid: {}", "resources.cpus"),
    ],
)
def test_wrong_study_files(tiny: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_study(write_study(tiny, text=text))


def test_wrong_cells_are_kept_apart(tiny: Path) -> None:
    grid = grid_of(tiny, HEAD + "grid: {variant: {good: {}, bad: {loop.n_hard: 0, loop.x: 1}}}")
    assert [cell.axes.variant for cell in grid.cells] == ["good"]
    (bad,) = grid.impossible
    assert bad.axes.variant == "bad"
    assert "loop.n_hard" in bad.reason and "loop.x: unknown field" in bad.reason


def test_overrides_and_files(tiny: Path) -> None:
    file = write_study(tiny, text=HEAD + "grid: {seed: [1, 2]}")
    assert load_study(file, ["grid.seed=[5]", "resources.cpus=2"]).grid.seed == (5,)
    assert is_study(file) and not is_study(tiny / "tiny.yaml")
    with pytest.raises(ConfigError, match="grid: missing"):
        load_study(tiny / "tiny.yaml")
    study = load_study(file)
    again = tiny / "resolved.yaml"
    again.write_text(study.to_yaml(), encoding="utf-8")
    assert load_study(again) == study


def test_the_id_goes_by_the_pack_that_is_taken(tiny: Path) -> None:
    """`auto` is no other run than the pack it takes, and the first default stands in no id."""
    rest = "set: {teachers.default: {embedded: smollm2-135m}%s}\n"
    ids = {}
    for pack in ("auto", "small", "evokd"):
        (cell,) = grid_of(tiny, HEAD + rest % f", prompts.pack: {pack}" + "grid: {}").cells
        ids[pack] = cell.id
        assert cell.config.prompts.pack == ("evokd" if pack == "evokd" else "small")
    assert ids["auto"] == ids["small"] != ids["evokd"]
