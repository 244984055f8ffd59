"""The flat twin of the loop runs, counts every token, and stays short enough to be read."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from evokd.config import ConfigError
from evokd.store.weights import find

FILE = Path(__file__).parents[1] / "examples" / "loop.py"
TEXTS = 6


@pytest.fixture
def loop() -> Iterator[ModuleType]:
    for name in ("smollm2-135m", "minilm"):
        try:
            find(name)
        except ConfigError as missing:
            pytest.skip(f"skipped: {missing}")
    spec = importlib.util.spec_from_file_location("loop_example", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    module.HTTP.close()
    module.TEACHER.stop()


def step_of(body: dict[str, Any]) -> str:
    """Who asks, as far as the request shows it."""
    start = body["messages"][-1]["content"]
    if body["max_tokens"] == 1:
        return "labeler"
    if start == "They are about":
        return "analyst"
    return "hard_generator" if start.startswith("- ") else "easy_generator"


@pytest.mark.slow
def test_a_round_of_it(
    loop: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: Counter[str] = Counter()
    reported: Counter[str] = Counter()
    post = loop.HTTP.post

    def counting(url: str, *, json: dict[str, Any]) -> Any:
        reply, step = post(url, json=json), step_of(json)
        asked[step] += 1
        reported[step] += reply.json()["usage"]["total_tokens"]
        return reply

    monkeypatch.setattr(loop.HTTP, "post", counting)
    rows = loop.main(seed=1, rounds=1, texts=TEXTS)

    assert reported == loop.SPENT
    writers = dict.fromkeys(("easy_generator", "hard_generator"), TEXTS)
    assert asked == {"analyst": 1, "labeler": 2 * TEXTS, **writers}
    seeds, kept = rows[:2], rows[2:]
    assert [row.label for row in seeds] == list(loop.LABELS)
    assert 0 < len(kept) <= 2 * TEXTS
    test = (loop.DATA / "test.jsonl").read_text(encoding="utf-8").splitlines()
    assert len({row.text for row in kept} - {json.loads(line)["text"] for line in test}) == len(
        kept
    )
    for row in kept:
        assert row.kind in ("easy", "hard")
        assert {row.label, row.verdict} <= set(loop.LABELS)
        assert not any(sign in row.text.lower() for sign in loop.META_TALK)
        assert "\n" not in row.text and not row.text.startswith("-")
    assert capsys.readouterr().out.count("test macro-F1") == 2


def test_it_is_short_and_has_no_graph() -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    assert not [line for line in lines if line.startswith(("from graph", "import graph"))]
    assert sum(line.startswith("class ") for line in lines) == 1
