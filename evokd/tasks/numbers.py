"""Sums: the number that a response ends up with, and when two numbers are the same.

Strict like letters: behind an announcement ("The answer is $1,250.", "#### 42", a box), or alone
on the last line. Fractions, times, ranges, powers and sums that were not worked out are no
numbers here; they count as unparsed, and the caller says how many there were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from evokd.tasks.statements import (
    FoundAnswer,
    Reading,
    announcements,
    final_part,
    last_statement,
    until_next_question,
)

_CURRENCY = r"(?:\\?[$€£¥₹]|(?:US|A|C)\$|(?:USD|EUR|GBP|Rs\.?)\s?)"
_GROUP = r"(?:,|\{,\}|\\,|[\u00a0\u2009\u202f'])"
_NUMBER = re.compile(
    rf"(?P<sign>[-−+])?{_CURRENCY}?(?P<inner>[-−])?"
    rf"(?P<digits>\d{{1,3}}(?:{_GROUP}\d{{3}})+(?!\d)|\d+)?(?P<decimals>\.\d+)?(?<=\d)",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?:\n\s*[-*•]\s|[\s*_`\"'“(\[{=:：>→]|\\(?:boxed|text(?:bf|rm)?|math(?:rm|bf))\s*\{|\\[(\[]"
    r"|\$(?=\\boxed|\s)|(?:about|approximately|exactly|roughly|around|equal\s+to|equals|a\s+total\s+of"
    r"|therefore|thus|only|just|simply|now|then|still|also)\b,?)*+",
    re.IGNORECASE,
)
_NO_NUMBER = re.compile(
    r"\s*(?:[/:^×*·÷+]|\\(?:frac|times|cdot|div)|[-−–](?=\s*[\d$(]))\s*[\d$({]"
    r"|[.,'’]\d|\s+\d|\s*[eE][+-]?\d|[A-Za-z_]\w*\d|\s*\*\*\s*\d"
)
_ANOTHER = re.compile(
    r"(?:\s*[A-Za-z%°$]+){0,3}\s*(?:,\s*)?(?:\b(?:and|or|to)\b|[&–/])\s*\W?\d", re.IGNORECASE
)
_EQUALS = re.compile(r"[^\n=]{0,80}=")
_SUM = re.compile(r"[\d\s.,$()+\-−–*/×·÷x%]*[+\-−–*/×·÷x][\d\s.,$()+\-−–*/×·÷x%]*")
_ALONE = re.compile(r"[\s*_`$(\[#>=]*")
_TAIL = re.compile(r"[\s*_`$)\].,!%}\\]*(?:[A-Za-z]+[\s.!*]*)?")


def find_number(text: str) -> FoundAnswer | None:
    """The number that a response states last, or None where it states none, or several at once."""
    start, end = final_part(text)
    said = last_statement(text, start, end, _statements(text[:end], start))
    if said is None:
        said = _bare(text, start, until_next_question(text, start, end))
    return said if isinstance(said, FoundAnswer) else None


def parse_number(text: str) -> Decimal | None:
    """The number that a text is, as a gold answer has it: separators, sign and currency allowed."""
    bare = text.strip()
    match = _NUMBER.match(bare)
    return None if match is None or bare[match.end() :].strip(" %.") else _value(match)


def same_number(one: str, other: str) -> bool:
    """Whether two texts are the same number: 1,250 and 1250.00 are."""
    left, right = parse_number(one), parse_number(other)
    return left is not None and left == right


def _statements(text: str, start: int) -> Iterator[tuple[int, Reading]]:
    for match in announcements(text, start, len(text)):
        yield match.start(), _read(text, match.end())


def _read(text: str, at: int) -> Reading:
    filler = _FILLER.match(text, at)
    begin = filler.end() if filler else at
    summed = _EQUALS.match(text, begin)
    while summed is not None and _SUM.fullmatch(text, begin, summed.end() - 1):
        filler = _FILLER.match(text, summed.end())
        begin = filler.end() if filler else summed.end()
        summed = _EQUALS.match(text, begin)
    match = _NUMBER.match(text, begin)
    if match is None or _NO_NUMBER.match(text, match.end()):
        return None
    if _ANOTHER.match(text, match.end()):
        return "several"
    return _found(match)


def _bare(text: str, start: int, end: int) -> Reading:
    lines = [m for m in re.finditer(r"[^\n]+", text[:end]) if m.end() > start and m[0].strip()]
    if not lines:
        return None
    begin = max(start, lines[-1].start())
    opened = _ALONE.match(text, begin, end)
    match = _NUMBER.match(text, opened.end() if opened else begin, end)
    if match is None or not _TAIL.fullmatch(text, match.end(), lines[-1].end()):
        return None
    return _found(match)


def _found(match: re.Match[str]) -> FoundAnswer | None:
    value = _value(match)
    if value is None:
        return None
    return FoundAnswer(canonical(value), match.start(), match.end())


def canonical(value: Decimal) -> str:
    """One text for one number: `1250`, `0.5`, `-3`."""
    text = format(value, "f")  # not normalize(): that rounds to 28 digits
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if value else "0"


def _value(match: re.Match[str]) -> Decimal | None:
    digits = re.sub(r"\D", "", match["digits"] or "")
    signs = (match["sign"] or "") + (match["inner"] or "")
    if len(signs) > 1 or len(digits) > 40:
        return None
    try:
        value = Decimal((digits or "0") + (match["decimals"] or ""))
    except InvalidOperation:
        return None
    return -value if signs and signs != "+" else value
