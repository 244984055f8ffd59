"""JSON that a model left unfinished, broke or wrapped: its whole parts, and never a torn one.

json-repair makes some value of nearly everything, a torn string and a piece between two stray
quotation marks too. So what comes out of it is held against what the model wrote: a part counts as
whole if it was closed, and a text if it stands there between its quotation marks.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import json_repair

from evokd.teacher.faults import Unusable

_FENCED = re.compile(r"```[a-zA-Z0-9]*[ \t]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_OPENING = re.compile(r"\{\s*(?:[\"'“‘}]|\w+\s*:)|\[\s*[\"'“‘{\[\]]")
"""Where JSON may begin; prose has braces and brackets of its own."""
_QUOTE = re.compile("[\"'“”‘’]")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_HALVES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
"""A character beyond 16 bits as JSON escapes it; json-repair leaves it in its halves."""
_DANGLING = re.compile(
    r",\s*(?:(?:\{\s*)?[\"'“]\w*|\{\s*[\"'“]\w*[\"'”]\s*:?|[\"'“]\w*[\"'”]\s*:)\s*\Z"
)
"""A key, or the first word of one more text, where a reply was cut off: worth nothing."""
_CLOSERS = " \t\n\r,]}`.…"
"""What may stand between the last closed value of a reply and its end."""

_BEFORE = r"(?:^|[\[,:{(\n]|[\"'”’]\s)\s*[\"'“‘]\s*"
_AFTER = r"(?:\s*[\"'”’]\s*(?:[,\]})\n]|\s[\"'“‘])|[\"'”’]\s*\Z)"
"""What stands around a text in a list; in a text with stray quotation marks there is more."""


class Rest(NamedTuple):
    """What could be saved of a reply."""

    data: dict[str, Any]
    cut: bool
    """It ended before its end."""


def mend(text: str, key: str | None, finish_reason: str, *, texts: bool) -> Rest:
    """The JSON in a reply that no strict parser takes, without what is torn.

    Args:
        text: The reply.
        key: Entry of the object whose value is a list, of which the whole items count; None: the
            entries of the object count.
        finish_reason: `length` where the reply is known to be cut off.
        texts: What counts are texts for training: each must stand in the reply as it is.

    Raises:
        Unusable: there is no JSON in it, or nothing whole.
    """
    body = _body(text, finish_reason)
    items = _before_the_cut(body, key) if key and finish_reason == "length" else None
    if key and items is not None:
        whole = {key: items}
        if texts:
            _drop_unframed(whole, key, _unescaped(body))
        return Rest(whole, True)
    try:
        data: Any = json_repair.loads(body, skip_json_loads=True)
    except (ValueError, RecursionError):
        raise Unusable("the JSON is nested too deeply") from None
    data = _one_object(data, key, body)
    cut = body.rstrip(" \t\n\r,`")[-1:] not in ("}", "]")
    if cut or finish_reason == "length":
        _drop_torn(data, key, _QUOTE.split(body)[-1])
    if texts:
        _drop_unframed(data, key, _unescaped(body))
    return Rest(data, cut)


def _body(text: str, finish_reason: str) -> str:
    """The part of a reply that is to be JSON, without a fence and the prose around it."""
    fenced = [found[1] for found in _FENCED.finditer(text) if _OPENING.search(found[1])]
    inside = fenced[0] if fenced else text
    start = _OPENING.search(inside)
    if start is None:
        raise Unusable("the reply holds no JSON object")
    body = _HALVES.sub(lambda found: json.loads(f'"{found[0]}"'), inside[start.start() :])
    end = max(body.rfind("}"), body.rfind("]"))
    if finish_reason != "length" and end > 0 and not _QUOTE.search(body, end):
        return body[: end + 1]
    return _DANGLING.sub("", body)


def _before_the_cut(body: str, key: str) -> list[Any] | None:
    """The whole items of a list that was right up to where it was cut off; None: it was not.

    Quotation marks and brackets in the torn text look like the list's own to a repair.
    """
    start = re.match(rf"\{{\s*{re.escape(json.dumps(key))}\s*:\s*\[\s*", body)
    rest = body[start.end() :] if start else ""
    decoder, items = json.JSONDecoder(strict=False), list[Any]()
    while rest:
        try:
            item, end = decoder.raw_decode(rest)
        except json.JSONDecodeError as error:
            return items if error.msg.startswith("Unterminated string") else None
        except RecursionError:
            return None
        items.append(item)
        rest = rest[end:].lstrip()
        if rest and rest[0] != ",":
            return None
        rest = rest[1:].lstrip()
    return items if start else None


def _one_object(data: Any, key: str | None, body: str) -> dict[str, Any]:
    """The object asked for, where a model wrote a bare list or an object a line."""
    if isinstance(data, list):
        bare = body[0] == "[" and not any(isinstance(one, dict) and key in one for one in data)
        if key is not None and bare:
            return {key: data}
        objects = [one for one in data if isinstance(one, dict)]
        if key is not None:
            lists = [one[key] for one in objects if isinstance(one.get(key), list)]
            return {key: [item for items in lists for item in items]}
        data = {name: value for one in objects for name, value in one.items()}
    if not isinstance(data, dict):
        raise Unusable("expected a JSON object")
    found: dict[str, Any] = data
    if key is not None and isinstance(found.get(key), dict):
        found[key] = list(found[key].values())  # numbered instead of listed
    return found


def _drop_torn(data: dict[str, Any], key: str | None, tail: str) -> None:
    """Take out what was open when the reply ended: only the last part can have been."""
    if not data:
        return
    last = next(reversed(data))
    if last == key and isinstance(data[key], list):
        if data[key] and not _closed(data[key][-1], tail):
            data[key].pop()
    elif not _closed(data[last], tail):
        del data[last]


def _closed(value: Any, tail: str) -> bool:
    """Whether a value had ended, by what stands behind the reply's last quotation mark."""
    if isinstance(value, dict):
        return "}" in tail
    if isinstance(value, list):
        return "]" in tail
    return not tail.strip(_CLOSERS)


def _drop_unframed(data: dict[str, Any], key: str | None, written: str) -> None:
    if key is None:
        for name in [name for name, value in data.items() if not _framed(value, written)]:
            del data[name]
    elif isinstance(data.get(key), list):
        data[key] = [item for item in data[key] if _framed(item, written)]


def _framed(value: Any, written: str) -> bool:
    """Whether every string in a value stands in the reply between quotation marks of its own.

    Behind the opening one of a string that was cut off there is no closing one; and a piece of a
    text with stray quotation marks in it has no comma or bracket at its ends.
    """
    if isinstance(value, dict):
        return all(_framed(one, written) for one in value.values())
    if isinstance(value, list):
        return all(_framed(one, written) for one in value)
    if not isinstance(value, str):
        return True
    words = r"\s+".join(map(re.escape, value.replace("\\", "").split()))
    return re.search(f"{_BEFORE}{words}{_AFTER}", written) is not None


def _unescaped(body: str) -> str:
    """A reply with JSON's escapes resolved, no backslash left in it."""

    def character(found: re.Match[str]) -> str:
        code = found[1]
        if len(code) > 1:
            return chr(int(code[1:], 16))
        return " " if code in "nrtbf" else code

    return _ESCAPE.sub(character, body).replace("\\", "")
