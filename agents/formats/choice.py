"""Multiple choice: a text is a question with its choices, a label the letter of the right one."""

from __future__ import annotations

import re
from typing import Any

from agents.clean.unwrapping import unwrapped_parts
from agents.formats.classes import ClassFormat
from agents.replies import clean_text, flat_text
from evokd.config.names import Names
from evokd.tasks.formats.choice import LETTERS, join, letters_of, split
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

_NAME = re.compile(r"^\W*(?:question|问题|题目)\s*\d?\s*[:：]\s*", re.IGNORECASE)
_CHOICE = re.compile(r"^\W*([A-Z])\s*[.):：、]\s*(\S.*)$")


class ChoiceFormat(ClassFormat):
    """A question, some choices, one letter."""

    @property
    def targets(self) -> tuple[str, ...]:
        """None: a letter says nothing about what to write."""
        return ()

    def text_schema(self) -> dict[str, Any]:
        part = {"type": "string"}
        most = len(self.labels)
        return {
            "type": "object",
            "properties": {
                "question": part,
                "choices": {"type": "array", "items": part, "minItems": 2, "maxItems": most},
            },
            "required": ["question", "choices"],
            "additionalProperties": False,
        }

    def text(self, data: Any) -> str:
        question, choices = _parts(unwrapped_parts(data, ("question", "choices")))
        if not 2 <= len(choices) <= len(self.labels):
            raise Unusable(f"expected 2 to {len(self.labels)} choices, found {len(choices)}")
        return join(clean_text(question), _choices(choices))

    def line(self, reply: Reply) -> str:
        lines = [line for line in reply.text.splitlines() if line.strip()]
        if reply.finish_reason == "length" and len(lines) > 3:
            lines.pop()  # cut off in the middle
        choices: list[str] = []
        for line in lines[1:]:
            found = _CHOICE.match(line)
            if (
                found is None
                or found[1] != LETTERS[len(choices)]
                or len(choices) == len(self.labels)
            ):
                break
            choices.append(found[2])
        if len(choices) < 2:
            raise Unusable("expected a line with the question, then `A. …`, `B. …`, a line each")
        question = _NAME.sub("", lines[0]).strip('"“”«» ')
        return join(clean_text(question), _choices(choices))

    def label(self, data: Any, text: str) -> str:
        letters = Names(LETTERS[: len(split(text)[1])])
        found = letters.fits(data.strip().rstrip(".)")) if isinstance(data, str) else ()
        if not found:
            raise Unusable("no letter of the item's choices was named")
        return found[0]

    def expected(self) -> str:
        return f"the letter of the right choice, one of: {', '.join(self.labels)}"


def _parts(data: Any) -> tuple[str, list[str]]:
    """Question and choices; a mapping of letters is as good as a list."""
    question = data.get("question") if isinstance(data, dict) else None
    choices = data.get("choices") if isinstance(data, dict) else None
    if isinstance(choices, dict) and letters_of([*choices], {}) == [*LETTERS[: len(choices)]]:
        choices = list(choices.values())
    if (
        not isinstance(question, str)
        or not isinstance(choices, list)
        or not all(isinstance(one, str) for one in choices)
    ):
        raise Unusable('expected each text as {"question": "…", "choices": ["…", "…"]}')
    return question, choices


def _choices(texts: list[str]) -> list[str]:
    """Choices on one line each, without the letters that some writers put before them.

    Raises:
        Unusable: nothing is left of one.
    """
    flat = [flat_text(text) for text in texts]
    named = [_CHOICE.match(text) for text in flat]
    if [match and match[1] for match in named] == list(LETTERS[: len(flat)]):
        flat = [match[2] for match in named if match]
    if not all(flat):
        raise Unusable("a choice is empty")
    return flat
