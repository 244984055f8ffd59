"""How a question is put: to the teacher that reasons, to the finisher, and to the student.

One template serves teacher and student. Only what the config gives the teacher beyond the question
differs: worked examples and an endpoint's directive. Without both, the messages are the same to the
byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evokd.config import ConfigError
from evokd.tasks.answers import CONCLUSION, conclude
from evokd.teacher.request import Message, Prompt
from prompts.manifest import ReasonerStyle, Worked
from prompts.pack import Pack

Answers = Literal["letter", "number"]
ENDING = conclude("X")
"""The form of the last sentence."""
OPENING = CONCLUSION.partition("{")[0].strip()
"""How it begins: small models copy the X."""


@dataclass(frozen=True, slots=True)
class ReasoningPrompts:
    """The prompts of a run; nothing in them but the question differs from row to row."""

    pack: Pack
    answers: Answers
    examples: int = 0
    """Worked examples that the teacher sees."""

    @property
    def style(self) -> ReasonerStyle:
        """How the teacher is asked.

        Raises:
            ConfigError: the pack doesn't say.
        """
        self.pack.require("teacher_reasoner")
        assert self.pack.manifest.reasoner is not None
        return self.pack.manifest.reasoner

    def worked(self, question: str) -> tuple[Worked, ...]:
        """The worked examples that the teacher sees with a question.

        Each question gets others of the pack's, in another order: a small model repeats the answer
        of the last one, and the same last one would teach the student a letter.

        Raises:
            ConfigError: the pack has fewer.
        """
        there = self.style.examples.get(self.answers, ())
        if len(there) < self.examples:
            raise ConfigError(
                f"dasd.teacher_examples: {self.pack.name} has {len(there)} worked examples for"
                f" answers of kind {self.answers} (reasoner.examples in its pack.yaml), got"
                f" {self.examples}"
            )
        start = int(hashlib.sha256(question.encode()).hexdigest()[:8], 16)
        return tuple(there[(start + at) % len(there)] for at in range(self.examples))

    def to_teacher(self, question: str, directive: str | None = None) -> Prompt:
        """The teacher's prompt."""
        return self._prompt("teacher_reasoner", question, directive, self.worked(question))

    def to_student(self, question: str) -> tuple[Message, ...]:
        """The student's messages: for scoring, training and evaluation alike."""
        return self._prompt("teacher_reasoner", question, None, ()).messages

    def to_finisher(self, question: str, begun: str, directive: str | None = None) -> Prompt:
        """The prompt of who finishes what the student began."""
        more = {"begun": begun, "thinking": "<think>" in begun and "</think>" not in begun}
        return self._prompt("finisher", question, directive, self.worked(question), more)

    def _prompt(
        self,
        role: str,
        question: str,
        directive: str | None,
        worked: Sequence[Worked],
        more: Mapping[str, Any] | None = None,
    ) -> Prompt:
        examples = [
            {
                "question": one.question,
                "reasoning": one.reasoning,
                "conclusion": conclude(one.answer),
            }
            for one in worked
        ]
        variables = {
            "question": question,
            "answers": self.answers,
            "ending": ENDING,
            "opening": OPENING,
            "examples": examples,
            "directive": directive,
        }
        return self.pack.prompt(role, {**variables, **(more or {})})
