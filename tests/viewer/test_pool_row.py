"""The page of a row whose text comes from a pool."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evokd.store.run_dir import read_lines
from graph.session import start
from tests.servers.runs import lay_out, settings
from tests.viewer.conftest import Browse

NASTY = "<script>alert(1)</script> it works"
SCRIPTED = "teachers={default: {scripted: true}}"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    shared = tmp_path / "shared"
    shared.mkdir()
    lay_out(shared)
    texts = [NASTY, *(f"number {n} is a lamp" for n in range(5))]
    lines = "".join(f"{json.dumps({'text': text})}\n" for text in texts)
    (shared / "pool.jsonl").write_text(lines, encoding="utf-8")
    pooled = ("method=pool", "task.data.pool=pool.jsonl", "loop.switches.critic=false")
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, *pooled, "loop.rounds=1")
    assert start(config, tmp_path / "runs/one").status == "done"
    return tmp_path / "runs"


def test_it_is_called_real_and_says_why_it_was_picked(runs: Path, browse: Browse) -> None:
    page = browse(runs).get("/row?run=one&row=r001-pool-0")
    assert page.status_code == 200
    assert "A real text, <code>pool-0</code>" in page.text
    assert "Policy <strong>margin</strong> picked it from 6" in page.text
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("content", [None, "{}\nno json\n", '{"row": "r001-pool-0"}\n'])
def test_a_damaged_file_costs_the_reasons_alone(
    content: str | None, runs: Path, browse: Browse
) -> None:
    file = runs / "one/rounds/001/picked.jsonl"
    assert len(read_lines(file)) == 6
    file.unlink()
    if content is not None:
        file.write_text(content, encoding="utf-8")
    page = browse(runs).get("/row?run=one&row=r001-pool-0")
    assert page.status_code == 200
    assert "A real text, <code>pool-0</code>" in page.text and "picked it from" not in page.text
