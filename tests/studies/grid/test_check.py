"""Impossible cells are refused before anything starts, all of them at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.studies.grid.check import check_all
from evokd.studies.study import Study
from prompts.pack import HERE
from tests.studies.conftest import write_study
from tests.studies.grid.test_cells import HEAD, grid_of


def refusal(folder: Path, grid: str, rest: str = "") -> str:
    with pytest.raises(ConfigError) as refused:
        check_all(grid_of(folder, f"{HEAD}{rest}\ngrid: {grid}"))
    return str(refused.value)


def accepted(folder: Path, grid: str, rest: str = "") -> None:
    check_all(grid_of(folder, f"{HEAD}{rest}\ngrid: {grid}"))


def test_all_at_once(tiny: Path) -> None:
    said = refusal(
        tiny,
        "{shots: [1, 50, 60], seed: [1, 2], variant: {full: {}, bad: {loop.rounds: -1},"
        " pack: {prompts.pack: none}}}",
    )
    assert said.startswith("16 of 18 cells can't run; nothing was started")
    assert said.count("50-shot seeds 1, 2,") == said.count("60-shot seeds 1, 2,") == 3
    assert "task.shots: class 'negative' has 5 train rows" in said
    assert "loop.rounds" in said and "no pack" in said
    assert "full 1-shot" not in said


LOGPROBS = "set: {prompts.pack: small, teachers.labeler: {model: m, base_url: 'http://x/v1'%s}}"


def test_log_probabilities(tiny: Path) -> None:
    said = refusal(tiny, "{method: [evokd, zerogen]}", LOGPROBS % "")
    assert said.startswith("1 of 2") and "evokd tiny" in said and "`logprobs: true`" in said
    accepted(tiny, "{method: [evokd]}", LOGPROBS % ", logprobs: true")
    accepted(tiny, "{}", LOGPROBS.replace("small", "evokd") % "")
    accepted(tiny, "{variant: {a: {loop.switches.separate_labels: false}}}", LOGPROBS % "")
    accepted(tiny, "{}", "set: {prompts.pack: small}")


def test_eda_knows_english_only(tiny: Path) -> None:
    said = refusal(tiny, "{method: [eda, evokd], variant: {zh: {task.language: zh}}}")
    assert said.startswith("1 of 2") and "eda edits English texts only" in said
    accepted(tiny, "{method: eda, variant: {us: {task.language: en-US}}}")


def test_a_pack_without_the_template_of_a_method(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(HERE / "evokd", tmp_path / "mine")
    (tmp_path / "mine" / "en" / "writer.j2").unlink()
    said = refusal(tiny, "{method: [evokd, zerogen]}", f"set: {{prompts.pack: {tmp_path}/mine}}")
    assert said.startswith("1 of 2") and "has no writer.j2" in said and "zerogen" in said


def test_keys_and_prices(tiny: Path, tmp_path: Path) -> None:
    said = refusal(tiny, "{}", "set: {teachers.default: {model: gpt-4o-mini}}")
    assert "OPENAI_API_KEY" in said
    text = f"{HEAD}set: {{teachers.default: {{model: gpt-4o-mini}}}}\ngrid: {{}}"
    Study.load(write_study(tiny, text=text), out=tmp_path / "out", keys=False)
    assert "budget.usd" in refusal(tiny, "{}", "set: {budget.usd: 1}")


def test_data_and_students(tiny: Path) -> None:
    said = refusal(tiny, "{seed: [1, 2]}", "set: {task.data.train: gone.jsonl}")
    assert said.startswith("2 of 2") and said.count("no such file") == 1
    assert "is no folder" in refusal(tiny, "{}", "set: {student.model: ./gone}")
    assert "no embedded model" in refusal(tiny, "{}", "set: {student.model: 'embedded:x'}")


def test_nothing_is_written(tiny: Path, tmp_path: Path) -> None:
    file = write_study(tiny, text=HEAD + "grid: {shots: 99}")
    with pytest.raises(ConfigError):
        Study.load(file, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_embedded_models(tiny: Path) -> None:
    """Missing files are found for every cell, with a named pack and with `auto`."""
    gone = "teachers.default: {embedded: gone.gguf}"
    for pack in ("", ", prompts.pack: small"):
        said = refusal(tiny, "{seed: [1, 2]}", f"set: {{{gone}{pack}}}")
        assert said.startswith("2 of 2") and said.count("gone.gguf: can't be read") == 1
