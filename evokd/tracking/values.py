"""What trackers are told of a run: its config as dotted keys, its rounds as named numbers.

Names are of letters, digits, `_`, `-`, `.` and `/`, which every tracker takes:

    test/macro_f1  dev/accuracy                                    scores
    tokens/billed  tokens/useful  tokens/analyst-to-hard_generator so far, as in curves.csv
    cost/usd                                                       so far; none where one is unknown
    rows/accepted  rows/rejected  error/hard  error/easy           of the round
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from evokd.config import Config
from evokd.runs.run import mapping, number
from evokd.runs.totals import Spending
from evokd.tracking.tracker import Scalar

_ODD = re.compile(r"[^A-Za-z0-9_./-]+")
_ROUND = {
    "tokens/billed": "billed_tokens",
    "tokens/useful": "useful_tokens",
    "rows/accepted": "accepted",
    "rows/rejected": "rejected",
    "error/hard": "hard_error",
    "error/easy": "easy_error",
}
_LONGEST = 2000
"""Characters of a value of the config: a directive may be a page."""


@dataclass
class Spent:
    """What the ledger has booked up to a round."""

    tokens: dict[tuple[str, str], int] = field(default_factory=dict)
    """By edge: source and target."""
    usd: float | None = None
    """None: nothing was spent, or a price is unknown."""

    def add(self, edge: tuple[str, str], more: Spending) -> None:
        """What an edge was billed in one more round."""
        known = more.usd is not None and (self.usd is not None or not self.tokens)
        self.usd = (self.usd or 0.0) + (more.usd or 0.0) if known else None
        self.tokens[edge] = self.tokens.get(edge, 0) + more.tokens


def round_values(line: Mapping[str, Any], spent: Spent) -> dict[str, float]:
    """Name → value of a line of metrics.jsonl and the books up to it; only numbers."""
    found: dict[str, object] = {name: line.get(key) for name, key in _ROUND.items()}
    for split in ("dev", "test"):
        found |= {f"{split}/{name}": value for name, value in mapping(line.get(split)).items()}
    for (source, target), tokens in spent.tokens.items():
        found[f"tokens/{source}-to-{target}"] = tokens
    found["cost/usd"] = spent.usd
    values = {plain(name): number(value) for name, value in found.items()}
    return {name: n for name, n in values.items() if n is not None and math.isfinite(n)}


def plain(name: str) -> str:
    """A name that every tracker takes: a score of a task may be called as its user likes."""
    return _ODD.sub("_", name)[:200]


def config_values(config: Config) -> dict[str, Scalar]:
    """Dotted key → value of the settings that say something: null and empty ones are left out.

    A config holds names of keys, never keys; of an address the query is left out all the same.
    """
    document = config.model_dump(mode="json")
    document.pop("track", None)
    return {plain(key): value for key, value in _flat(document, "") if value is not None}


def _flat(value: Any, key: str) -> Iterator[tuple[str, Scalar]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and any(isinstance(one, (dict, list)) for one in value):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{key}.{place}")
    elif isinstance(value, list):
        if value:
            yield key, ", ".join(map(str, value))[:_LONGEST]
    elif isinstance(value, str):
        text = value.partition("?")[0] if key.endswith("base_url") else value
        yield key, text[:_LONGEST]
    else:
        yield key, value
