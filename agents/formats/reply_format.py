"""The format of what is written and of what is answered, for one kind of task.

Roles ask for texts and labels in JSON (large models) or in lines and log-probabilities (small
ones). What one text and one label look like there depends on the kind alone, and stands here.
"""

from __future__ import annotations

from typing import Any, Protocol

from evokd.teacher.reply import Reply


class ReplyFormat(Protocol):
    """One kind's texts and labels in prompts' schemas and in replies."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Classes that a writer may be told to write for; none where that makes no sense."""
        ...

    @property
    def one_word(self) -> bool:
        """Whether a label is one of `TaskView.labels`, so that log-probabilities can tell it."""
        ...

    @property
    def annotates(self) -> bool:
        """Whether writers name the label of what they write, where no labeler does.

        So where a target says too little for a label to follow from it.
        """
        ...

    def intended(self, target: str | None) -> str | None:
        """The label that a text written for a target is meant to have, where that follows."""
        ...

    def text_schema(self) -> dict[str, Any]:
        """JSON schema of one written text."""
        ...

    def text(self, data: Any) -> str:
        """A text out of a JSON reply, as the form of the task has it.

        Raises:
            Unusable: saying what is wrong with it.
        """
        ...

    def line(self, reply: Reply) -> str:
        """A text out of a plain reply.

        Raises:
            Unusable: saying what is wrong with it.
        """
        ...

    def annotated(self, reply: Reply) -> tuple[str, str]:
        """A text and its label out of a plain reply, where writers annotate.

        Raises:
            Unusable: saying what is wrong with it.
        """
        ...

    def label_schema(self) -> dict[str, Any]:
        """JSON schema of one label."""
        ...

    def closed_schema(self, text: str) -> dict[str, Any]:
        """The same for one text, without any freedom where a label is made of the text's words."""
        ...

    def label(self, data: Any, text: str) -> str:
        """The label of a text out of a JSON reply, as the form of the task has it.

        Raises:
            Unusable: saying what is wrong with it.
        """
        ...

    def expected(self) -> str:
        """What a label looks like, for complaints to the model."""
        ...
