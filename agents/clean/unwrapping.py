"""A text out of the JSON object that a model put it in: `{"class": "Sports", "text": "…"}`.

Small models asked for a list of texts write a list of objects, or strings that look like objects,
single-quoted or cut off at their end. The text is what a row is made of; what stands beside it (a
label that nobody asked for) is dropped, never believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from agents.replies import unquoted

KEYS = (
    *("text", "texte", "文本", "question", "问题", "sentence", "phrase", "句子", "review", "avis"),
    *("评论", "headline", "title", "titre", "标题", "message", "content", "article", "news"),
    *("news_item", "item", "statement", "example", "exemple", "utterance", "query", "tweet"),
    *("comment", "commentaire", "body", "description"),
)
"""What models call the text, the surest name first."""
BESIDE = (
    *("label", "class", "category", "type", "topic", "sentiment", "intent", "answer", "language"),
    *("étiquette", "classe", "catégorie", "标签", "类别", "id"),
)
"""What stands beside a text, and is none where it stands alone."""
LAYERS = 8
"""Objects in one another; what is wrapped deeper was made to cost time."""
LONGEST = 20_000
"""Characters; a longer string is no row, however it is wrapped."""
_NAME = r"[\w .-]{1,30}?"
_OBJECT = re.compile(rf"^[\s\[,'\"“‘]*\{{\s*(?:[\"'“”‘’]|{_NAME}\s*:)")
_KNOWN = "|".join((*KEYS, "label", "class", "category"))
_FIELD = re.compile(rf"^[\"'“”‘’]?(?:{_KNOWN})[\"'“”‘’]\s*[:：]\s*[\"'“”‘’]", re.IGNORECASE)
"""A first field whose brace is lost: `"text": "…`, or `text": "…` once quotes were stripped."""
_FENCE = re.compile(r"^```\s*(?:json)?\s*|\s*```$", re.IGNORECASE)
_VALUE = re.compile(rf"[\"'“‘]?(?P<key>{_NAME})[\"'”’]?\s*[:：]\s*(?P<quote>[\"'“‘])")
_CLOSING = {"“": "”", "‘": "’"}


def looks_wrapped(text: str) -> bool:
    """Whether a text begins as a JSON object does, or with a field of one."""
    bare = _FENCE.sub("", text.strip())
    return _OBJECT.match(bare) is not None or _FIELD.match(bare) is not None


def unwrapped(data: Any) -> Any:
    """The text of an item that is an object, or a string that is one; anything else as it came.

    Once is enough: what comes out holds no further layer. What has too many stays as it came.
    """
    found = data
    for _ in range(LAYERS):
        inner = _once(found)
        if inner is None:
            return found
        found = inner
    return data


def unwrapped_parts(data: Any, parts: tuple[str, ...]) -> Any:
    """The object with these fields in an item that wraps it, or spells it as a string."""
    for _ in range(3):
        if isinstance(data, str):
            found = _object_in(data)
            if found is None:
                return data
            data = found
        if not isinstance(data, dict) or any(part in data for part in parts):
            return data
        inner = [value for value in data.values() if isinstance(value, (dict, str))]
        if len(inner) != 1:
            return data
        data = inner[0]
    return data


def _once(data: Any) -> Any:
    if isinstance(data, dict):
        return _text_of(data)
    if not isinstance(data, str) or len(data) > LONGEST or not looks_wrapped(data):
        return None
    found = _object_in(data)
    text = _text_of(found) if found is not None else _torn(_FENCE.sub("", data.strip()))
    return text if text is not None and len(text) < len(data) and text.strip() else None


def _object_in(text: str) -> dict[str, Any] | None:
    """The object that a string spells out, or the only one of a list."""
    try:
        data = json.loads(_FENCE.sub("", text.strip()))
    except (ValueError, RecursionError):
        return None
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    return data if isinstance(data, dict) else None


def _text_of(found: Mapping[Any, Any]) -> str | None:
    """The field that is called a text, else the only field that is a string."""
    named = {str(key).strip().casefold(): value for key, value in found.items()}
    for key in KEYS:
        if isinstance(named.get(key), str):
            return str(named[key])
        if isinstance(named.get(key), dict):
            return _text_of(named[key])
    strings = [v for key, v in named.items() if isinstance(v, str) and key not in BESIDE]
    return strings[0] if len(strings) == 1 else None


def _torn(text: str) -> str | None:
    """The text in an object that is no valid JSON: single-quoted, or cut off."""
    fields: dict[str, re.Match[str]] = {}
    for field in _VALUE.finditer(text):
        fields.setdefault(field["key"].strip().casefold(), field)
    key = next((key for key in KEYS if key in fields), None)
    others = [name for name in fields if name not in BESIDE]
    if key is None and len(others) == 1:
        key = others[0]
    if key is None:
        return None
    value = text[fields[key].end() :]
    opening = str(fields[key]["quote"])
    quote = _CLOSING.get(opening, opening)
    after = rf"\s*(?:,\s*[\"'“‘]?{_NAME}[\"'”’]?\s*:|[}}\]]|,?\s*$)"
    end = re.search(rf"(?<!\\){re.escape(quote)}{after}", value)
    value = value[: end.start()] if end else value.rstrip(" }]")
    return unquoted(_unescaped(value))


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"'))
    except ValueError:
        return value.replace('\\"', '"').replace("\\'", "'").replace("\\n", " ")
