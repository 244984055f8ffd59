"""/compare/calls: what two calls were asked and what they answered, word by word.

`run=` and `call=` stand there twice, in order; one `run` is that of both. Where the second call is
left out, its counterpart is taken: the one before it of its role, or its place in the other run.
`role=` instead of any call takes the first of a role. `among=` are the runs of the comparison that
one came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from starlette.responses import Response

from evokd.runs.calls import Call, read_call
from evokd.runs.counterparts import Beside, Counterpart, around, in_other_run
from evokd.runs.files import Unreadable
from evokd.runs.run import Run
from evokd.runs.word_diff import WordDiff, word_diff
from evokd.viewer.query import Query, address
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, Table

PATH = "/compare/calls"
MOST_MESSAGES = 200
"""Of a prompt whose messages are aligned; longer ones go by place."""
FACTS = (
    ("round", "round"),
    ("edge", "edge"),
    ("status", "status"),
    ("model", "model"),
    ("prompt_tokens", "prompt tokens"),
    ("completion_tokens", "completion tokens"),
    ("template", "template"),
    ("template_sha", "hash of the template"),
    ("prompt_sha", "hash of the prompt"),
)


@dataclass(frozen=True)
class CallSide:
    """One of the two calls."""

    run: Run
    call: Call
    why: str
    """Why it is this one; empty for one that the address names."""
    beside: Beside

    @property
    def id(self) -> str:
        return str(self.call.book.get("id"))

    @property
    def facts(self) -> dict[str, str]:
        """What is known of it, in words."""
        book = self.call.book
        edge = f"{book.get('source', '–')} → {book.get('target', '–')}"
        return {key: edge if key == "edge" else str(book.get(key, "–")) for key, _ in FACTS}


@dataclass(frozen=True)
class ComparedMessage:
    """A message of both calls."""

    role: str
    """`user`; `system, then user` where they differ."""
    found: WordDiff
    alone: str
    """Which call alone has it; empty where both do."""


def view(site: Site, query: Query) -> Response:
    """The page; without two calls a form to name them.

    Raises:
        NotThere: a run or a call that there is not.
    """
    runs = [site.run(name) for name in query.all("run")[:2]]
    if not runs:
        raise NotThere("The address names no run.")
    left, right = runs[0], runs[-1]
    notes: list[str] = []
    first = _first(left, query, notes)
    second = _second(left, right, first, query, notes) if first else None
    among = query.all("among")[:8]
    values: dict[str, Any] = {
        "query": query,
        "left": left,
        "right": right,
        "names": site.named(),
        "first": first,
        "second": second,
        "role": str(first.call.book.get("agent") or "") if first else query.get("role"),
        "others": _others(site, among, left, first) if first else [],
        "typed": (*query.all("call"), "", "")[:2],
    }
    if first and second:
        notes += [*first.call.notes, *second.call.notes]
        whole = query.get("whole") == "1"
        values |= {
            "facts": _facts(first, second),
            "messages": _messages(first.call, second.call, whole=whole),
            "reply": _shown(first.call.reply or "", second.call.reply or "", whole=whole),
            "whole": whole,
            "pages": [
                address("/call", [("run", side.run.name), ("call", side.id),
                                  *(("among", name) for name in among)])
                for side in (first, second)
            ],
            "fold": query.to({"whole": None if whole else "1"}),
            "steps": _steps(query, first, second),
        }  # fmt: skip
    return answer("compare_calls.html.j2", values | {"notes": list(dict.fromkeys(notes))})


def _first(run: Run, query: Query, notes: list[str]) -> CallSide | None:
    named = query.all("call")
    if named:
        return _side(run, named[0], "", notes)
    if not query.get("role"):
        return None
    return _counterpart(run, _sought(query), notes)


def _sought(query: Query) -> dict[str, Any]:
    """A role, and a round if there is one, in place of a call."""
    book: dict[str, Any] = {"agent": query.get("role")}
    return book | ({"round": query.number("round", 0)} if query.get("round") else {})


def _second(
    left: Run, right: Run, first: CallSide, query: Query, notes: list[str]
) -> CallSide | None:
    named = query.all("call")
    if len(named) > 1:
        return _side(right, named[1], "", notes)
    if left.path != right.path:
        return _counterpart(right, first.call.book, notes)
    before = first.beside.before
    return _side(right, before, "the one before it of its role", notes) if before else None


def _counterpart(run: Run, book: dict[str, Any], notes: list[str]) -> CallSide | None:
    found: Counterpart | None = None
    try:
        found = in_other_run(run, book)
    except Unreadable as problem:
        notes.append(f"{run.name}: {problem}")
    return _side(run, found.call, found.why, notes) if found else None


def _side(run: Run, name: str, why: str, notes: list[str]) -> CallSide:
    call = read_call(run, name)
    if call is None:
        raise NotThere(f"There is no call “{name}” in “{run.name}”.")
    try:
        beside = around(run, call.book)
    except Unreadable as problem:
        notes.append(f"{run.name}: {problem}")
        beside = Beside(None, None)
    return CallSide(run, call, why, beside)


def to_calls(left: tuple[str, str], right: tuple[str, str | None], among: Sequence[str]) -> str:
    """Address of two calls; each by run and call, the second by its run alone."""
    calls = [("call", name) for name in (left[1], right[1]) if name]
    runs = [("run", left[0]), ("run", right[0])]
    return address(PATH, [*runs, *calls, *(("among", name) for name in among)])


def against(site: Site, run: Run, call: Call, among: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What the page of a call offers to hold it against: in words, and the address.

    Which call of another run that is, is looked up when somebody follows the link.
    """
    name, role = str(call.book.get("id")), call.book.get("agent")
    if not role:
        return []
    ways = []
    if call.book.get("seq"):
        ways.append((f"the {role} before", to_calls((run.name, name), (run.name, None), among)))
    ways += [
        (f"the same in {site.shown(other)}", to_calls((run.name, name), (other, None), among))
        for other in dict.fromkeys(among)
        if other != run.name
    ]
    return [
        *ways,
        ("any other call", to_calls((run.name, name), (run.name, None), among) + "#other"),
    ]


def _others(
    site: Site, among: Sequence[str], left: Run, first: CallSide
) -> list[tuple[str, str, str]]:
    """The other runs of the comparison: name, name for people, address of the counterpart."""
    return [
        (name, site.shown(name), to_calls((left.name, first.id), (name, None), among))
        for name in dict.fromkeys(among)
        if name != left.name
    ]


def _steps(query: Query, first: CallSide, second: CallSide) -> list[tuple[str, str]]:
    """One call of the role on or back, on either side."""
    among = query.all("among")
    here = (first.run.name, first.id), (second.run.name, second.id)
    ways = []
    for letter, side in (("A", first), ("B", second)):
        for words, call in (("previous", side.beside.before), ("next", side.beside.after)):
            if call:
                moved = (side.run.name, call)
                left, right = (moved, here[1]) if letter == "A" else (here[0], moved)
                ways.append((f"{letter}: {words} of its role", to_calls(left, right, among)))
    return ways


def _facts(first: CallSide, second: CallSide) -> Table:
    """Name, both values, whether they differ."""
    a, b = first.facts, second.facts
    rows = [
        {"name": name, "differs": a[key] != b[key], "a": a[key], "b": b[key]} for key, name in FACTS
    ]
    columns = tuple(Column(key, key, sorts=False) for key in rows[0])
    return Table("The calls side by side", columns, rows, len(rows))


def _messages(first: Call, second: Call, *, whole: bool) -> list[ComparedMessage]:
    made = []
    for one, other in _aligned(first.messages, second.messages):
        roles = dict.fromkeys(said[0] for said in (one, other) if said)
        alone = "" if one and other else "A" if one else "B"
        found = _shown(one[1] if one else "", other[1] if other else "", whole=whole)
        made.append(ComparedMessage(", then ".join(roles), found, alone))
    return made


Said = tuple[str, str]
"""Role and text."""


def _aligned(a: Sequence[Said], b: Sequence[Said]) -> Iterator[tuple[Said | None, Said | None]]:
    """Messages in pairs: equal ones first, so that one example more moves no other one."""
    if max(len(a), len(b)) > MOST_MESSAGES:
        yield from zip_longest(a, b)
        return
    for _, i, i_end, j, j_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        yield from zip_longest(a[i:i_end], b[j:j_end])


def _shown(old: str, new: str, *, whole: bool) -> WordDiff:
    found = word_diff(old, new)
    return found if whole else found.folded()
