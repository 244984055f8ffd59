"""What to do about a request that a server refuses: the key of the config that helps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evokd.runs.run import mapping

REMEDIES: tuple[tuple[str, str], ...] = (
    (
        r"response_format|json_schema|json_object|json mode|guided|grammar",
        "ask for JSON in another way: `{key}.structured: json_object`, or `none`",
    ),
    (r"logprobs", "use a pack that labels by name (`prompts.pack`), not by log-probabilities"),
    (
        r"max_completion_tokens|max_tokens.{0,60}(not supported|unsupported|unrecognized|unknown)"
        r"|(not supported|unsupported|unrecognized|unknown).{0,60}max_tokens",
        "name the limit as the server does: `{key}.token_limit_field`",
    ),
    (
        r"HTTP 413|context|too (long|large|many tokens)|max_tokens|maximum.{0,30}tokens",
        "shorten what is sent or asked for: `{key}.max_tokens`, `loop.show_right`,"
        " `loop.show_wrong`",
    ),
    (r"temperature", "`{key}.temperature: 1`, or leave it out: `{key}.omit: [temperature]`"),
    (r"\b(seed|top_p|top_k|min_p|stop)\b", "leave it out: `{key}.omit: [{word}]`"),
    (r"system.{0,20}(role|message|prompt)|role.{0,20}system", "`{key}.system: user`"),
    (r"\bmodel\b", "`{key}.model`"),
)
"""What a server's words speak of → what to do; the first that fits. `{word}` is the word found."""


def endpoint_key(role: str, config: Mapping[str, Any]) -> str:
    """The key of the config under which a role's endpoints stand."""
    named = mapping(config.get("teachers")).get(role)
    return f"teachers.{role}" if named else "teachers.default"


def remedy(role: str, words: str, config: Mapping[str, Any]) -> str:
    """What to do about a refusal, with the key that helps.

    Args:
        role: That was refused.
        words: The server's.
        config: The run's, as a mapping; it may be of another version.
    """
    key = endpoint_key(role, config)
    for pattern, advice in REMEDIES:
        found = re.search(pattern, words, re.IGNORECASE)
        if found is not None:
            return advice.format(key=key, word=found[0])
    return f"see `{key}`"
