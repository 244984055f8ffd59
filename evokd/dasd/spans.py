r"""Sentences of a response as byte spans: section 3, step 4.

The spans partition the response: they touch, none is empty, and together they are all of it. Each
owns the white space after it, the first also what stands in front. Sentences end at `.`, `!`, `?`,
`…` before white space, at `。`, `！`, `？` and their like anywhere, and at the end of a line. They
do not end at

- a list marker: `1.`, `A.`, `Step 2.` (also with its text on the next line);
- an abbreviation, an initial, a decimal: `e.g.`, `Dr.`, `J. Smith`, `3.5`;
- an operator that follows: `5! = 120`.

Tags (`<think>`, `</answer>`, `<|channel|>`) are spans of their own and get no score. A piece of
nothing but punctuation (`---`) joins the sentence before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_NAMES = (
    "think|thinking|thought|reason|reasoning|reflection|scratchpad|analysis|answer|final|solution"
)
TAG = re.compile(rf"(?:</?(?:{_NAMES})>|<\|[\w-]+\|>)\s*", re.IGNORECASE)
"""A tag with the white space that it owns."""

_CLOSERS = r"[\"'”’»)\]}*_`」』】）》〉]*+"
_END = re.compile(  # the looks behind keep it linear on long runs of dots or blanks
    rf"(?P<wide>[。！？｡।॥۔؟።။]+{_CLOSERS})\s*"
    rf"|(?P<stop>(?<![.!?…])[.!?…]++{_CLOSERS})(?:\s+|\Z)"
    r"|(?P<line>(?<!\s)\s*\n\s*)"
)
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "sr",
        "jr",
        "vs",
        "cf",
        "approx",
        "fig",
        "figs",
        "eq",
        "eqs",
        "vol",
        "pp",
        "al",
    ]
)
_BEFORE_NUMBERS = frozenset(["no", "nos", "p", "fig", "eq", "ch", "sec", "vol", "art"])
_SEQUELS = frozenset(["etc", "inc", "ltd", "co", "corp"])
"""Abbreviations that may end a sentence: they do when a capital follows."""
_MARKED = frozenset(
    ["step", "part", "case", "question", "option", "choice", "example", "rule", "reason", "point"]
)
_NAMERS = frozenset(
    ["is", "be", "are", "was", "answer", "option", "choice", "letter", "and", "or", "to", "with"]
)
"""After these a single letter is a choice that was named ("the answer is C."), not an initial."""
_MARKER = re.compile(r"\W*(?:\d{1,3}|[^\W\d_])[.)]\W*")
_TAIL = 60
"""Characters in front of a full stop that decide about it."""
_LAST_WORD = re.compile(r"[\w.]+\Z")
_WORD_BEFORE = re.compile(r"(\w+)\W*\Z")
_OPERATORS = "=+×÷<>,;:%"


@dataclass(frozen=True, slots=True)
class ByteSpan:
    """A piece of a response."""

    start: int
    """Bytes from the beginning of the response."""
    end: int
    """Exclusive."""
    scored: bool = True
    """False for a tag."""

    @property
    def size(self) -> int:
        """Bytes, white space included."""
        return self.end - self.start


def split_sentences(text: str) -> tuple[ByteSpan, ...]:
    """The spans of a response, in order; none for an empty one."""
    cuts: list[tuple[int, bool]] = []  # where a piece ends (characters), and whether it is scored
    at = 0
    for tag in TAG.finditer(text):
        cuts += ((end, True) for end in _pieces(text, at, tag.start()))
        cuts.append((tag.end(), False))
        at = tag.end()
    cuts += ((end, True) for end in _pieces(text, at, len(text)))
    if len(cuts) > 1 and text[: cuts[0][0]].isspace():
        del cuts[0]  # white space in front of the first tag is the tag's
    spans: list[ByteSpan] = []
    start = position = 0
    for end, scored in cuts:
        stop = position + len(text[start:end].encode())
        spans.append(ByteSpan(position, stop, scored))
        start, position = end, stop
    return tuple(spans)


def _pieces(text: str, start: int, end: int) -> list[int]:
    """Ends of the sentences of `text[start:end]`, in characters."""
    if start == end:
        return []
    ends = [*_ends(text, start, end), end]
    kept: list[int] = []
    for left, right in pairwise([start, *ends]):
        if left == right:
            continue
        if kept and not _says_something(text[left:right]):
            kept[-1] = right
        else:
            kept.append(right)
    if len(kept) > 1 and not _says_something(text[start : kept[0]]):
        del kept[0]
    return kept


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    sentence = start
    for match in _END.finditer(text, start, end):
        body = text[sentence : match.start()]
        if match["stop"] and not _stops(body, match["stop"], match[0], text[match.end() : end][:1]):
            continue
        if match["line"] and _MARKER.fullmatch(body) and "\n\n" not in match[0]:
            continue
        yield match.end()
        sentence = match.end()


def _stops(body: str, stop: str, matched: str, following: str) -> bool:
    """Whether a full stop, an exclamation or a question mark ends the sentence `body`."""
    if not following:
        return True
    if "\n" in matched:
        return not _MARKER.fullmatch(body + stop) or "\n\n" in matched
    if following[0] in _OPERATORS:
        return False
    if len(stop) > 1 or stop == "…":  # an ellipsis, or the end of quoted speech: "Stop!" he said
        return not following[0].islower()
    return stop[0] != "." or not _is_guarded(body, following)


def _is_guarded(body: str, following: str) -> bool:
    """Whether the full stop after `body` belongs to a marker, an initial or an abbreviation."""
    if _MARKER.fullmatch(body + "."):
        return True
    tail = body[-_TAIL:]
    found = _LAST_WORD.search(tail)
    if found is None:
        return False
    word, before = found[0].lower(), _WORD_BEFORE.search(tail[: found.start()])
    previous = before[1].lower() if before else ""
    if word.isdigit():
        return (previous in _MARKED and body.strip().lower().startswith(previous)) or (
            word == "1" and tail[: found.start()].rstrip().endswith(":")
        )
    if len(word) == 1:
        return found[0].isupper() and previous not in _NAMERS
    if word in _BEFORE_NUMBERS:
        return following[0].isdigit()
    if "." in word or word in _SEQUELS:
        inside = not following[0].isupper() or word in ("e.g", "i.e", "u.s", "u.k")
        return inside and not word.replace(".", "").isdigit()
    return word in _ABBREVIATIONS


def _says_something(piece: str) -> bool:
    """Whether it holds a letter, a digit or a symbol."""
    return any(c.isalnum() or not (c.isspace() or c in _MARKS) for c in piece)


_MARKS = frozenset("-–—_*#=~`.,;:!?…'\"“”‘’«»()[]{}<>/\\|。！？、，·•")
