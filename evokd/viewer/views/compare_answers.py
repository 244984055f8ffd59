"""/compare/answers: the test rows of two runs, and who got which right.

For reading alone. Test rows steer nothing: no prompt, no stopping rule, no choice of a setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.responses import Response

from evokd.runs.cache import FileCache
from evokd.runs.comparison import LETTERS
from evokd.runs.files import Unreadable
from evokd.runs.formatting import count
from evokd.runs.paired import (
    FILE,
    STUDY_FILE,
    WHO,
    Paired,
    PairedRow,
    Tally,
    Who,
    other_rows,
    pair,
    read_predictions,
    shared_students,
)
from evokd.runs.run import Run
from evokd.runs.test_texts import data_file, texts_of
from evokd.tasks.predictions import FINAL, TestPredictions
from evokd.viewer.compared import Compared, compared
from evokd.viewer.query import Query
from evokd.viewer.site import NotThere, Site, answer
from evokd.viewer.table import Column, Table, sorted_page

LABELS = (
    Column("label", "right answer", sorts=False),
    Column("rows", "rows", number=True, sorts=False),
    Column("a", "", number=True, sorts=False),
    Column("b", "", number=True, sorts=False),
    Column("only_a", "", number=True, sorts=False),
    Column("only_b", "", number=True, sorts=False),
)
ALL_PAIRS = (
    Column("name", "pair", sorts=False),
    Column("only_first", "only the first right", number=True, sorts=False),
    Column("only_second", "only the second right", number=True, sorts=False),
    Column("difference", "difference of accuracy", number=True, sorts=False),
    Column("interval", "95 % interval", number=True, sorts=False),
    Column("p", "p (McNemar)", number=True, sorts=False),
)
MOST_LABELS = 60
_KEPT, _TEXTS, _PAIRS = FileCache(16), FileCache(2), FileCache(32)


@dataclass(frozen=True)
class PairLine:
    """Two runs in the table of all pairs."""

    name: str
    """`A and C`."""
    address: str
    found: Paired | None
    why: str
    """Why there is none."""


def view(site: Site, query: Query) -> Response:
    """The page.

    Raises:
        NotThere: fewer than two runs.
    """
    found = compared(site, query)
    if len(found.runs) < 2:
        raise NotThere("The address names fewer than two runs.")
    left, right = found.two
    known = {run.path: _predictions(site, run) for run in found.runs}
    students = _students(known[left.path], known[right.path])
    student = query.one_of("student", students, students[0] if students else FINAL)
    paired, why = _pair(known, left, right, student)
    values: dict[str, Any] = {
        "query": query,
        "found": found,
        "students": students,
        "student": student,
        "paired": paired,
        "why": why,
        "all_pairs": _all_pairs(found, known, student) if len(found.runs) > 2 else None,
        "letters": found.letters,
    }
    if paired:
        values |= _rows(found, paired, left, query)
    return answer("compare_answers.html.j2", values)


Predictions = TestPredictions | str
"""Or why there are none."""


def _predictions(site: Site, run: Run) -> Predictions:
    study = _study(site, run)
    files = [run.path / FILE, *([study / STUDY_FILE] if study else [])]

    def read() -> Predictions:
        try:
            return read_predictions(run, study)
        except Unreadable as problem:
            return str(problem)

    return _KEPT.get(run.path, files, read)


def _study(site: Site, run: Run) -> Path | None:
    """The study that a run is a cell of: its folder lies in `runs/` of the study's."""
    folder = run.path.parent.parent
    return folder if folder in site.run_index.look().studies.values() else None


def _students(a: Predictions, b: Predictions) -> list[str]:
    if isinstance(a, str) or isinstance(b, str):
        return []
    return shared_students(a, b)


def _pair(
    known: dict[Path, Predictions], left: Run, right: Run, student: str
) -> tuple[Paired | None, str]:
    """The answers side by side, or why there are none."""
    a, b = known[left.path], known[right.path]
    if isinstance(a, str) or isinstance(b, str):
        lines = [f"{run.name}: {known[run.path]}." for run in (left, right)
                 if isinstance(known[run.path], str)]  # fmt: skip
        return None, " ".join(dict.fromkeys(lines))
    if student not in a.predicted or student not in b.predicted:
        return None, f"No student “{student}” answered in both runs."
    if (why := other_rows(left, right)) is not None:
        return None, why
    files = [run.path / name for run in (left, right) for name in (FILE, f"../../{STUDY_FILE}")]
    key = (left.path, right.path, student)
    paired = _PAIRS.get(key, files, lambda: pair(a, b, student, student))
    return (paired, "") if paired.rows else (None, "The two runs share no test row.")


def _all_pairs(found: Compared, known: dict[Path, Predictions], student: str) -> Table:
    lines = []
    for two in found.pairs:
        left, right = (found.runs[LETTERS.index(letter)] for letter in two)
        paired, why = _pair(known, left, right, student)
        way = found.query.to({"pair": two, "page": None, "label": None})
        lines.append(PairLine(f"{two[0]} and {two[1]}", way, paired, why))
    caption = (
        f"All pairs of the {len(found.runs)} runs; each p stands alone: none is corrected for"
        f" {len(lines)} pairs"
    )
    return Table(caption, ALL_PAIRS, lines, len(lines), value=_pair_value)


def _pair_value(line: PairLine, key: str) -> Any:
    if key in ("name", "why"):
        return line.name if key == "name" else line.why
    if line.found is None:
        return None
    bounds = line.found.bounds
    known = {
        "only_first": line.found.tally.a,
        "only_second": line.found.tally.b,
        "difference": line.found.difference,
        "interval": bounds and [bounds.low, bounds.high],
        "p": line.found.p,
    }
    return known[key]


def _rows(found: Compared, paired: Paired, run: Run, query: Query) -> dict[str, Any]:
    tally = paired.tally
    who: Who = next(one for one in WHO if one == query.one_of("who", WHO, "a"))
    labels = paired.by_label()
    label = query.one_of("label", [name for name, _ in labels], "")
    kept = [row for row in paired.rows if row.who == who and label in ("", row.label)]
    texts, lacking = _texts(run, paired.rows)
    return {
        "counts": _counts(found, tally),
        "tally": tally,
        "who": who,
        "ways": [(one, query.to({"who": one, "page": None}) + "#rows", tally.count(one))
                 for one in WHO],
        "label": label,
        "labels": [name for name, _ in labels],
        "by_label": _by_label(found, labels),
        "more_labels": max(0, len(labels) - MOST_LABELS),
        "texts": texts,
        "lacking": lacking,
        "table": _table(found, kept, query, WORDS[who].format(*found.letters), texts),
    }  # fmt: skip


WORDS = {
    "a": "Rows that only {0} got right",
    "b": "Rows that only {1} got right",
    "both": "Rows that both got right",
    "neither": "Rows that neither got right",
}


def _by_label(found: Compared, labels: Sequence[tuple[str, Tally]]) -> Table:
    first, second = found.letters
    heads = (f"{first} right", f"{second} right", f"only {first}", f"only {second}")
    named = [Column(one.key, head, number=True, sorts=False)
             for one, head in zip(LABELS[2:], heads, strict=True)]  # fmt: skip
    shown = labels[:MOST_LABELS]
    columns = (*LABELS[:2], *named)
    return Table(
        "By right answer", columns, shown, len(labels), value=_tallied, every=lambda: labels
    )


def _tallied(line: tuple[str, Tally], key: str) -> str | int:
    label, one = line
    if key == "label":
        return label
    names = {"a": "right_a", "b": "right_b", "only_a": "a", "only_b": "b"}
    return int(getattr(one, names.get(key, key)))


def _counts(found: Compared, tally: Tally) -> Table:
    """Two by two, with sums."""
    first, second = found.letters
    columns = (
        Column("name", "whose answers", sorts=False),
        Column("right", f"{second} right", number=True, sorts=False),
        Column("wrong", f"{second} wrong", number=True, sorts=False),
        Column("all", "all", number=True, sorts=False),
    )
    rows = [
        (f"{first} right", tally.both, tally.a, tally.right_a),
        (f"{first} wrong", tally.b, tally.neither, tally.rows - tally.right_a),
        ("all", tally.right_b, tally.rows - tally.right_b, tally.rows),
    ]
    named = [dict(zip((column.key for column in columns), row, strict=True)) for row in rows]
    return Table(f"{count(tally.rows)} test rows", columns, named, len(named))


def _table(
    found: Compared,
    rows: Sequence[PairedRow],
    query: Query,
    caption: str,
    texts: Mapping[str, str],
) -> Table:
    first, second = found.letters
    columns = (
        Column("row", "row"),
        Column("text", "text", sorts=False),
        Column("label", "right answer"),
        Column("a", f"{first} said"),
        Column("b", f"{second} said"),
    )

    def value(row: PairedRow, key: str) -> str:
        return texts.get(row.row, "") if key == "text" else str(getattr(row, key))

    return replace(
        sorted_page(caption, columns, rows, query, default="", value=_value), value=value
    )


def _value(row: PairedRow, key: str) -> Any:
    """Rows by their numbers: `test-9` before `test-10`."""
    if key != "row":
        return getattr(row, key)
    name, _, number = row.row.rpartition("-")
    return (name, int(number) if number.isascii() and number.isdigit() else 0, row.row)


def _texts(run: Run, rows: Sequence[PairedRow]) -> tuple[dict[str, str], str]:
    """The texts of the test rows, or why there are none."""
    gold = {row.row: row.label for row in rows}
    data = data_file(run)
    files = [run.path / "run.json", run.path / "config.yaml", *([data] if data else [])]
    return _TEXTS.get((run.path, tuple(gold)), files, lambda: texts_of(run, gold))
