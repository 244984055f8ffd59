"""/compare/templates: what the roles of two runs were asked with, and the sources word by word."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from evokd.runs.cache import FileCache
from evokd.runs.files import Unreadable
from evokd.runs.run import Run
from evokd.runs.templates import UsedTemplate, matched, read_templates
from evokd.runs.word_diff import WordDiff, word_diff
from evokd.viewer.compared import Compared, compared
from evokd.viewer.query import Query, address
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, Table
from evokd.viewer.views.compare_calls import PATH

_KEPT = FileCache(16)


@dataclass(frozen=True)
class TemplatePair:
    """The templates of one role in two runs."""

    number: int
    """Its place in the list, from 0."""
    a: UsedTemplate | None
    b: UsedTemplate | None
    calls: str
    """Address of the first calls of the role, one of each run."""

    @property
    def role(self) -> str:
        return next(one.role for one in (self.a, self.b) if one)

    @property
    def alone(self) -> UsedTemplate | None:
        """The one that only one run has."""
        return None if self.a and self.b else self.a or self.b

    @property
    def said(self) -> str:
        """How the two go together."""
        if self.a is None or self.b is None:
            return "only one has it"
        return "the same" if self.a.sha == self.b.sha else "not the same"

    @property
    def lacking(self) -> str:
        """Why there are no sources to compare; empty where there are."""
        if self.a is None or self.b is None:
            return "Only one of the two asked with such a template."
        if self.a.sha == self.b.sha and self.a.source is None:
            return "The hashes are equal, so the sources are; their text is not on file."
        gone = [letter for letter, one in (("A", self.a), ("B", self.b)) if one.source is None]
        if not gone:
            return ""
        whose = " and ".join(gone)
        return (
            f"A run keeps the hash of a template, not its source, and the pack here has none with"
            f" the hash of {whose}: it was changed since, or lies elsewhere. The messages of the"
            " calls are kept whole."
        )


def view(site: Site, query: Query) -> Response:
    """The page.

    Raises:
        NotThere: fewer than two runs.
    """
    found = compared(site, query)
    if len(found.runs) < 2:
        raise NotThere("The address names fewer than two runs.")
    left, right = found.two
    notes: list[str] = []
    pairs = [
        TemplatePair(number, a, b, _calls(found, (a or b or _none()).role))
        for number, (a, b) in enumerate(matched(_read(left, notes), _read(right, notes)))
    ]
    shown = query.number("which", _first_that_differs(pairs))
    chosen = pairs[shown] if shown < len(pairs) else None
    whole = query.get("whole") == "1"
    return answer(
        "compare_templates.html.j2",
        {
            "query": query,
            "found": found,
            "pairs": _table(found, pairs),
            "chosen": chosen,
            "diff": _diff(chosen, whole=whole) if chosen and not chosen.lacking else None,
            "whole": whole,
            "fold": query.to({"whole": None if whole else "1"}),
            "notes": list(dict.fromkeys(notes)),
        },
    )


def _none() -> UsedTemplate:
    return UsedTemplate("", "", None)


def _read(run: Run, notes: list[str]) -> list[UsedTemplate]:
    files = [run.path / "ledger.sqlite", run.path / "config.yaml"]
    try:
        return _KEPT.get(run.path, files, lambda: read_templates(run))
    except Unreadable as problem:
        notes.append(f"{run.name}: {problem}")
        return []


def _first_that_differs(pairs: list[TemplatePair]) -> int:
    differ = (one.number for one in pairs if one.a and one.b and one.a.sha != one.b.sha)
    return next(differ, 0)


def _calls(found: Compared, role: str) -> str:
    left, right = found.two
    among = [("among", run.name) for run in found.runs]
    return address(PATH, [("run", left.name), ("run", right.name), ("role", role), *among])


def _table(found: Compared, pairs: list[TemplatePair]) -> Table:
    first, second = found.letters
    columns = (
        Column("role", "role", sorts=False),
        Column("said", "templates", sorts=False),
        Column("a", first, sorts=False),
        Column("b", second, sorts=False),
        Column("", "messages", sorts=False),
    )
    more = (Column("a_sha", ""), Column("b_sha", ""))
    caption = "What the roles were asked with"
    return Table(caption, columns, pairs, len(pairs), value=_value, more=more)


def _value(one: TemplatePair, key: str) -> str | None:
    if key in ("role", "said"):
        return one.role if key == "role" else one.said
    used = one.a if key.startswith("a") else one.b
    if used is None:
        return None
    return used.sha if key.endswith("_sha") else used.name


def _diff(chosen: TemplatePair, *, whole: bool) -> WordDiff:
    assert chosen.a and chosen.b
    found = word_diff(chosen.a.source or "", chosen.b.source or "")
    return found if whole else found.folded()
