"""The files of a batch that has ended, line by line: what came of each request.

Whatever a file holds, each request gets one answer or none. A line that can't be read, names nobody
or names somebody twice is counted, and costs nobody else an answer.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import httpx2

from evokd.teacher.faults import SHOWN, Fault, Lost, NotDone
from evokd.teacher.reply import whole

LineAnswer = httpx2.Response | Fault
"""What the chat would have answered with, or why it did not."""
CANCELLED, TIMED_OUT = "batch_cancelled", "request_timeout"


@dataclass(slots=True)
class BatchAnswers:
    """What came, by call."""

    asked: Collection[str]
    """Ids of the calls of the batch."""
    found: dict[str, LineAnswer] = field(default_factory=dict)
    odd: Counter[str] = field(default_factory=Counter)
    """Lines that are of no use, by what is wrong with them."""

    def read(self, content: bytes) -> None:
        """Take in the lines of a file; of several for one call the first counts."""
        for line in content.splitlines():
            if line.strip():
                self._take(_json(line))

    def _take(self, row: Any) -> None:
        call = row.get("custom_id") if isinstance(row, dict) else None
        if not isinstance(row, dict):
            self.odd["lines that are no JSON object"] += 1
        elif not isinstance(call, str) or call not in self.asked:
            self.odd["lines for requests that are not in the batch"] += 1
        elif call in self.found:
            self.odd["second lines for one request"] += 1
        else:
            answer = _answer(row)
            if answer is None:
                self.odd["lines with neither response nor error"] += 1
            else:
                self.found[call] = answer


def _json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _answer(row: dict[str, Any]) -> LineAnswer | None:
    response, error = row.get("response"), row.get("error")
    if isinstance(response, dict):
        status = response.get("status_code")
        if isinstance(status, int) and 200 <= status < 600:
            try:
                return httpx2.Response(status, content=json.dumps(response.get("body")).encode())
            except RecursionError:
                return None
    if isinstance(error, dict):
        code = str(error.get("code") or "error")
        said = whole(f"{code}: {error.get('message') or 'no word of why'}")[:SHOWN]
        if code == TIMED_OUT:
            return Lost(said)
        return NotDone(said, retry=code != CANCELLED)
    return None
