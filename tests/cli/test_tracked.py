"""`track` on the command line: refused before anything is spent, said once, nowhere in the way."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from evokd.config import load_config
from evokd.config.errors import ConfigError
from evokd.config.tracking import is_installed, refuse_missing
from tests.cli.conftest import Evokd
from tests.cli.tiny_run import lay_out


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evokd.config.tracking.is_installed", lambda name: name == "trackio")


@pytest.mark.usefixtures("missing")
def test_check_says_what_is_missing(evokd: Evokd, config: Path) -> None:
    said = evokd("check", config, "--set", "track=[trackio, mlflow]", "--json")
    assert said.exit_code == 2
    (found,) = [one for one in json.loads(said.stdout)["findings"] if one["what"] == "track"]
    assert found["state"] == "failed"
    assert "mlflow is not installed: pip install 'evokd[mlflow]'" in found["text"]
    assert evokd("check", config, "--set", "track=trackio").exit_code == 0


@pytest.mark.usefixtures("missing")
def test_a_run_and_a_study_are_refused(evokd: Evokd, tmp_path: Path) -> None:
    config, out = lay_out(tmp_path), tmp_path / "run"
    said = evokd("run", config, "--set", "track=[mlflow, wandb]", "--out", out)
    assert said.exit_code == 2 and not out.exists()
    assert "mlflow and wandb are not installed: pip install 'evokd[mlflow,wandb]'" in said.stderr
    study = tmp_path / "study.yaml"
    study.write_text(f"name: s\nkind: few_shot\nbase: {config.name}\ngrid: {{seed: [1, 2]}}\n")
    said = evokd("study", study, "--set", "track=mlflow", "--out", tmp_path / "study")
    assert said.exit_code == 2 and not (tmp_path / "study").exists()
    assert "pip install 'evokd[mlflow]'" in said.stderr


@pytest.mark.usefixtures("missing")
def test_a_run_that_has_begun_goes_on_without_it(
    evokd: Evokd, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evokd.tracking.trackers.is_installed", lambda name: False)
    with (run_dir / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("track: [mlflow]\n")
    said = evokd("resume", run_dir, "--set", "loop.rounds=3")
    assert said.exit_code == 0
    assert said.stderr.count("mlflow") == 2  # the name, and the line that installs it
    assert "warning: mlflow: ImportError: not installed: pip install 'evokd[mlflow]'" in " ".join(
        said.stderr.split()
    )
    assert json.loads((run_dir / "run.json").read_text())["status"] == "done"


@pytest.mark.parametrize("value", ["[nobody]", "[mlflow, mlflow]"])
def test_a_wrong_name_is_refused(config: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="track"):
        load_config(config, [f"track={value}"])


def test_one_may_stand_alone_and_none_leaves_no_word(config: Path) -> None:
    assert load_config(config, ["track=wandb"]).track == ("wandb",)
    assert "track" not in load_config(config).to_yaml()


def test_a_folder_of_that_name_is_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W&B itself leaves `wandb/` wherever it runs."""
    (tmp_path / "wandb").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    found: Any = importlib.machinery.PathFinder.find_spec("wandb", [str(tmp_path)])
    monkeypatch.setattr("evokd.config.tracking.find_spec", lambda name: found)
    assert found is not None and not is_installed("wandb")
    with pytest.raises(ConfigError, match=r"evokd\[wandb\]"):
        refuse_missing(["wandb"])
