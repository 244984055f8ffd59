"""Replies of the proposer of attributes into values that may stand in a writer's prompt.

What a model sends is hostile: a value is one short line without control characters, is no markup,
does not speak of the task, and is no class's name, or a text of one class would be ordered that is
about another.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agents.clean.cleaner import Cleaner
from agents.lines import listed
from agents.replies import flat_text, json_object, unquoted
from agents.task_view import TaskView
from evokd.tasks.text import normalise
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

SUBTOPIC = "subtopic"
"""Name of the dimension whose values go by class; templates say it in their language."""
MOST = 80
"""Characters of a value; a longer one is cut at a word."""
LEAST = 2
"""Values of a dimension: fewer vary nothing."""
_LEAD = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,3}[.)、．:])*\s*")
_HEAD = re.compile(r"^(?P<name>[^:：]{1,40})[:：](?P<rest>.*)$")
_BETWEEN = re.compile(r"[;；、|]")
_COMMA = re.compile(r"[,，]")
_YES, _NO = ("yes", "oui", "是"), ("no", "non", "否", "不")

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads proposals for a task."""

    cleaner: Cleaner
    names: Collection[str]
    """Normal forms of the classes' names."""
    as_json: bool

    @classmethod
    def of(cls, view: TaskView, *, as_json: bool) -> Reader:
        """For proposals in the language of the prompts."""
        named = tuple(view.named(label) for label in view.ordered)
        # a subtopic may say what a class's description says: it comes from there
        return cls(Cleaner(named, view.spoken), {normalise(name) for name in named}, as_json)

    def dimensions(self, reply: Reply, most: int, values: int) -> list[tuple[str, Values]]:
        """Dimensions of all classes: names that differ, each with its values.

        Raises:
            Unusable: no dimension has two values that can be used.
        """
        taken = {SUBTOPIC}
        found: list[tuple[str, Values]] = []
        for raw, listing in _items(reply) if self.as_json else _paragraphs(reply):
            name, kept = self._value(raw), self._kept(listing, values)
            if name is None or normalise(name) in taken or len(kept) < LEAST:
                continue
            taken.add(normalise(name))
            found.append((name, kept))
        if not found:
            raise Unusable("it names no dimension with two values that can be used")
        return found[:most]

    def values(self, reply: Reply, most: int) -> Values:
        """The subtopics of a class.

        Raises:
            Unusable: fewer than two that can be used.
        """
        kept = self._kept(
            _list(json_object(reply, "values").get("values")) if self.as_json else listed(reply),
            most,
        )
        if len(kept) < LEAST:
            raise Unusable("it names fewer than two subtopics that can be used")
        return kept

    def _kept(self, raw: Iterable[Any], most: int) -> Values:
        found: dict[str, str] = {}
        for one in raw:
            value = self._value(one)
            if value is not None:
                found.setdefault(normalise(value), value)
        return tuple(found.values())[:most]

    def _value(self, raw: Any) -> str | None:
        """A value, or a dimension's name, as it may stand in a prompt; None: it may not."""
        if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
            return None
        try:
            text = flat_text(str(raw))
        except Unusable:
            return None
        if len(text) > MOST:
            text = text[:MOST].rpartition(" ")[0] or text[:MOST]
        text = unquoted(text.strip(" .,;:。，；：")).strip(" .,;:。，；：*_")
        if not any(c.isalnum() for c in text) or normalise(text) in self.names:
            return None
        return None if self.cleaner.fault(text) else text


def yes_or_no(reply: Reply) -> bool:
    """The answer to a yes/no question, in any of the packs' languages.

    Raises:
        Unusable: neither.
    """
    said = reply.text.strip().strip("\"'*_“”«» ").casefold()
    for words, answer in ((_YES, True), (_NO, False)):
        if any(re.match(rf"{word}(?![a-z])", said) for word in words):
            return answer
    raise Unusable("expected yes or no")


def _items(reply: Reply) -> list[tuple[Any, Sequence[Any]]]:
    items = _list(json_object(reply, "dimensions").get("dimensions"))
    return [(one.get("name"), _list(one.get("values"))) for one in items if isinstance(one, dict)]


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _paragraphs(reply: Reply) -> list[tuple[str, list[str]]]:
    """`name: value; value` on a line, or a name with its values on the lines below it."""
    lines = reply.text.splitlines()
    if reply.finish_reason == "length" and lines:
        torn = re.split(_BETWEEN, lines[-1])
        lines[-1] = ";".join(torn[:-1])
        reply.mended.append("cut")
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        bare = _LEAD.sub("", line).replace("**", "").strip()
        head = _HEAD.match(bare)
        if head is not None:
            found.append((head["name"], _split(head["rest"])))
        elif found and bare:
            found[-1][1].append(bare)
    return found


def _split(line: str) -> list[str]:
    parts = _BETWEEN.split(line)
    return [part for part in (parts if len(parts) > 1 else _COMMA.split(line)) if part.strip()]
