"""A person's verdicts on file: one JSON line a decision, on the disk before the next is asked.

Of several decisions on a row the last one holds; `open` takes the earlier ones back. Terminal and
page may write at the same time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from evokd.config import ConfigError
from evokd.store.appended import append_line
from evokd.store.artefacts import dumps
from evokd.store.clock import now

NAME = "verdicts.jsonl"
DecidedAction = Literal["accept", "relabel", "reject", "open"]
ACTIONS: tuple[DecidedAction, ...] = get_args(DecidedAction)
KEYS = {"row", "action", "label", "at"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said of a row."""

    row: str
    action: DecidedAction
    label: str | None = None
    """The new one, of a relabel; else None."""
    at: str = ""
    """UTC, ISO 8601."""


def append(file: Path, decision: Decision) -> None:
    """Write a decision to the end of the file, which need not be there; it is on the disk then.

    Raises:
        ConfigError: the file is a link, or can't be written.
    """
    append_line(file, dumps(asdict(decision) | {"at": decision.at or now()}))


def read_decisions(file: Path) -> list[tuple[str, Decision]]:
    """The decisions in their order, each with its place (`FILE, line 3`); none without a file.

    Raises:
        ConfigError: naming the first line that is no decision.
    """
    try:
        text = file.read_bytes().decode()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is no UTF-8; save it as that again") from None
    except OSError as error:
        raise ConfigError(f"{file}: can't be read ({error.strerror})") from None
    lines = enumerate(text.split("\n"), 1)
    return [
        (place, _decision(line, place))
        for number, line in lines
        if line.strip()
        for place in (f"{file}, line {number}",)
    ]


def _decision(line: str, place: str) -> Decision:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise ConfigError(
            f"{place}: is no JSON; mend the line, or take it out and give that verdict again"
        ) from None
    if (
        not isinstance(found, dict)
        or not KEYS.issuperset(found)
        or not {"row", "action"} <= set(found)
    ):
        raise ConfigError(
            f'{place}: expected {{"row": …, "action": …, "label": …}}, found {line[:80]}'
        )
    return _checked(found, place)


def _checked(found: Mapping[str, Any], place: str) -> Decision:
    row, action, label = found["row"], found["action"], found.get("label")
    if not isinstance(row, str):
        raise ConfigError(f"{place}: `row` is the id of a row, found {row!r}")
    if action not in ACTIONS:
        raise ConfigError(f"{place}: {action!r} is no action; expected one of {', '.join(ACTIONS)}")
    if (action == "relabel") != isinstance(label, str) or not isinstance(label, str | None):
        what = "a relabel names its `label`" if action == "relabel" else f"{action} has no label"
        raise ConfigError(f"{place}: {what}, found {label!r}")
    return Decision(row, action, label, str(found.get("at") or ""))
