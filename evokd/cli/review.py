"""`evokd review`: rows one after another, a verdict with one key, each on file at once."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.keys import ENDS, Press, keys
from evokd.cli.screen import cell, dumps, field, harmless, remark, shortened, show, table
from evokd.config import ConfigError
from evokd.config.nearest import did_you_mean
from evokd.runs.formatting import ratio, several
from evokd.runs.review import Review, read_review
from evokd.store.verdicts import DecidedAction

HELP = "a accept  r reject  {labels}s skip  b back  q quit"
DIGITS = 9
"""Labels that have a key of their own."""


def show_review(directory: Path, listing: bool, output: Literal["table", "json"]) -> None:
    """Ask about the rows, or list them.

    Raises:
        ConfigError: no run that waits, or a file that was edited wrongly.
    """
    review = read_review(directory)
    if output == "json":
        typer.echo(dumps(as_json(review), indent=2))
    elif listing:
        show(rows_table(review))
        _rest(review)
    else:
        if sys.stdin.isatty():
            show(_help(review))
        with keys() as press:
            ask(review, press)
        _rest(read_review(directory))


def as_json(review: Review) -> dict[str, Any]:
    """The rows with their verdicts."""
    rows = [{**row, "verdict": _verdict_json(review, row["row"])} for row in review.rows]
    return {
        "directory": str(review.directory),
        "round": review.round,
        "labels": list(review.labels),
        "open": review.open,
        "file": str(review.file),
        "rows": rows,
    }


def ask(review: Review, press: Press) -> None:
    """Rows in their order, from the first open one on, until all are decided or the person ends.

    A row that is gone back to is asked again; a skipped one stays open.
    """
    directory, at = review.directory, _first_open(review, 0)
    while at < len(review.rows):
        row = review.rows[at]
        _show_row(review, row, at)
        moved = _answer(review, row, press)
        if moved is None:
            return
        review = read_review(directory)
        at = max(0, at - 1) if moved < 0 else _first_open(review, at + 1)


def _answer(review: Review, row: Mapping[str, Any], press: Press) -> int | None:
    """Take one verdict; 1: to the next row, -1: back, None: the end."""
    while True:
        said = press()
        if said in ("", "q", *ENDS):
            return None
        if said in ("s", "b"):
            return 1 if said == "s" else -1
        try:
            action, label = _meant(review, row, said, press)
            done = review.decide(row["row"], action, label)
        except ConfigError as problem:
            remark(f"{problem}; {_help(review)}")
            continue
        as_label = "" if done.label is None else f" as {review.words(done.label)}"
        show(f"  → {done.action}{as_label}")
        return 1


def _meant(
    review: Review, row: Mapping[str, Any], said: str, press: Press
) -> tuple[DecidedAction, str | None]:
    """What a key or a line asks for."""
    known: dict[str, DecidedAction] = {"a": "accept", "accept": "accept", "r": "reject"}
    known |= {"reject": "reject", "u": "open", "open": "open"}
    if said in known:
        return known[said], None
    names = review.choices(row)
    if said == "l" and sys.stdin.isatty():
        said = typer.prompt("label (number or first letters)", default="", show_default=False)
    return "relabel", label_of(said.strip(), names)


def label_of(said: str, names: Sequence[str]) -> str:
    """A label by its number from 1, its name, or letters that it alone begins with.

    Raises:
        ConfigError: none, or several.
    """
    if not names:
        raise ConfigError("answers of this task are no single names: accept or reject the row")
    if said.isascii() and said.isdigit() and 1 <= int(said) <= len(names):
        return names[int(said) - 1]
    if said in names:
        return said
    same = [name for name in names if name.casefold() == said.casefold()]
    fits = same or [name for name in names if said and name.casefold().startswith(said.casefold())]
    if len(fits) == 1:
        return fits[0]
    which = (
        f"{', '.join(fits)} begin so"
        if fits
        else f"no such key or label{did_you_mean(said, names)}"
    )
    raise ConfigError(f"{harmless(said)!r}: {which}")


def _show_row(review: Review, row: Mapping[str, Any], at: int) -> None:
    show()
    show(cell(f"{row['row']}  ({at + 1} of {len(review.rows)})", "bold"))
    field("text", str(row["text"]), lines=True)
    rejected = " (rejected; accepting takes it back in)" if row.get("rejected") else ""
    field("label", review.words(row["label"]) + rejected)
    for vote in row["votes"]:
        sure = "" if vote["probability"] is None else f" {ratio(vote['probability'])}"
        said = "no label" if vote["label"] is None else review.words(vote["label"])
        why = f": {shortened(vote['reason'], 300)}" if vote["reason"] else ""
        field("vote", f"labeler {vote['voter'] + 1}: {said}{sure}{why}")
    critic, student = row.get("critic"), row.get("student")
    if critic:
        named = f" as {review.words(critic['label'])}" if critic["label"] else ""
        field("critic", f"{critic['action']}{named}: {shortened(critic['reason'], 300)}")
    if student:
        field("student", f"{review.words(student['label'])} {ratio(student['confidence'])}")
    decided = _said(review, row["row"])
    if decided:
        field("so far", decided)


def rows_table(review: Review) -> Any:
    """A line a row."""
    made = table("row", "label", "verdict", "text")
    for row in review.rows:
        label = shortened(review.words(row["label"]), 20)
        verdict = _said(review, row["row"]) or "open"
        text = shortened(row["text"], 90)
        made.add_row(cell(row["row"]), cell(label), cell(verdict), cell(text))
    return made


def _said(review: Review, row: str) -> str:
    """The verdict on a row in words; empty while there is none."""
    decision = review.decisions.get(row)
    if decision is None:
        return ""
    label = decision.label
    return decision.action if label is None else f"{decision.action} as {review.words(label)}"


def _verdict_json(review: Review, row: str) -> dict[str, Any] | None:
    decision = review.decisions.get(row)
    if decision is None:
        return None
    return {"action": decision.action, "label": decision.label, "at": decision.at}


def _help(review: Review) -> str:
    names = [
        f"{number} {shortened(name, 20)}" for number, name in enumerate(review.labels[:DIGITS], 1)
    ]
    more = ["l another label"] if names else []
    return HELP.format(labels="".join(f"{one}  " for one in [*names, *more]))


def _first_open(review: Review, start: int) -> int:
    """Place of the first row without a verdict from `start` on; behind all where there is none."""
    places = (at for at, row in enumerate(review.rows) if row["row"] not in review.decisions)
    return next((at for at in places if at >= start), len(review.rows))


def _rest(review: Review) -> None:
    path = shlex.quote(str(review.directory))
    show()
    if review.open:
        rows = several(len(review.open), "row")
        show(f"{rows} of {len(review.rows)} still open: evokd review {path}")
    else:
        show(f"All {several(len(review.rows), 'row')} decided. Go on with: evokd resume {path}")
