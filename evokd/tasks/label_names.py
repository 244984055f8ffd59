"""Labels by name: the one that a response ends up with, its reasoning before it.

Strict, as `letters.py` is: a name counts behind an announcement ("The answer is sport", "La réponse
est", "答案是"), or alone on the last line, never because it is the last one in sight: reasoning
names the labels that it decides against.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from evokd.tasks.statements import (
    FoundAnswer,
    Reading,
    announcements,
    final_part,
    last_statement,
    until_next_question,
)

_FILLER = re.compile(
    r"(?:[\s*_`\"'“”‘’«([{（【:：=-]|(?:the|an?|class|label|category|probably|clearly|likely|most"
    r"|la|le|l['’]|un|une|classe|étiquette|catégorie|类别|标签)(?=[\s\"'“«*_`:：「]|$))*+",
    re.IGNORECASE,
)
_CLOSED = r"[\s*_`\"'“”‘’»)\]}）】.。!！:：,，;；]*"
_ANOTHER = re.compile(r"[\s*_`\"'”’»]*(?:/|,|\bor\b|\band\b|\bou\b|\bet\b|或|和)", re.IGNORECASE)


def find_label(text: str, labels: Sequence[str]) -> FoundAnswer | None:
    """The label that a response states last, or None where it states none, or several at once.

    Args:
        text: The response, reasoning included or not.
        labels: The names; a model may write `fast food` for `fast_food`, in any case.
    """
    names = _pattern(tuple(labels))
    start, end = final_part(text)
    statements = [
        (match.start(), _stated(text, match.end(), labels, names))
        for match in announcements(text[:end], start, end)
    ]
    said = last_statement(text, start, end, statements)
    if said is None:
        said = _alone(text, start, until_next_question(text, start, end), labels, names)
    return said if isinstance(said, FoundAnswer) else None


def _stated(text: str, at: int, labels: Sequence[str], names: re.Pattern[str]) -> Reading:
    """What an announcement that ends at `at` announces."""
    filler = _FILLER.match(text, at)
    found = names.match(text, filler.end() if filler else at)
    if found is None:
        return None
    joined = _ANOTHER.match(text, found.end())
    if joined is not None:
        more = _FILLER.match(text, joined.end())
        if names.match(text, more.end() if more else joined.end()):
            return "several"
    return _answer(found, labels)


def _alone(
    text: str, start: int, end: int, labels: Sequence[str], names: re.Pattern[str]
) -> Reading:
    """A name that is all there is on the last line."""
    lines = [line for line in re.finditer(r"[^\n]+", text[:end]) if line.end() > start]
    lines = [line for line in lines if line[0].strip()]
    if not lines:
        return None
    line = lines[-1]
    filler = _FILLER.match(text, max(start, line.start()), line.end())
    found = names.match(text, filler.end() if filler else line.start(), line.end())
    if found is None or not re.fullmatch(_CLOSED, text[found.end() : line.end()]):
        return None
    return _answer(found, labels)


def _answer(found: re.Match[str], labels: Sequence[str]) -> FoundAnswer:
    named = next(name for name, text in found.groupdict().items() if text is not None)
    return FoundAnswer(labels[int(named[1:])], found.start(), found.end())


@lru_cache(maxsize=64)
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    """A group for each name, the longer ones tried first."""
    order = sorted(range(len(labels)), key=lambda at: -len(labels[at]))
    names = (f"(?P<n{at}>{_spelt(labels[at])})" for at in order)
    return re.compile("|".join(names), re.IGNORECASE)


def _spelt(label: str) -> str:
    words = [re.escape(word) for word in re.split(r"[\s_-]+", label.strip()) if word]
    body = r"[\s_-]+".join(words) or re.escape(label)
    before = r"(?<!\w)" if label[:1].isascii() and label[:1].isalnum() else ""
    after = r"(?!\w|['’]\w)" if label[-1:].isascii() and label[-1:].isalnum() else ""
    return f"{before}{body}{after}"
