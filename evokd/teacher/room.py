"""How long a prompt may be: what an endpoint sees at once, and what a budget can bear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from evokd.config import BudgetConfig, Endpoint, Role

SHARE = 8
"""A prompt takes at most this part of a token budget, so that a few rounds fit into it."""
ENOUGH = 500
"""Characters of a text that a budget never takes away: its subject and tone show in them."""
SOME = 64
"""Characters of a text that a full context leaves: with fewer no prompt makes sense."""
SURE = 0.9
"""Part of a context that is filled: a model's own tokenizer may count more than we do."""


class Room(NamedTuple):
    """One limit to a prompt."""

    tokens: int
    """Of the prompt."""
    least: int
    """Characters that are left of each text in any case."""
    said: str
    """What sets the limit, for people: it names the setting."""


def rooms(endpoint: Endpoint, role: Role, budget: BudgetConfig, completion: int) -> Iterator[Room]:
    """The limits to a prompt of a role.

    Args:
        endpoint: Who is asked.
        role: Who asks.
        budget: Of the whole run.
        completion: Tokens that the reply may take.
    """
    context = endpoint.context_tokens
    if context is not None:
        setting = "context" if endpoint.embedded is None else "server.context"
        said = f"prompt and reply must fit teachers.{role}: {setting} ({context:,} tokens)"
        yield Room(int((context - completion) * SURE), SOME, said)
    limits = {"tokens": budget.tokens}
    if role in budget.per_agent:
        limits[f"per_agent.{role}.tokens"] = budget.per_agent[role].tokens
    for name, limit in limits.items():
        if limit is not None:
            said = f"a prompt may take 1/{SHARE} of budget.{name} ({limit:,})"
            yield Room(limit // SHARE, ENOUGH, said)
