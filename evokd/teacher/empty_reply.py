"""Why a reply holds no text: the part of the answer that says so, and what helps."""

from __future__ import annotations

from evokd.teacher.client import Parse, T
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

FILTERED = frozenset({"content_filter", "safety", "recitation", "blocklist", "prohibited_content"})
CALLED = frozenset({"tool_calls", "function_call", "tool_use"})


def parsed(parse: Parse[T], reply: Reply) -> T:
    """The parser's value; where it finds nothing in an empty reply, the reason says why.

    Raises:
        Unusable: as the parser does.
    """
    try:
        return parse(reply)
    except Unusable as error:
        why = why_empty(reply)
        if reply.text.strip() or reply.logprobs or why in str(error):
            raise
        raise Unusable(f"{error} ({why})") from error


def why_empty(reply: Reply) -> str:
    """Why there is no text."""
    ended = reply.finish_reason
    thought = bool(reply.reasoning or (reply.usage and reply.usage.reasoning))
    if reply.refusal:
        return f"the model refused: {reply.refusal[:300]}"
    if ended.lower() in FILTERED:
        return f"a content filter held it back; finish_reason: {ended}"
    if ended.lower() in CALLED:
        return f"a tool was called instead of answering; finish_reason: {ended}"
    if ended == "length":
        took = "thinking took the whole limit" if thought else "the limit was reached before a word"
        less = ", or let the model think less" if thought else ""
        return f"{took} of tokens: raise `max_tokens` of the endpoint{less}; finish_reason: length"
    if thought:
        return f"all of it is thinking, and no answer came behind it; finish_reason: {ended}"
    return f"finish_reason: {ended}"
