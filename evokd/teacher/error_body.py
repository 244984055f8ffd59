"""What a server says went wrong, in whichever of the usual forms it says it.

| form | who |
|---|---|
| `{"error": {"message": …, "param": …}}` | OpenAI, vLLM, llama.cpp |
| `{"error": "text"}`, `{"message": …}` | Ollama, Cohere |
| `[{"error": …}]` | Google |
| `{"detail": [{"loc": ["body", "seed"], "msg": …}]}`, `{"detail": "text"}` | FastAPI, Mistral |
| `{"error": {"metadata": {"raw": "…"}}}` | OpenRouter: another server's words inside |
| HTML, plain text | gateways |
"""

from __future__ import annotations

import html
import json
import re
from typing import Any, NamedTuple

_KEYS = (
    "error",
    "errors",
    "detail",
    "message",
    "msg",
    "error_message",
    "title",
    "reason",
    "code",
    "type",
)
"""Where the words are, the likeliest first."""
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
DEEPEST = 8
"""Levels that are looked into."""


class Complaint(NamedTuple):
    """What was said."""

    message: str
    """Empty where nothing was."""
    params: tuple[str, ...] = ()
    """Names of parameters that the server points at, such as `seed` or `messages.0.role`."""


def read_complaint(body: Any, content: bytes = b"") -> Complaint:
    """The server's words.

    Args:
        body: The JSON that came, None for none.
        content: What came, where it is no JSON.
    """
    found = _find(body, DEEPEST) if body is not None else Complaint(visible(content))
    return found._replace(message=" ".join(found.message.split()))


def visible(content: bytes) -> str:
    """What a person would see of a page or a plain text, on one line."""
    text = _UNSEEN.sub(" ", content[:64_000].decode("utf-8", "replace"))
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def _find(value: Any, depth: int) -> Complaint:
    if isinstance(value, str):
        return Complaint(value)
    if depth and isinstance(value, list):
        found = [_find(item, depth - 1) for item in value]
        told = "; ".join(one.message for one in found if one.message)
        return Complaint(told, tuple(param for one in found for param in one.params))
    if depth and isinstance(value, dict):
        return _of_object(value, depth)
    return Complaint("")


def _of_object(value: dict[str, Any], depth: int) -> Complaint:
    found = next((one for key in _KEYS if (one := _find(value.get(key), depth - 1))[0]), None)
    message, params = found or Complaint("")
    metadata = value.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if isinstance(raw, str) and raw:
        inner = _raw(raw, depth)
        message, params = f"{message}: {inner.message}", params + inner.params
    if isinstance(value.get("param"), str) and value["param"]:
        params += (value["param"],)
    place = value.get("loc")
    if isinstance(place, list) and place:
        name = ".".join(str(step) for step in place if step != "body")
        message, params = f"{name}: {message}", (*params, name)
    return Complaint(message, params)


def _raw(text: str, depth: int) -> Complaint:
    """Another server's error that stands in this one as a text."""
    try:
        return _find(json.loads(text), depth - 1)
    except (ValueError, RecursionError):
        return Complaint(text)
