"""With many classes a prompt of analyst and writers lists some; labeler and critic know all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evokd.store.event_log import read_events
from evokd.store.events import Called
from evokd.store.run_dir import RunDir, read_lines
from graph.session import start
from tests.graph.test_loop import SCRIPTED
from tests.servers.runs import settings
from tests.student.tiny import FILLER

NAMES = [f"intent_{chr(97 + i // 6)}{chr(97 + i % 6)}" for i in range(30)]


@pytest.fixture(scope="module")
def intents(shared: Path) -> Path:
    for part in ("train", "test"):
        rows = [
            {
                "text": f"{part} {i} " + " ".join(FILLER[(i * 3 + j * j) % 12] for j in range(6)),
                "label": name,
            }
            for i, name in enumerate(NAMES)
        ]
        lines = "".join(f"{json.dumps(row)}\n" for row in rows)
        (shared / f"intents-{part}.jsonl").write_text(lines, encoding="utf-8")
    return shared


def run(shared: Path, out: Path, *overrides: str) -> dict[str, list[tuple[int, str]]]:
    """Role → (round, all that was said to it)."""
    task = {
        "labels": {name: f"meaning of {name}" for name in NAMES},
        "data": {"train": "intents-train.jsonl", "test": "intents-test.jsonl"},
        "shots": 1,
    }
    config = settings(
        shared, "http://127.0.0.1:1", SCRIPTED, f"task={json.dumps(task)}", *overrides
    )
    assert start(config, out).status == "done"
    asked: dict[str, list[tuple[int, str]]] = {}
    for event in read_events(RunDir.open(out).events):
        if isinstance(event, Called):
            text = "\n".join(content for _, content in event.messages)
            asked.setdefault(event.agent, []).append((event.round, text))
    return asked


def listed(text: str) -> set[str]:
    """The classes that are listed with their meaning."""
    return set(re.findall(r"meaning of (intent_\w\w)", text))


def test_writers_and_analyst_get_some_labeler_and_critic_all_names(
    intents: Path, tmp_path: Path
) -> None:
    asked = run(intents, tmp_path / "run")
    by_round: dict[int, set[str]] = {}
    for role in ("analyst", "easy_generator", "hard_generator"):
        for number, text in asked[role]:
            assert len(listed(text)) == 12
            assert "into 30 classes, among them" in text
            by_round.setdefault(number, listed(text))
            assert listed(text) == by_round[number], "one list a round"
    assert by_round[1] != by_round[2]
    for _, text in asked["labeler"]:
        assert all(name in text for name in NAMES)
        assert not listed(text)
    for _, text in asked["critic"]:
        assert all(name in text for name in NAMES)
        proposed = set(re.findall(r"\(proposed: (intent_\w\w)\)", text))
        assert listed(text) == proposed


def test_errors_of_the_student_are_in_the_next_rounds_list(intents: Path, tmp_path: Path) -> None:
    run(intents, tmp_path / "run", "loop.prompt_classes=15")
    directory = RunDir.open(tmp_path / "run")
    rows = read_lines(directory.path / "rounds/001/predictions.jsonl")
    wrong = {name for r in rows if r["mark"] == "wrong" for name in (r["label"], r["predicted"])}
    (text, *_) = [
        text
        for event in read_events(directory.events, type="called", round=2)
        if isinstance(event, Called) and event.agent == "hard_generator"
        for _, text in event.messages
        if "meaning" in text
    ]
    assert wrong
    assert len(listed(text) & wrong) >= min(10, len(wrong))


def test_without_a_limit_every_prompt_lists_all(intents: Path, tmp_path: Path) -> None:
    asked = run(intents, tmp_path / "run", "loop.prompt_classes=null", "loop.rounds=1")
    for role in ("analyst", "easy_generator", "hard_generator", "labeler", "critic"):
        assert all(listed(text) == set(NAMES) for _, text in asked[role])


def test_a_small_pack_writes_for_the_listed_classes(intents: Path, tmp_path: Path) -> None:
    run(intents, tmp_path / "run", "prompts.pack=small", "loop.calls_per_round=3")
    directory = RunDir.open(tmp_path / "run")
    for number in (1, 2):
        rows = read_lines(directory.path / f"rounds/{number:03d}/drafts.jsonl")
        assert len({row["intended_label"] for row in rows}) <= 12


def test_unguided_methods_get_a_list_that_knows_no_error(intents: Path, tmp_path: Path) -> None:
    asked = run(intents, tmp_path / "run", "method=static", "student.lr=1e-6")
    first, second = (
        next(listed(text) for number, text in asked["hard_generator"] if number == wanted)
        for wanted in (1, 2)
    )
    assert len(first) == len(second) == 12 and first != second
