"""Sentence pairs: a text is a premise and a hypothesis, a label one of the names."""

from __future__ import annotations

import re
from typing import Any

from agents.clean.unwrapping import unwrapped_parts
from agents.formats.classes import ClassFormat
from agents.replies import clean_text
from evokd.tasks.formats.pair import join
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

PARTS = ("premise", "hypothesis")
_NAME = re.compile(
    r"^\W*(?:premise|pr[ée]misse|hypothesis|hypoth[èe]se|text|texte|文本|sentence|phrase|前提|假设|句子)"
    r"\s*\d?\s*[:：]\s*",
    re.IGNORECASE,
)
"""What small models put before a line, as the prompt shows it."""


class PairFormat(ClassFormat):
    """Two texts, one name."""

    def text_schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {name: {"type": "string"} for name in PARTS},
            "required": list(PARTS),
            "additionalProperties": False,
        }

    def text(self, data: Any) -> str:
        data = unwrapped_parts(data, PARTS)
        parts = [data.get(name) if isinstance(data, dict) else None for name in PARTS]
        if not all(isinstance(part, str) for part in parts):
            raise Unusable('expected each text as {"premise": "…", "hypothesis": "…"}')
        return join(*(clean_text(str(part)) for part in parts))

    def line(self, reply: Reply) -> str:
        lines = [line for line in reply.text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise Unusable("expected two lines, premise and hypothesis")
        if len(lines) == 2 and reply.finish_reason == "length":
            raise Unusable("the hypothesis was cut off")
        return join(*(clean_text(_NAME.sub("", line).strip('"“”«» ')) for line in lines[:2]))
