"""Reasoning distillation on the command line: plan, run, export, predict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from evokd.cli.commands import app
from tests.graph.reasoning import lay_out, letter_row, settings


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = lay_out(tmp_path_factory.mktemp("reasoning"))
    settings(folder)  # writes config.yaml
    return folder


@pytest.fixture(scope="module")
def done(room: Path) -> tuple[Path, str]:
    """A run, and what was printed."""
    out = room / "run"
    result = CliRunner().invoke(app, ["run", str(room / "config.yaml"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out, result.output


def test_the_plan_counts_every_call(room: Path) -> None:
    command = ["plan", str(room / "config.yaml"), "--format", "json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    plan = json.loads(result.output)
    assert plan["total"]["calls"] == 24 and plan["rounds"] == 2
    paths = CliRunner().invoke(app, [*command, "--set", "dasd.cot_decoding={k: 3}"])
    assert json.loads(paths.output)["total"]["calls"] == 32


def test_students_stages_and_notes_are_printed(done: tuple[Path, str]) -> None:
    out, said = done
    for word in ("base", "answer_only", "stage2_random", "context distillation", "figures"):
        assert word in " ".join(said.split()), said
    assert (out / "figures" / "accuracy.svg").is_file() and (out / "report.html").is_file()


def test_the_chosen_responses_are_llama_factory_s(done: tuple[Path, str], tmp_path: Path) -> None:
    out, _ = done
    result = CliRunner().invoke(
        app, ["export", str(out), "--format", "llamafactory", "--out", str(tmp_path / "lf")]
    )
    assert result.exit_code == 0, result.output
    rows = json.loads((tmp_path / "lf" / "stage1.json").read_text("utf-8"))
    learnt = [
        json.loads(line) for line in (out / "synthetic.jsonl").read_text("utf-8").splitlines()
    ]
    assert [row["conversations"][1]["value"] for row in rows] == [
        row["text"] for row in learnt if row["round"] == 1
    ]
    assert "Think step by step" in rows[0]["conversations"][0]["value"]
    config = yaml.safe_load((tmp_path / "lf" / "stage2.yaml").read_text("utf-8"))
    assert config["adapter_name_or_path"] == "saves/stage1"
    assert (config["learning_rate"], config["lora_rank"]) == (1e-4, 2)


def test_the_student_answers_questions(done: tuple[Path, str]) -> None:
    out, _ = done
    row = letter_row(3)
    for folder in (out, out / "student"):
        result = CliRunner().invoke(app, ["predict", str(folder), "--text", json.dumps(row)])
        assert result.exit_code == 0, result.output
        line = json.loads(result.stdout)
        assert set(line) == {"text", "answer", "response", "finish"}
        assert line["text"].startswith(row["question"])
    result = CliRunner().invoke(app, ["predict", str(out), "--text", '{"question": 1}'])
    assert result.exit_code == 2


def test_the_dataset_of_a_run_is_its_chosen_responses(
    done: tuple[Path, str], tmp_path: Path
) -> None:
    out, _ = done
    result = CliRunner().invoke(
        app, ["export", str(out), "--format", "dataset", "--out", str(tmp_path / "d")]
    )
    assert result.exit_code == 0, result.output
