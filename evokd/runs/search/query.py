"""What a person types into a search box: words, "quoted phrases", -left -out, and fields.

    cracked "on day 77" -seller bottl* agent:labeler status:failed round:3-5 reply:"no label"

Nothing that is typed is an error. A quotation mark that is never closed ends with the line, a field
that is none is text like all else, and what can't be meant is said in words (`remarks`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from evokd.ledger.call import FAILED, Status
from evokd.ledger.listing import Column, Condition
from evokd.runs.search.words import said_words

Part = Literal["prompt", "reply", "error"]
"""Of what was said in a call."""
PARTS: tuple[Part, ...] = get_args(Part)
STATUSES: tuple[str, ...] = get_args(Status)
ANY_FAILED = "failed"
"""A word for every status of `FAILED`."""
FIELDS: dict[str, Column] = {
    "agent": "agent",
    "call": "id",
    "from": "source",
    "model": "model",
    "reason": "reason",
    "round": "round",
    "source": "source",
    "status": "status",
    "target": "target",
    "to": "target",
}
"""Field of a query → column of the ledger."""
LEAST = 2
"""Letters that a beginning (`bo*`) has at least."""
_ITEM = re.compile(
    r'(?P<minus>-?)(?:(?P<field>[a-z]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))',
    re.IGNORECASE,
)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_ROUNDS = re.compile(r"(\d{1,9})(?:(?:-|\.\.)(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that have to stand one after another."""

    words: tuple[str, ...]
    """At least one, as `evokd.runs.search.words` compares them."""
    begins: bool = False
    """The last one may go on: `bottl*`."""
    part: Part | None = None
    """Where they have to stand; None: anywhere."""
    without: bool = False
    """Calls that say so are left out instead."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A query as it was understood; a call has to fit all of it."""

    terms: tuple[Term, ...] = ()
    conditions: tuple[Condition, ...] = ()
    remarks: tuple[str, ...] = ()
    """What was typed and could not be meant, in words."""

    @property
    def wanted(self) -> tuple[Term, ...]:
        """The terms that a call has to say."""
        return tuple(term for term in self.terms if not term.without)


def parse(typed: str) -> SearchQuery:
    """Understand what was typed; every text has a meaning."""
    terms: dict[Term, None] = {}
    conditions: dict[Condition, None] = {}
    remarks: dict[str, None] = {}
    for item in _ITEM.finditer(typed.translate(_QUOTES)):
        field = (item["field"] or "").lower()
        if field in FIELDS:
            value = item["word"] if item["phrase"] is None else item["phrase"]
            found, remark = condition(FIELDS[field], value, bool(item["minus"]))
            conditions |= {found: None} if found else {}
            remarks |= {f"{field}:{value} {remark}": None} if remark else {}
            continue
        term, remark = _term(item, field)
        terms |= {term: None} if term else {}
        remarks |= {remark: None} if remark else {}
    if typed.strip() and not (terms or conditions or remarks):
        remarks["There is no letter and no figure in what is looked for, so all are shown."] = None
    return SearchQuery(tuple(terms), tuple(conditions), tuple(remarks))


def _term(item: re.Match[str], field: str) -> tuple[Term | None, str]:
    """A term, and what to say of it; none without a letter or a figure."""
    part = next((one for one in PARTS if one == field), None)
    text = item["word"] if item["phrase"] is None else item["phrase"]
    if field and part is None:  # a colon as it stands in any text
        text = f"{field}:{text}"
    said = tuple(said_words(text))
    if not said:
        return None, ""
    starred = item["phrase"] is None and text.endswith("*")
    begins = starred and len(said[-1]) >= LEAST
    short = f"{text} is looked for as a whole word: a beginning has {LEAST} letters at least."
    return Term(said, begins, part, bool(item["minus"])), short if starred and not begins else ""


def condition(column: Column, value: str, without: bool = False) -> tuple[Condition | None, str]:
    """A condition on a column of the ledger from what was typed, or why it is none.

    Names are found by any piece of them, an id by its beginning, a status by its name; rounds are
    a number or a span (`3`, `3-5`).
    """
    text = value.strip()
    if not text:
        return None, "says nothing, so it is passed over."
    if column == "round":
        return _rounds(text, without)
    if column == "status":
        return _status(text, without)
    return Condition(column, "begins" if column == "id" else "has", (text,), without), ""


def _rounds(text: str, without: bool) -> tuple[Condition | None, str]:
    found = _ROUNDS.fullmatch(text)
    if found is None or not text.isascii():
        return None, "is passed over: expected a number or a span of rounds, such as 3 or 3-5."
    first, last = int(found[1]), int(found[2] or found[1])
    return Condition("round", "between", (min(first, last), max(first, last)), without), ""


def _status(text: str, without: bool) -> tuple[Condition | None, str]:
    name = text.lower()
    if name == ANY_FAILED:
        return Condition("status", "is", FAILED, without), ""
    if name not in STATUSES:
        return None, f"is passed over: expected one of {', '.join((*STATUSES, ANY_FAILED))}."
    return Condition("status", "is", (name,), without), ""
