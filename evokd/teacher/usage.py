"""What a request cost, by the usage in the answer's body.

Servers differ in where they put the tokens of thinking:

| server | thinking stands in |
|---|---|
| OpenAI, DeepSeek | `completion_tokens`, and as a detail |
| xAI | the detail and `total_tokens`; `completion_tokens` leaves it out |
| Gemini | `total_tokens` alone |

So of the readings that agree with the parts the largest is booked. A usage without prompt tokens
(`{0, 0, 0}`) is none: every request has a prompt, and a budget of nothing would never end.
"""

from __future__ import annotations

from typing import Any

from evokd.ledger.call import Usage

BELIEVABLE = 10**9
"""Tokens; no request takes as many, so such a count is no count."""


def read_usage(body: Any) -> Usage | None:
    """Usage in a chat completion's body; None when there is none, or none that counts."""
    try:
        usage = body["usage"]
        prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    except (LookupError, TypeError):
        return None
    if not _count(prompt) or not _count(completion) or not prompt:
        return None
    thought = _detail(usage, "completion_tokens_details", "reasoning_tokens")
    whole = _completion(prompt, completion, thought, usage.get("total_tokens"))
    return Usage(
        prompt,
        whole,
        cached=_detail(usage, "prompt_tokens_details", "cached_tokens"),
        reasoning=max(thought, whole - completion),
    )


def _completion(prompt: int, completion: int, thought: int, total: Any) -> int:
    """Completion tokens with those of thinking."""
    beside = completion + thought
    readings = [completion]
    if thought > completion:  # a part that is larger than the whole stands beside it
        readings.append(beside)
    if _count(total) and (total - prompt == beside or not thought):
        readings.append(total - prompt)
    return max(readings)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < BELIEVABLE


def _detail(usage: dict[str, Any], group: str, name: str) -> int:
    details = usage.get(group)
    value = details.get(name) if isinstance(details, dict) else None
    return value if isinstance(value, int) and _count(value) else 0
