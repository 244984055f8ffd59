from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from evokd.config import Config, ConfigError, parse_config
from evokd.store.run_dir import RunDir, read_lines


@pytest.fixture
def config() -> Config:
    raw: dict[str, Any] = {"task": {"labels": ["a", "b"], "data": {"train": "/x", "test": "/y"}}}
    return parse_config(raw)


def test_a_run_reads_back_as_it_was_written(tmp_path: Path, config: Config) -> None:
    RunDir.create(tmp_path / "run", config, {"id": "1"})
    run = RunDir.open(tmp_path / "run")
    assert run.config() == config
    assert run.run() == {"id": "1"}


def test_a_folder_that_holds_something_is_refused(tmp_path: Path, config: Config) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"--out .*is not empty"):
        RunDir.create(tmp_path, config, {})


@pytest.mark.parametrize("there", [True, False], ids=["an empty folder", "none"])
def test_of_several_that_want_a_folder_one_gets_it(
    tmp_path: Path, config: Config, there: bool
) -> None:
    path = tmp_path / "run"
    if there:
        path.mkdir()
    barrier = threading.Barrier(8)

    def claim(seed: int) -> int | None:
        barrier.wait()
        try:
            RunDir.create(path, config.model_copy(update={"seed": seed}), {"seed": seed})
        except ConfigError:
            return None
        return seed

    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(claim, range(8)))
    (winner,) = [seed for seed in claimed if seed is not None]
    run = RunDir.open(path)
    assert run.config().seed == run.run()["seed"] == winner


def test_a_lock_that_nobody_holds_takes_no_folder(tmp_path: Path, config: Config) -> None:
    (tmp_path / ".lock").touch()  # of a process that died before it wrote
    assert RunDir.create(tmp_path, config, {"id": "1"}).run() == {"id": "1"}


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no run"):
        RunDir.open(tmp_path)


def test_a_round_written_twice_has_its_lines_once(tmp_path: Path, config: Config) -> None:
    run = RunDir.create(tmp_path / "run", config, {})
    for number, value in ((0, "a"), (1, "b"), (1, "c")):
        run.replace_lines(run.metrics, number, [{"round": number, "value": value}])
    assert [row["value"] for row in read_lines(run.metrics)] == ["a", "c"]


def test_a_second_process_is_kept_out(tmp_path: Path, config: Config) -> None:
    run = RunDir.create(tmp_path / "run", config, {})
    with (
        run.locked(),
        pytest.raises(ConfigError, match="another process"),
        RunDir.open(run.path).locked(),
    ):
        pass
    with run.locked():
        pass
