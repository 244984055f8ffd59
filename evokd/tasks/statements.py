"""Where a response says that something is its answer; what is common to letters and numbers.

A statement is a phrase that announces an answer: "The answer is", "Answer:", "####", a box. The
last one counts. What stands in the reasoning does not, where a final part follows it; what a base
model goes on to invent ("Q: ...") after it has answered does not either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

CONCLUSION = "The answer is {answer}."
"""How prompts, worked examples and answer-only rows end a response; the readers know it."""


def conclude(answer: str) -> str:
    """The conclusion that states an answer."""
    return CONCLUSION.format(answer=answer)


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """An answer, and where it stands."""

    value: str
    """The choice's label, or the number without separators."""
    start: int
    """Characters from the beginning of the response."""
    end: int
    """Exclusive."""


Reading = FoundAnswer | Literal["several"] | None
"""What follows an announcement: an answer, more than one, or nothing that can be read."""

_QUALITY = (
    r"(?:(?:final|correct|right|best|most\s+(?:likely|appropriate|suitable|logical|probable)|likely"
    r"|appropriate|suitable|logical|my|only|overall|bonne|bon)\s+)"
)
_COPULA = (
    r"(?:\s+(?:(?:must|should|would|will|has\s+to|can\s+only)\s+(?:\w+\s+)?be|is|was|est)\b|['’]s\b"
    r"|[\s*_`]*(?:[:：=]|->|→))"
)
_ABOUT = r"(?:\s+(?:to|for|of|here|in|among|from|based|according)\b[^.\n:=?!]{0,60}?)?"
ANNOUNCED = re.compile(
    rf"(?P<said>\b{_QUALITY}{{0,3}}(?:answer|réponse)\b{_ABOUT}{_COPULA}"
    rf"|\b{_QUALITY}{{1,3}}(?:choice|option|response|solution)\b{_ABOUT}{_COPULA})"
    r"|(?P<heading>^[ \t#*_>-]*(?:(?:final|correct)\s+)?answer[ \t*_]*(?=\n|[ \t][(\[*A-Z\d]))"
    r"|(?P<chosen>\bI(?:['’](?:d|ll)|\s+would|\s+will)?\s+(?:\w+ly\s+)?"
    r"(?:choose|chose|pick|select|go\s+(?:with|for))\b)"
    r"|(?P<chinese>(?:答案|选择|故选|應選|应选)(?:应该|應該)?(?:是|为|為)?[：:]?)"
    r"|(?P<box>\\boxed\s*(?=\{))|(?P<hashes>^[ \t]*####(?!#))|(?P<tag><answer>)",
    re.IGNORECASE | re.MULTILINE,
)
"""What announces an answer; the reader looks at what comes behind."""

_DOUBT = re.compile(
    r"\b(?:if|whether|unless|suppos\w+|assum\w+|neither|nor|doubt|not\s+sure|not\s+true"
    r"|(?:do|does|did|can|could|would)(?:\s+not|n['’]t)\s+\w+|cannot\s+\w+)\b[^.!?\n,;:]{0,30}\Z",
    re.IGNORECASE,
)
_BEFORE = 60
"""Characters in front of an announcement that may take it back."""
_FINAL = re.compile(
    r"</(?:think|thinking|reasoning|thought|scratchpad)>|<\|channel\|>final<\|message\|>",
    re.IGNORECASE,
)
_STOPPED = re.compile(r"<\|(?:im_end|endoftext|eot_id|end|return|im_start)\|>|</s>")
_NEXT = re.compile(
    r"\n[ \t*#]*(?:(?:Q|Question|Problem|Exercise)\s*\d*\s*[:.)]|(?:User|Human|Assistant)\s*:)",
    re.IGNORECASE,
)


def final_part(text: str) -> tuple[int, int]:
    """Start and end of what counts: behind the reasoning, before an end-of-text token.

    A response that ends with its reasoning is taken whole.
    """
    start = max((match.end() for match in _FINAL.finditer(text)), default=0)
    stop = _STOPPED.search(text, start)
    if stop is not None and not text[start : stop.start()].strip():
        stop = None
    end = stop.start() if stop else len(text)
    return (start, end) if text[start:end].strip() else (0, end)


def last_statement(
    text: str, start: int, end: int, readings: Iterable[tuple[int, Reading]]
) -> Reading:
    """The last readable statement, before the response runs on into a question of its own.

    Args:
        text: The response.
        start: Where its final part begins.
        end: And ends.
        readings: Statements with the places where they begin, in any order.
    """
    readable = sorted(
        ((at, reading) for at, reading in readings if reading is not None), key=lambda one: one[0]
    )
    if not readable:
        return None
    first = readable[0][0]
    following = _NEXT.search(text, first, end)
    runs_on = end if following is None else following.start()
    return [reading for at, reading in readable if at <= max(first, runs_on)][-1]


def announcements(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Announcements that are not taken back by what stands in front of them."""
    for match in ANNOUNCED.finditer(text, start, end):
        if not doubted(text, match.start(), start):
            yield match


def doubted(text: str, at: int, start: int = 0) -> bool:
    """Whether the words in front make a condition or a denial of what begins at `at`."""
    return _DOUBT.search(text, max(start, at - _BEFORE), at) is not None


def until_next_question(text: str, start: int, end: int) -> int:
    """Where the response runs on into a question of its own, else its end."""
    following = _NEXT.search(text, start, end)
    return (
        end
        if following is None or not text[start : following.start()].strip()
        else (following.start())
    )
