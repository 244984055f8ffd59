"""A fake tracker that keeps what it is told, and fails where it is told to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evokd.tracking.tracker import End, Page, Scalar


class FakeTracker:
    """Knows no server; `faults` maps the name of a method to errors, raised one after another."""

    look = "look here"

    def __init__(self, faults: dict[str, list[BaseException]] | None = None) -> None:
        self.faults = faults or {}
        self.page: Page | None = None
        self.config: dict[str, Scalar] = {}
        self.known: list[str | None] = []
        self.rounds: list[tuple[int, dict[str, float]]] = []
        self.figures: list[str] = []
        self.ends: list[tuple[End, dict[str, Scalar]]] = []
        self.hangs_s = 0.0
        self.id = "page-1"

    def started(self, page: Page, config: Mapping[str, Scalar], known: str | None) -> str:
        time.sleep(self.hangs_s)
        self._fail("started")
        self.page, self.config = page, dict(config)
        self.known.append(known)
        return self.id

    def round(self, number: int, values: Mapping[str, float]) -> None:
        self._fail("round")
        self.rounds.append((number, dict(values)))

    def figure(self, path: Path) -> None:
        self._fail("figure")
        assert path.read_bytes().startswith(b"\x89PNG")
        self.figures.append(path.name)

    def ended(self, status: End, summary: Mapping[str, Scalar]) -> None:
        self._fail("ended")
        self.ends.append((status, dict(summary)))

    @property
    def numbers(self) -> list[int]:
        return [number for number, _ in self.rounds]

    def _fail(self, where: str) -> None:
        waiting: list[Any] = self.faults.get(where, [])
        if waiting:
            error = waiting.pop(0)
            if error is not None:
                raise error
