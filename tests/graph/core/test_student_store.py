from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evokd.config import Config
from evokd.store.event_log import EventLog, last_seq
from evokd.store.events import Event, Stepped
from graph.core import student_store
from graph.core.student_store import StudentStore
from student.encoder.training_plan import TrainingPlan
from student.results import FitReport


class SteppingStudent:
    """Takes so many steps in no time, as an encoder's fit would tell of them."""

    labels = ("a", "b")
    thresholds = None

    def checkpoint(self, folder: Path) -> None:
        folder.mkdir()


def stepping(steps: int) -> Callable[..., FitReport]:
    def run_plan(*_: Any, on_step: Callable[[int, int], None], **__: Any) -> FitReport:
        for step in range(1, steps + 1):
            on_step(step, steps)
        return FitReport(steps=steps)

    return run_plan


async def test_steps_are_told_now_and_then_on_the_loop_and_kept_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[Event, int]] = []
    log = EventLog(tmp_path / "e.sqlite", (lambda e: heard.append((e, threading.get_ident())),))
    config = Config.model_validate(
        {"task": {"labels": ["a", "b"], "data": {"train": "t.jsonl", "test": "t.jsonl"}}}
    )
    store = StudentStore(config, ("a", "b"), tmp_path, log.tell)
    monkeypatch.setattr(store, "after", lambda _: SteppingStudent())
    monkeypatch.setattr(student_store, "run_plan", stepping(500))
    await store.train(TrainingPlan("base", ()), 3)
    (event, thread), *more = heard
    assert isinstance(event, Stepped) and (event.round, event.steps) == (3, 500)
    assert len(more) < 10, "a listener must not hear all of hundreds of steps"
    assert thread == threading.get_ident()
    assert last_seq(log.db) == 0
    log.close()
