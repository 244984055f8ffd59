"""What share of the replies could be used, role by role; what was mended, and why others were lost.

A reply counts once it came, as usable (`ok`) or not (`rejected`); requests that a server refused or
lost say nothing of a model. Of several completions of one prompt one is enough.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evokd.ledger import outcomes
from evokd.runs.files import Unreadable, reading
from evokd.runs.remedies import endpoint_key
from evokd.runs.run import Run, mapping

ENOUGH = 0.8
"""Share of usable replies below which something is wrong with how a role is asked."""
LEAST = 5
"""Replies that must have come before that can be said."""
NO_JSON = "the reply holds no JSON object"
"""How `agents.replies` puts it."""


@dataclass
class RoleReplies:
    """The replies to one role."""

    role: str
    usable: int
    unusable: int
    mended: Counter[str] = field(default_factory=Counter)
    """How often a reply was wrapped, repaired or cut, and could be read all the same."""
    misread: int = 0
    """Replies and completions that were no use."""
    cut: int = 0
    """Of these, the ones that had reached their `max_tokens`."""
    without_json: int = 0
    about_json: int = 0
    """Those whose JSON was missing or broken."""
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def came(self) -> int:
        return self.usable + self.unusable

    @property
    def share(self) -> float:
        """Of the replies that came, in [0, 1]."""
        return self.usable / self.came if self.came else 1.0

    @property
    def too_few(self) -> bool:
        """Whether a reader should know."""
        return self.came >= LEAST and self.share < ENOUGH


def read_usable(run: Run) -> list[RoleReplies]:
    """The roles of a run, in the order of their first call; none where nothing was asked.

    Raises:
        Unreadable: the ledger is damaged, or not there.
    """
    with reading(run.path, "ledger.sqlite") as ledger:
        try:
            with reading(run.path, "events.sqlite") as events:
                return usable_of(ledger, events)
        except Unreadable:
            return usable_of(ledger, None)


def usable_of(ledger: sqlite3.Connection, events: sqlite3.Connection | None) -> list[RoleReplies]:
    """The same from open files; without events nothing is known of reasons."""
    found = {
        role: RoleReplies(role, usable, unusable)
        for role, usable, unusable in outcomes.replies_by_agent(ledger)
    }
    for kind, body in _told(events):
        role = found.get(str(body.get("agent")))
        if role is not None:
            (_mend if kind == "mended" else _misread)(role, body)
    return list(found.values())


def _told(events: sqlite3.Connection | None) -> Iterator[tuple[str, dict[str, Any]]]:
    if events is None:
        return
    query = "SELECT type, body FROM events WHERE type IN ('mended', 'misread') ORDER BY seq"
    for kind, text in events.execute(query):
        try:
            yield kind, mapping(json.loads(text))
        except ValueError:
            continue


def _mend(role: RoleReplies, body: Mapping[str, Any]) -> None:
    how = body.get("how")
    role.mended.update(map(str, how) if isinstance(how, list) else ())


def _misread(role: RoleReplies, body: Mapping[str, Any]) -> None:
    reason = str(body.get("reason") or "")
    role.misread += 1
    role.cut += body.get("finish") == "length"
    role.without_json += reason.startswith(NO_JSON)
    role.about_json += "JSON" in reason
    role.reasons[reason] += 1


def complaints(replies: Sequence[RoleReplies], config: Mapping[str, Any]) -> dict[str, str]:
    """Role → what is wrong with it and why, in words, where too few of its replies are usable.

    Args:
        replies: Of all roles.
        config: The run's, as a mapping; it may be of another version.
    """
    return {one.role: _complaint(one, config) for one in replies if one.too_few}


def _complaint(one: RoleReplies, config: Mapping[str, Any]) -> str:
    share = f"{one.usable} of {one.came} replies could be used ({one.share:.0%})"
    reason, _ = one.reasons.most_common(1)[0] if one.reasons else ("unknown", 0)
    found = cause(one, config) or f"the most frequent reason: {reason[:200]}"
    return f"{one.role}: only {share}; {found}"


def cause(one: RoleReplies, config: Mapping[str, Any]) -> str | None:
    """The likeliest reason, and what to do about it; None where nothing hints at one.

    Args:
        one: The role's replies.
        config: The run's, as a mapping; it may be of another version.
    """
    most = one.misread / 2
    pack = str(mapping(config.get("prompts")).get("pack") or "")
    if one.cut and one.cut >= most:
        key = endpoint_key(one.role, config)
        return f"most others were cut off: raise `max_tokens` of `{key}` or the pack"
    if one.about_json and one.about_json >= most:
        loose = _structured(config, one.role) - {"json_schema"}
        if loose:
            return (
                f"no schema holds its JSON (`structured: {', '.join(sorted(loose))}`): set"
                " `structured: json_schema` where the server can, or ask writers for lines"
                " (`prompts.forms: {generator: lines}`)"
            )
        if one.without_json >= most:
            return (
                f"most others hold no JSON at all: pack {pack} is likely the wrong one for this"
                " model (`small` asks for none)"
            )
    return None


def _structured(config: Mapping[str, Any], role: str) -> set[str]:
    """How the role's endpoints are asked for JSON."""
    teachers = mapping(config.get("teachers"))
    endpoints = teachers.get(role) or teachers.get("default") or []
    every = endpoints if isinstance(endpoints, (list, tuple)) else [endpoints]
    return {str(mapping(one).get("structured") or "json_schema") for one in every}
