from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError, load_config, parse_config
from evokd.config.nearest import did_you_mean, nearest
from evokd.store.models import known
from evokd.studies.grid.config import load_study
from evokd.tasks.task import load_task
from graph.methods import method_of
from prompts.pack import Pack

TASK = {"labels": ["a", "b"], "data": {"train": "a.jsonl", "test": "b.jsonl"}}


def refusal(**parts: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        method_of(parse_config({"task": TASK, **parts}))
    return str(caught.value)


def test_nearest() -> None:
    assert nearest("N_HRAD", ("n_hard", "n_easy")) == "n_hard"
    assert nearest("price", ("n_hard", "n_easy")) is None
    assert did_you_mean("price", ("n_hard",)) == ""


@pytest.mark.parametrize(
    ("parts", "field", "meant"),
    [
        ({"loop": {"n_hrad": 3}}, "loop.n_hrad", "n_hard"),
        ({"lop": {"n_hard": 3}}, "lop", "loop"),
        ({"teachers": {"labeller": {"scripted": True}}}, "teachers.labeller", "labeler"),
        ({"teachers": {"default": [{"modle": "m"}]}}, "teachers.default.0.modle", "model"),
        ({"teachers": {"default": {"model": "m", "price": {"promt": 1}}}}, "promt", "prompt"),
        ({"budget": {"per_agent": {"critic": {"token": 1}}}}, "critic.token", "tokens"),
        ({"budget": {"per_agent": {"critc": {"tokens": 1}}}}, "no such role", "critic"),
        ({"methods": {"evokd_yoke": {}}}, "methods.evokd_yoke", "evokd_yoked"),
        ({"rivals": {"eda": {"alhpa": 1}}}, "rivals.eda.alhpa", "alpha"),
        ({"method": "evokd_shuffeld"}, "method", "evokd_shuffled"),
        ({"task": TASK | {"metric": "makro_f1"}}, "task.metric", "macro_f1"),
        ({"task": TASK | {"kind": "clasification"}}, "task.kind", "classification"),
    ],
)  # fmt: skip
def test_a_wrong_name_brings_the_nearest(parts: dict[str, Any], field: str, meant: str) -> None:
    said = refusal(**parts)
    assert field in said and f"did you mean {meant!r}?" in said


def test_a_field_in_the_wrong_place_brings_the_right_one() -> None:
    assert "n_hard: unknown field; did you mean 'loop.n_hard'?" in refusal(n_hard=3)
    said = refusal(teachers={"model": "m"})
    assert "teachers.model: unknown field; did you mean 'teachers.default.model'?" in said
    assert "zzz: unknown field" in refusal(zzz=3) and "did you mean" not in refusal(zzz=3)


def test_set_and_study_files(tmp_path: Path) -> None:
    run = tmp_path / "run.yaml"
    run.write_text("task: {labels: [a, b], data: {train: a.jsonl}}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"did you mean 'n_hard'\?"):
        load_config(run, ["loop.n_hrad=3"])
    study = tmp_path / "study.yaml"
    for text, meant in (
        ("grid: {seeds: [1]}", "seed"),
        ("grid: {method: evkd}", "evokd"),
        ("grid: {task: {one: {confg: run.yaml}}}", "config"),
    ):
        study.write_text(f"name: s\nkind: few_shot\nbase: run.yaml\n{text}", encoding="utf-8")
        with pytest.raises(ConfigError, match=rf"did you mean '{meant}'\?"):
            load_study(study)


def test_packs_models_and_columns(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'small'\?"):
        Pack.load("smal", "en")
    with pytest.raises(ConfigError, match=r"did you mean 'smollm2-135m'\?"):
        known("smollm2-135")
    data = tmp_path / "a.jsonl"
    data.write_text('{"txt": "x", "label": "a"}\n', encoding="utf-8")
    config = parse_config({"task": TASK | {"data": {"train": str(data), "test": str(data)}}})
    with pytest.raises(ConfigError, match=r"found 'txt', 'label'; did you mean 'txt'\?"):
        load_task(config.task)
