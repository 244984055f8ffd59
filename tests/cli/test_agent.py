"""The guide for coding agents says what is there: commands, files, columns, keys."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import Result

from evokd.cli import agent_facts as facts
from evokd.cli.agent import EXITS, described, guide
from evokd.cli.commands import app
from evokd.cli.reference import commands
from evokd.cli.schema import run_schema
from evokd.config import parse_config, parse_yaml
from evokd.config.loading import override
from evokd.store.run_dir import read_lines
from tests.cli.conftest import Evokd

SAID = guide()
NAMES = {name for name, _ in commands(typer.main.get_command(app), "evokd")}


def test_every_command_is_named_and_every_name_is_a_command() -> None:
    lines = SAID.split("## Commands\n")[1].split("\n## ")[0].strip().splitlines()
    listed = [max(filter(line[3:].startswith, NAMES), key=len, default="") for line in lines]
    assert sorted(listed) == sorted(NAMES)
    first = {name.split()[1] for name in NAMES}
    assert set(re.findall(r"\bevokd ([a-z]+)\b", SAID)) - {"distils"} <= first


def test_every_option_stands_with_its_command() -> None:
    assert (
        "`evokd run CONFIG.yaml [--set a.b=c] [--out DIR] [--quiet] [--verbose] [--json]`" in SAID
    )
    assert "`evokd export DIR --format " in SAID  # needed, so without brackets
    assert "`evokd completion bash|zsh|fish`" in SAID and "`evokd models get NAME`" in SAID
    assert "[--by edge|agent|voter|model|round|call]" in SAID


def test_the_command_prints_it(evokd: Evokd) -> None:
    shown = evokd("agent")
    assert shown.exit_code == 0 and shown.stdout == SAID
    assert len(SAID.split()) < 2_200  # short: an agent reads it whole


def test_every_file_is_written_by_a_run(finished: tuple[Path, Result]) -> None:
    run = finished[0]
    for name in facts.FILES:
        path = run / name
        assert path.is_dir() if name.endswith("/") else path.stat().st_size, name
    for name in facts.ROUND_FILES:
        assert (run / "rounds" / "001" / name).is_file(), name
    unnamed = {path.name for path in run.iterdir() if not path.name.startswith(".")} - {
        *(name.rstrip("/") for name in facts.FILES), "rounds",
    }  # fmt: skip
    assert not unnamed


def test_every_column_is_there(finished: tuple[Path, Result]) -> None:
    run, named = finished[0], {k: v.split(", ") for k, v in facts.COLUMNS.items()}
    for name in ("metrics.jsonl", "synthetic.jsonl"):
        assert set(named[name]) <= read_lines(run / name)[-1].keys()
    books = sqlite3.connect(run / "ledger.sqlite")
    columns = {row[1] for row in books.execute("PRAGMA table_info(calls)")}
    books.close()
    assert set(named["calls"]) <= columns
    status = json.loads((run / "run.json").read_text(encoding="utf-8"))["status"]
    assert status in facts.FILES["run.json"]


TASK = "{labels: {negative: bad, positive: good}, data: {train: a.jsonl, test: b.jsonl}}"


@pytest.mark.parametrize("key", facts.KEYS)
def test_every_key_is_taken_and_has_a_meaning(key: str) -> None:
    raw: dict[str, Any] = {"task": parse_yaml(TASK)}
    if key == "budget.usd":
        raw["teachers"] = {"default": {"model": "m", "price": {"prompt": 1, "completion": 1}}}
    if key == "loop.patience":
        raw["task"]["data"]["dev"] = "c.jsonl"
    override(raw, f"{key}={facts.KEYS[key]}")
    found: Any = parse_config(raw).to_yaml()
    assert found and described(run_schema(), key)
    with pytest.raises(KeyError):
        described(run_schema(), f"{key}x")


def test_every_exit_code_is_told(evokd: Evokd) -> None:
    assert set(EXITS) == {0, 1, 2, 130}
    assert all(f"- {code}: " in SAID for code in EXITS)
