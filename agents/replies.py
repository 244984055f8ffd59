"""Replies into values. Whatever a model sends, the outcome is a value or `Unusable`."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agents.mending import mend
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

MAX_TEXT = 4000
"""Characters of one generated text; a longer one is no training row for a small encoder."""
MAX_JSON = 200_000
M = TypeVar("M", bound=BaseModel)


def json_reply(reply: Reply, model: type[M], key: str | None = None) -> M:
    """The JSON object in a reply, checked against a pydantic model.

    What is forgiven, and of `key`: see `json_object`.

    Raises:
        Unusable: saying what is wrong, for the repair turn.
    """
    data = json_object(reply, key)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the object"
        raise Unusable(f"{field}: {first['msg']}") from None


def json_object(reply: Reply, key: str | None = None, *, texts: bool = False) -> dict[str, Any]:
    """The outermost JSON object in a reply, or what is whole of one that is cut off or broken.

    What had to be put right is noted in `reply.mended`.

    Args:
        reply: Prose or a code fence around the object is forgiven.
        key: Entry whose value is a list, of which the whole items count; None: the entries count.
        texts: What counts are texts for training.

    Raises:
        Unusable: nothing in it can be used.
    """
    text = reply.text.strip()
    if not text:
        raise Unusable("the reply is empty")
    if len(text) > MAX_JSON:
        raise Unusable(f"the reply is longer than {MAX_JSON} characters")
    start, end = text.find("{"), text.rfind("}")
    try:
        if 0 <= start < end:
            data = json.loads(text[start : end + 1])
            if key is None or key in data:  # else it may be an item of a bare list
                reply.mended.extend(["wrapped"] * (end + 1 - start < len(text)))
                return dict(data)
    except RecursionError:
        raise Unusable("the JSON is nested too deeply") from None
    except ValueError:
        pass
    rest = mend(text, key, reply.finish_reason, texts=texts)
    if not (rest.data if key is None else rest.data.get(key, rest.data)):
        cut = " (it was cut off)" if rest.cut or reply.finish_reason == "length" else ""
        raise Unusable(f"not valid JSON, and nothing in it is whole{cut}")
    reply.mended.append("cut" if rest.cut else "repaired")
    return rest.data


def clean_text(text: str) -> str:
    """A generated text as a training row: NFC, one line, no control or format characters.

    Raises:
        Unusable: nothing readable is left, or it is too long.
    """
    clean = flat_text(text)
    if not any(unicodedata.category(c)[0] == "L" for c in clean):
        raise Unusable("the text has no words")
    return clean


def flat_text(text: str) -> str:
    """A part of a generated text, which may be a number: as `clean_text`, and may be empty.

    Raises:
        Unusable: it is too long.
    """
    kept = text
    if not (text.isascii() and text.isprintable()):  # the usual text has nothing to drop
        kept = "".join(
            " " if c in "\t\n\r" else c
            for c in unicodedata.normalize("NFC", text)
            if c in "\t\n\r" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
        )
    clean = " ".join(kept.split())
    if len(clean) > MAX_TEXT:
        raise Unusable(f"the text is longer than {MAX_TEXT} characters")
    return clean


_QUOTES = "\"'“”‘’«»「」『』"
_PAIRS = ("“”", "«»", "「」", "『』", '""')
_LEAD = re.compile(r"^\s*(?:(?:[-*•]|\d{1,2}[.)])\s+|\d{1,2}[、．](?!\d)\s*|[(（]\d{1,2}[)）]\s*)")
"""Bullets and numbers; Chinese ones (1、 and （1）) have no space after them."""


def one_text(reply: Reply) -> str:
    """The first line of a reply as a text: bullets and quotation marks around it go."""
    lines = [line for line in reply.text.splitlines() if line.strip()]
    if not lines:
        raise Unusable("the reply is empty")
    return clean_text(unquoted(_LEAD.sub("", lines[0])))


def unquoted(text: str) -> str:
    """A text without the quotation marks around it; those of a quotation inside it stay."""
    whole = text.strip()
    bare = whole.strip(_QUOTES).strip()
    torn = any(_odd(bare, pair) and not _odd(whole, pair) for pair in _PAIRS)
    return whole if torn else bare


def _odd(text: str, pair: str) -> bool:
    """Whether a mark stands without its partner."""
    first, last = pair[0], pair[1]
    return text.count(first) % 2 == 1 if first == last else text.count(first) != text.count(last)
