"""Sentence pairs: a text is a premise and a hypothesis, a label one of the names."""

from __future__ import annotations

import re
from typing import Any

from agents.formats.classes import ClassFormat
from agents.replies import clean_text
from evokd.tasks.forms.pair import join
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

_NAME = re.compile(r"^\W*[^\W\d_]{3,20}\s*[:：]\s*")


class PairFormat(ClassFormat):
    """Two texts, one name."""

    def text_schema(self) -> dict[str, Any]:
        part = {"type": "string"}
        return {
            "type": "object",
            "properties": {"premise": part, "hypothesis": part},
            "required": ["premise", "hypothesis"],
            "additionalProperties": False,
        }

    def text(self, data: Any) -> str:
        parts = [data.get(name) if isinstance(data, dict) else None for name in PARTS]
        if not all(isinstance(part, str) for part in parts):
            raise Unusable('expected each text as {"premise": "…", "hypothesis": "…"}')
        return join(*(clean_text(str(part)) for part in parts))

    def line(self, reply: Reply) -> str:
        lines = [line for line in reply.text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise Unusable("expected two lines, premise and hypothesis")
        return join(*(clean_text(_NAME.sub("", line).strip('"“”«» ')) for line in lines[:2]))


PARTS = ("premise", "hypothesis")
