"""The JSON in an answer's body, also where a server wraps it in what nobody asked for.

Gateways send comment lines (`: PROCESSING`) to keep a connection open while they wait, and some
servers stream whatever they are asked. A stream is put together as the one answer it stands for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

CUT = "length"
"""Reason for the end of a streamed choice that named none: it stopped before it was whole."""
_PIECES = ("content", "reasoning_content", "reasoning", "refusal")


def read_body(content: bytes) -> Any:
    """The JSON value; None where there is none to be read."""
    found = _json(content)
    if found is not None:
        return found
    lines = [line.strip() for line in content.splitlines()]
    lines = [line for line in lines if line and not line.startswith(b":")]
    events = [line[5:].strip() for line in lines if line.startswith(b"data:")]
    if not events:
        return _json(b"\n".join(lines))
    try:
        return _joined(_json(event) for event in events if event != b"[DONE]")
    except (TypeError, AttributeError, ValueError):
        return None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _joined(chunks: Iterable[Any]) -> dict[str, Any]:
    """One answer out of a stream's chunks; an error among them is the answer."""
    whole: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        whole |= {k: v for k, v in chunk.items() if k != "choices" and v is not None}
        for choice in chunk.get("choices") or ():
            _add(choices.setdefault(int(choice.get("index") or 0), _nothing()), choice)
    if not whole.get("error"):
        whole["choices"] = [choices[index] for index in sorted(choices)]
    return whole


def _nothing() -> dict[str, Any]:
    return {"finish_reason": CUT, "message": {}}


def _add(whole: dict[str, Any], choice: dict[str, Any]) -> None:
    """Add a chunk's part of a choice to what came before."""
    part = choice.get("delta") or choice.get("message") or {}
    for name in _PIECES:
        piece = part.get(name)
        if not piece:
            continue
        before = whole["message"].setdefault(name, [] if name == "content" else "")
        # as a list of parts, for a chunk's own content may be one
        whole["message"][name] = before + (
            [piece] if name == "content" and not isinstance(piece, list) else piece
        )
    whole.update({k: choice[k] for k in ("finish_reason", "error") if choice.get(k)})
    logprobs = choice.get("logprobs")
    if logprobs and logprobs.get("content"):
        known = whole.setdefault("logprobs", {"content": []})
        known["content"] = known["content"] + logprobs["content"]
