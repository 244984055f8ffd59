"""What was said in a call, as its `called` event has it: messages, reply, error."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from evokd.runs.calls import messages_of
from evokd.runs.files import reading
from evokd.runs.run import Run
from evokd.runs.search.query import Part
from evokd.runs.search.words import BREAK, folded
from evokd.runs.trace import TracedEvent, told

REPLIES = frozenset({"assistant", "ai"})
"""Roles of what a model says."""
AT_ONCE = 500
"""Variables in one statement."""


@dataclass(frozen=True, slots=True)
class CallTexts:
    """The texts of one attempt."""

    call: str
    prompt: tuple[tuple[str, str], ...] = ()
    """Role and text of each message."""
    reply: str = ""
    error: str = ""

    @classmethod
    def of(cls, event: TracedEvent) -> CallTexts:
        """From a `called` event, of whatever version."""
        messages = tuple(messages_of(event.body.get("messages")))
        return cls(event.call or "", messages, event.text("reply"), event.text("error"))

    @property
    def asked(self) -> str:
        """The last message that is no beginning of the reply, put into the model's mouth."""
        own = [text for role, text in self.prompt if role not in REPLIES]
        return own[-1] if own else ""

    def part(self, name: Part) -> list[str]:
        """The texts of a part; none that is empty."""
        if name == "prompt":
            return [text for _, text in self.prompt if text]
        text = self.reply if name == "reply" else self.error
        return [text] if text else []

    def folded(self, name: Part) -> str:
        """A part as the index holds it."""
        return BREAK.join(folded(text) for text in self.part(name))

    @property
    def size(self) -> int:
        """Characters."""
        return sum(len(text) for _, text in self.prompt) + len(self.reply) + len(self.error)


def texts_of(run: Run, calls: Sequence[str]) -> dict[str, CallTexts]:
    """The texts of these calls, as far as the trace has them.

    Raises:
        Unreadable: there is no trace.
    """
    found: dict[str, CallTexts] = {}
    remaining = iter(calls)
    with reading(run.path, "events.sqlite") as db:
        while some := list(islice(remaining, AT_ONCE)):
            # `+`: else SQLite goes through all calls of the run by the index of types
            where = f"call IN ({', '.join('?' * len(some))}) AND +type = 'called'"
            found |= {texts.call: texts for texts in map(CallTexts.of, told(db, where, some))}
    return found


def beginnings(texts: Sequence[str], least: int = 60) -> list[str]:
    """Texts from where they differ: prompts of one template begin alike for pages.

    A beginning that all share is left out where it has `least` characters or more; the cut stands
    before a word.
    """
    some = {text for text in texts if text}
    shared = _shared(some) if len(some) > 1 else 0
    if shared < least:
        return list(texts)
    return [text and f"…{text[shared:]}" for text in texts]


def _shared(texts: Collection[str]) -> int:
    first, last = min(texts), max(texts)
    same = next(_differ(first, last), min(len(first), len(last)))
    blank = max(first.rfind(" ", 0, same), first.rfind("\n", 0, same))
    return blank + 1


def _differ(one: str, other: str) -> Iterator[int]:
    return (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
