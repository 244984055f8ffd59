"""Multiple choice: the letter that a response ends up with.

Strict: a letter counts behind an announcement ("The answer is (C)"), in front of "is correct", or
alone on the first or last line; never because it is the last capital in sight. One rule holds for
all letters, so that the words "a" and "I" are not taken for choices and the choice A is not lost:
what follows must end the statement, give a reason, or be the choice's own text. A choice that is
named by its text alone counts where just one choice has that text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from evokd.tasks.statements import (
    FoundAnswer,
    Reading,
    announcements,
    doubted,
    final_part,
    last_statement,
    until_next_question,
)
from evokd.tasks.text import normalise

_FILLER = re.compile(
    r"(?:[\s*_`\"'“”‘’«(\[{$（【:：=]|[-–>→](?=\W)|\\(?:boxed|text(?:bf|rm|it)?|math(?:rm|bf))\s*\{"
    r"|\\[(\[]|(?:the|option|choice|letter|answer|number|most|likely|probably|clearly|la|lettre"
    r"|therefore|thus|then|definitely|indeed|simply|just|also|still|now|actually)\b,?"
    r"|选项|選項|[选選])*+",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ](?![A-Za-z0-9_'’]|-\w)")
_CLOSED = re.compile(r"(?:[)\]}*_`\"'”’»$）】]|[ \t]*\\[)\]])*+")
_ENDS = re.compile(r"\Z|[ \t]*(?:\n|[,;:!，。；：！、]|\.(?!\w)|</|<\||[-–—=→]\s)")
_GOES_ON = re.compile(
    r"\s+(?:(?:because|since|as|for|and|but|which|that|with|so|due|by|rather|not|based|given|here"
    r"|instead|option|choice|answer|in|according|thus|therefore|if|when|is|was|car|parce)\b(?!-)"
    r"|[(\[（“\"]\w)",
    re.IGNORECASE,
)
_JOIN = r"(?:\bor\b|\band\b|\bou\b|\bet\b|\bto\b|[,/|&、或和-])"
_ANOTHER = re.compile(
    rf"\s*{_JOIN}(?:\s*{_JOIN})?[\s(\[*]*(?P<letter>[A-Za-z])(?![\w'’])[)\]*]*"
    rf"\s*(?:\Z|[\n.;?!]|{_JOIN})",
    re.IGNORECASE,
)
_KIND = r"(?:most\s+\w+|final|correct|right|best)"
_APPROVED = re.compile(
    r"(?<![\w'’-])(?P<letter>[A-Z])(?:[)\].:*）]+[^.\n?!]{0,80}?|\*{0,2})\s+is\s+(?:\w+ly\s+)?"
    rf"(?:(?:the|our|my)\s+)?(?:(?:{_KIND}\s+){{0,3}}(?:answer|choice|option|one)\b|correct\b)(?!\s*\?)"
)
_SO = re.compile(
    r"(?:\A|[.!?]\s|\n)[ \t]*(?:therefore|thus|so|hence|donc)\s*[,:]\s*(?=\W{0,3}[A-Z](?!\w))",
    re.IGNORECASE,
)
_JOINED_BEFORE = re.compile(r"\b(?:or|and|nor|not|than)\b[\s(\[*]*\Z", re.IGNORECASE)
_CLAUSE = re.compile(r"\.(?=\s|\Z)|[;:\n!?]|,?\s+(?:because|since)\b|</|<\|")
_SPARE = 30
"""Characters of markup and articles around a choice's text."""
_ARTICLE = re.compile(r"(?:the|an?)\s+", re.IGNORECASE)
_BARE = re.compile(
    r"[\s#>*_`\"'“(\[$]*(?:(?:option|choice|answer)\s+[*_(\[]*)?(?P<letter>[A-Za-z])(?![A-Za-z0-9_'’])"
    r"(?P<close>[*_`\"'”)\]$.:,、）]*)[ \t]*(?P<text>\S[^\n]*)?",
    re.IGNORECASE,
)


def find_letter(text: str, choices: Mapping[str, str]) -> FoundAnswer | None:
    """The choice that a response states last, or None where it states none, or several at once.

    Args:
        text: The response, reasoning included or not.
        choices: Letter → text of the choice; a text may be empty where it is not known.

    Raises:
        ValueError: a choice's name is no capital from A to Z.
    """
    for label in choices:
        if len(label) != 1 or not "A" <= label <= "Z":
            raise ValueError(f"choices: expected capitals from A to Z, got {label!r}")
    start, end = final_part(text)
    said = last_statement(text, start, end, _statements(text[:end], start, choices))
    if said is None:
        said = _bare(text, start, until_next_question(text, start, end), choices)
    return said if isinstance(said, FoundAnswer) else None


def _statements(text: str, start: int, choices: Mapping[str, str]) -> Iterator[tuple[int, Reading]]:
    for match in announcements(text, start, len(text)):
        yield match.start(), _read(text, match.end(), choices, by_text=match["heading"] is None)
    for match in _SO.finditer(text, start):
        yield match.start(), _read(text, match.end(), choices, by_text=False)
    for match in _APPROVED.finditer(text, start):
        at = match.start("letter")
        joined = _JOINED_BEFORE.search(text, max(start, at - 12), at)
        if match["letter"] in choices and not joined and not doubted(text, at, start):
            yield at, FoundAnswer(match["letter"], at, at + 1)


def _read(text: str, at: int, choices: Mapping[str, str], *, by_text: bool) -> Reading:
    """What an announcement that ends at `at` announces."""
    filler = _FILLER.match(text, at)
    begin = filler.end() if filler else at
    letter = _LETTER.match(text, begin)
    if letter is not None and (label := _label(letter[0])) in choices:
        closed = _CLOSED.match(text, letter.end())
        after = closed.end() if closed else letter.end()
        another = _ANOTHER.match(text, after)
        if another is not None and another["letter"].upper() in choices.keys() - {label}:
            return "several"
        if _is_statement(text, after, letter[0], choices[label]):
            return FoundAnswer(label, letter.start(), letter.end())
    return _by_text(text, begin, choices) if by_text else None


def _is_statement(text: str, after: int, letter: str, choice: str) -> bool:
    """Whether a letter that is followed by `text[after:]` is a choice, not an article."""
    if _ENDS.match(text, after) or (letter.isupper() and _GOES_ON.match(text, after)):
        return True
    return _begins_with(text[after : after + 2 * len(choice) + 20], choice)


def _by_text(text: str, at: int, choices: Mapping[str, str]) -> FoundAnswer | None:
    """The one choice whose text is all that is announced."""
    limit = min(len(text), at + max(map(len, choices.values()), default=0) + _SPARE)
    stop = _CLAUSE.search(text, at, limit)
    end = stop.start() if stop else limit
    if stop is not None and stop[0] == "?":
        return None
    said = text[at:end]
    plain = {_plain(said), _plain(_ARTICLE.sub("", said, count=1))} - {""}
    named = [label for label, choice in choices.items() if choice and _plain(choice) in plain]
    return FoundAnswer(named[0], at, at + len(said.rstrip())) if len(named) == 1 else None


def _bare(text: str, start: int, end: int, choices: Mapping[str, str]) -> Reading:
    """A letter that is all there is on the first or the last line, lists of choices left out."""
    lines = [m for m in re.finditer(r"[^\n]+", text[:end]) if m.end() > start and m[0].strip()]
    if not lines:
        return None
    found = []
    for line, neighbour in ((lines[0], lines[1:2]), (lines[-1], lines[-2:-1])):
        letter = _alone(line, choices)
        others = [_alone(other, choices, strict=False) for other in neighbour]
        if letter is not None and not any(
            other and other.value != letter.value for other in others
        ):
            found.append(letter)
    if len({one.value for one in found}) > 1:
        return "several"
    return found[-1] if found else None


def _alone(
    line: re.Match[str], choices: Mapping[str, str], *, strict: bool = True
) -> FoundAnswer | None:
    """The letter on a line that holds no more than a choice."""
    match = _BARE.fullmatch(line[0])
    if match is None or (label := _label(match["letter"])) not in choices:
        return None
    rest, choice = match["text"] or "", choices[label]
    if rest and strict and choice and not _begins_with(rest, choice):
        return None
    if (
        rest
        and not (choice and _begins_with(rest, choice))
        and match["close"][:1] not in (")", ".")
    ):
        return None
    at = line.start() + match.start("letter")
    return FoundAnswer(label, at, at + 1)


def _begins_with(text: str, choice: str) -> bool:
    """Whether a text begins with a choice's, as whole words."""
    wanted, words = choice.casefold().split(), text.casefold().split()
    ends = ".,;:!*_`\"'”)]}$"
    got = [word.strip("([{*_`\"'“$") for word in words if word.strip(" -–—=:*")][: len(wanted)]
    return bool(wanted) and [w.rstrip(ends) for w in got] == [w.rstrip(ends) for w in wanted]


def _label(letter: str) -> str:
    """The capital in ASCII; full-width letters are common in Chinese."""
    code = ord(letter)
    return chr(code - 0xFEE0 if code > 0xFF00 else code).upper()


def _plain(text: str) -> str:
    return normalise(text)
