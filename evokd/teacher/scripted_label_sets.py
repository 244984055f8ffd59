"""What the scripted teacher says of sets of labels: a text has the labels that it names as words.

So `The lamp works: late + refund.` is late and a refund, and a student can learn that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from evokd.teacher.request import Request

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def is_label_set(schema: Mapping[str, Any]) -> bool:
    """Whether a JSON schema asks for a list of names."""
    return schema.get("type") == "array" and "enum" in schema.get("items", {})


def names_in(text: str, names: Sequence[str]) -> list[str]:
    """Those that the text names as words, in the order of `names`."""
    return [
        name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
    ]


def decided(request: Request, asked: str) -> str:
    """Yes or no, the first and the second choice, to whether the quoted text has a label."""
    label = request.call_key.partition("/")[2]
    texts = _QUOTED.findall(asked)
    return request.choices[0 if texts and names_in(texts[-1], [label]) else 1]
