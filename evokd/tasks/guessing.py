"""Which columns of a file hold the text and the label, and what a user should know of both.

Pure: rows in, guesses and lines out. A guess is made where one column stands out; else there is
none, and `evokd init` asks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evokd.config.names import folded, whole
from evokd.tasks.formats.task_format import spelled
from evokd.tasks.text import normalise

MOST_LABELS = 200
NEARLY_ALL = 0.8
"""Share of the rows that have a text, and of the texts that differ, at least."""
LABEL_NAMES = frozenset(
    ("label", "labels", "class", "category", "target", "intent", "sentiment", "topic", "gold")
)
"""Names of columns, folded, that say what they are."""
NO_LABELS = frozenset(("-1", "-100", "?", "na", "n/a", "nan", "null", "none", "unlabelled"))
"""Values, folded, that often mean that there is no label."""
OTHER_KINDS: Mapping[str, tuple[str, str]] = {
    "pair": ("premise", "hypothesis"),
    "ner": ("tokens", "ner_tags"),
    "choice": ("question", "choices"),
}
"""Kind of task → columns that tell of it."""


@dataclass(frozen=True, slots=True)
class Column:
    """What the values of one column are like."""

    name: str
    rows: int
    """Of the file."""
    filled: int
    """Rows that have a value."""
    distinct: int
    length: float
    """Mean characters of a value."""
    texts: bool
    """Whether the values are texts: of several words, or of another script than Latin's."""
    numeric: bool


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """A column, or why there is none."""

    name: str | None
    why: str
    candidates: tuple[str, ...] = ()
    """Where there is none: those that could be it."""


def look_at(rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Every column of some rows that has plain values."""
    names = {name: None for row in rows for name in row}
    found = (_column(name, [row.get(name) for row in rows]) for name in names)
    return [column for column in found if column is not None]


def _column(name: str, values: Sequence[Any]) -> Column | None:
    if any(isinstance(value, list | dict) for value in values):
        return None
    said = [bare for value in values if (bare := label_name(value))]
    if not said:
        return None
    many = sum(" " in one or not one.isascii() for one in said)
    return Column(
        name=name,
        rows=len(values),
        filled=len(said),
        distinct=len(set(said)),
        length=sum(map(len, said)) / len(said),
        texts=many * 2 >= len(said),
        numeric=all(is_number(one) for one in said),
    )


def other_kind(names: Collection[str]) -> str | None:
    """The kind of task, other than classification, that these columns tell of."""
    return next((kind for kind, own in OTHER_KINDS.items() if set(own) <= set(names)), None)


def guess_text(columns: Sequence[Column]) -> ColumnGuess:
    """The column of the longest values, nearly all of which differ."""
    fitting = [
        one
        for one in columns
        if not one.numeric
        and one.texts
        and one.distinct >= NEARLY_ALL * one.filled
        and one.filled >= NEARLY_ALL * one.rows
    ]
    if not fitting:
        rest = tuple(one.name for one in columns if not one.numeric)
        return ColumnGuess(None, "no column of texts that nearly all differ", rest)
    best = max(fitting, key=lambda one: one.length)
    why = f"longest texts ({best.length:,.0f} characters on average), {best.distinct:,} of"
    return ColumnGuess(best.name, f"{why} {best.filled:,} differ")


def guess_label(columns: Sequence[Column], text: str) -> ColumnGuess:
    """The column of a few values that come again and again; of several, the one so named."""
    fitting = [one for one in columns if one.name != text and label_fault(one) is None]
    named = [one for one in fitting if folded(one.name) in LABEL_NAMES]
    best = fitting[0] if len(fitting) == 1 else named[0] if len(named) == 1 else None
    if best is not None:
        why = f"{best.distinct} values in {best.filled:,} rows"
        return ColumnGuess(best.name, why)
    names = tuple(one.name for one in fitting)
    if names:
        return ColumnGuess(None, "several columns have a few values that come again", names)
    rest = tuple(one.name for one in columns if one.name != text)
    return ColumnGuess(None, "no column has a few values that come again", rest)


def label_fault(column: Column) -> str | None:
    """Why a column can't be the label; None where it can."""
    if column.distinct < 2:
        return "has one value only, and a class needs another to differ from"
    if column.distinct * 2 > column.filled:
        score = " (a score, it seems)" if column.numeric else ""
        return (
            f"has {column.distinct:,} different values in {column.filled:,} rows: that is no"
            f" label{score}"
        )
    if column.distinct > MOST_LABELS:
        return f"has {column.distinct:,} different values: more than {MOST_LABELS} is no label"
    return None


def label_name(value: Any) -> str:
    """The name of the label that a value of the data stands for; empty where it is none."""
    return whole(spelled(value) or "")


def count_labels(values: Iterable[Any]) -> dict[str, int]:
    """Label → rows, numbers in their order and words in theirs; rows without one are not in it."""
    counts = Counter(filter(None, map(label_name, values)))
    return {name: counts[name] for name in sorted(counts, key=_order)}


def _order(name: str) -> tuple[bool, float, str]:
    return (False, float(name), name) if is_number(name) else (True, 0.0, name)


def is_number(name: str) -> bool:
    """Whether a label's name is a number, and says nothing."""
    try:
        return float(name) == float(name)
    except ValueError:
        return False


def label_notes(counts: Mapping[str, int], rows: int) -> list[str]:
    """What a user should know of the labels, a line each."""
    notes = []
    missing = rows - sum(counts.values())
    if missing:
        notes.append(f"{missing} of {rows} rows have no label: left out (no_label: [null])")
    if all(map(is_number, counts)):
        notes.append(
            "the labels are numbers, learnt as classes without an order; agents work by names:"
            f" --rename {next(iter(counts))}=NAME"
        )
    notes += [
        f"{name!r} is taken as a label; if it means that there is none, put it into no_label"
        for name in counts
        if folded(name) in NO_LABELS
    ]
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in counts:
        alike[folded(name)].append(name)
    notes += [
        f"{' and '.join(map(repr, names))} are taken as {len(names)} labels; to make them one:"
        f" --rename {names[0]}={names[-1]}"
        for names in alike.values()
        if len(names) > 1
    ]
    return notes


def text_notes(texts: Sequence[str], labels: Sequence[str]) -> list[str]:
    """What a user should know of the texts, a line each."""
    first: dict[str, str] = {}
    repeated = other = 0
    for text, label in zip(texts, labels, strict=True):
        bare = normalise(text)
        repeated += bare in first
        other += first.setdefault(bare, label) != label
    notes = []
    if repeated:
        contrary = f", {other} of them with another label" if other else ""
        notes.append(
            f"{repeated} rows repeat the text of an earlier one{contrary}: no two of them are"
            " drawn as shots, or stand on both sides of the split"
        )
    letters = [char for text in texts for char in text if char.isalpha()]
    if sum(not char.isascii() for char in letters) > 0.05 * len(letters):
        notes.append(
            "the texts look not to be English: set task.language, and a student that knows it"
            " (student.model; the default one was trained on English)"
        )
    return notes


def header_fault(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Why the first line of a CSV file is no header, or is one of another format; else None."""
    if len(columns) == 1 and (found := [mark for mark in ";\t|," if mark in columns[0]]):
        return (
            f"has one column, {columns[0]!r}: is the file separated by {found[0]!r}? .csv is read"
            " with commas, .tsv with tabs"
        )
    for name in columns:
        values = Counter(label_name(row.get(name)) for row in rows)
        if len(name.split()) > 5 or (label_name(name) in values and len(values) * 2 <= len(rows)):
            return f"its first line looks like a row ({name[:60]!r}); add a line of column names"
    return None
