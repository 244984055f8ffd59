"""Classification: a text is a string, a label one of the names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.clean.unwrapping import unwrapped
from agents.replies import clean_text, one_text
from evokd.config.names import Names
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply


def named(names: Names, said: Any) -> str | None:
    """The name that a model means; None where it is none of these. A number may be one (stars).

    Raises:
        Unusable: several fit, and which is meant can't be told.
    """
    if not isinstance(said, str | int) or isinstance(said, bool):
        return None
    fits = names.fits(str(said))
    if len(fits) > 1:
        raise Unusable(
            f"{str(said)[:40]!r} may be {' or '.join(map(repr, fits))}; case counts here"
        )
    return fits[0] if fits else None


class ClassFormat:
    """One text, one name."""

    one_word = True
    annotates = False

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self._names = Names(labels)

    @property
    def targets(self) -> tuple[str, ...]:
        return self.labels

    def intended(self, target: str | None) -> str | None:
        return target

    def text_schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def text(self, data: Any) -> str:
        data = unwrapped(data)
        if not isinstance(data, str):
            raise Unusable("expected each text as a string")
        return clean_text(data)

    def line(self, reply: Reply) -> str:
        return clean_text(unwrapped(one_text(reply)))

    def label_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.labels)}

    def closed_schema(self, text: str) -> dict[str, Any]:
        return self.label_schema()

    def label(self, data: Any, text: str) -> str:
        found = named(self._names, data)
        if found is None:
            raise Unusable("no label of the task was named")
        return found

    def annotated(self, reply: Reply) -> tuple[str, str]:
        raise Unusable("expected the text alone, without its label")

    def expected(self) -> str:
        return f"one of: {', '.join(self.labels[:40])}"
