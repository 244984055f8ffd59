from __future__ import annotations

import json

import pytest
import yaml

from evokd.dasd.export import Training, Turn, llamafactory_files

LOW = [Turn("Wo? 在哪", "Hier. 😀\nThe answer is A.", "Be brief.")]
HIGH = [Turn("a", "b"), Turn("c", "d")]


def files(**more: object) -> dict[str, str]:
    return llamafactory_files(LOW, HIGH, Training("org/model", **more))  # type: ignore[arg-type]


def test_the_files() -> None:
    assert sorted(files()) == [
        "dataset_info.json", "stage1.json", "stage1.yaml", "stage2.json", "stage2.yaml",
    ]  # fmt: skip


def test_rows_come_back_as_they_were() -> None:
    (row,) = json.loads(files()["stage1.json"])
    assert row == {
        "conversations": [
            {"from": "human", "value": LOW[0].prompt},
            {"from": "gpt", "value": LOW[0].response},
        ],
        "system": "Be brief.",
    }
    assert len(json.loads(files()["stage2.json"])) == 2


@pytest.mark.parametrize("stage", ["stage1", "stage2"])
def test_a_config_names_its_data_set(stage: str) -> None:
    made = files()
    config = yaml.safe_load(made[f"{stage}.yaml"])
    info = json.loads(made["dataset_info.json"])[config["dataset"]]
    assert info["file_name"] in made
    rows = json.loads(made[info["file_name"]])
    assert all({info["columns"]["messages"], info["columns"]["system"]} == set(row) for row in rows)
    tags = info["tags"]
    for row in rows:
        user, assistant = row[info["columns"]["messages"]]
        assert (user[tags["role_tag"]], assistant[tags["role_tag"]]) == (
            tags["user_tag"], tags["assistant_tag"],
        )  # fmt: skip


def test_stage_2_continues_the_adapter_of_stage_1() -> None:
    one, two = (yaml.safe_load(files()[f"stage{k}.yaml"]) for k in (1, 2))
    assert two["adapter_name_or_path"] == one["output_dir"] != two["output_dir"]
    assert "adapter_name_or_path" not in one
    assert "create_new_adapter" not in two
    differ = {"adapter_name_or_path", "dataset", "output_dir", "learning_rate"}
    assert {key for key in two if one.get(key) != two[key]} == differ
    assert (one["learning_rate"], two["learning_rate"]) == (2e-4, 1e-4)


def test_small_rates_stay_numbers() -> None:
    config = yaml.safe_load(files(learning_rates=(1e-5, 5e-6))["stage2.yaml"])
    assert config["learning_rate"] == 5e-6


def test_a_template_only_where_it_is_named() -> None:
    assert "template" not in yaml.safe_load(files()["stage1.yaml"])
    assert yaml.safe_load(files(template="qwen")["stage1.yaml"])["template"] == "qwen"


def test_a_stage_without_rows() -> None:
    with pytest.raises(ValueError, match="stage2: no rows to export"):
        llamafactory_files(LOW, [], Training("m"))
