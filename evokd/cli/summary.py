"""The end of a run on one screen: what it brought, what it cost, why it stopped."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evokd.cli.books import read_books
from evokd.cli.screen import cell, count, ratio, shortened, show, table
from evokd.cli.tokens import books_table
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.continual import Forgetting, forgetting

MANY = 12
"""Rounds shown in full; of more, the first few and the last."""
REASONS = 6


def show_summary(out: Path, status: str, reason: str) -> None:
    """Print the tables of a run that has ended, or been interrupted."""
    run = RunDir(out)
    metrics = read_lines(run.metrics)
    if metrics:
        show()
        show(scores_table(metrics))
        show()
        show(rounds_table(metrics))
        lost = forgetting(run.config().task, metrics)
        if lost:
            show()
            show(forgetting_table(lost))
    books = read_books(run, "edge")
    spending = [row for row in books["rows"] if row["calls"]]
    if spending:
        show()
        show(books_table(spending, books["billed"]))
    reasons = rejections(run.path)
    if reasons:
        show()
        show(reasons_table(reasons))
    show()
    show(f"{status}: {shortened(reason, 300)}")
    if run.student.is_dir():
        show(f"student: {run.student}")
        show(f'try it:  evokd predict {shlex.quote(str(out))} --text "…"')


def scores_table(metrics: Sequence[dict[str, Any]]) -> Any:
    """Before (the seed shots alone) and after (all rounds), per split."""
    made = table("score", ">before", ">after", ">change")
    first, last = metrics[0], metrics[-1]
    for split in ("dev", "test"):
        if not first.get(split) or not last.get(split):
            continue
        heads = [key for key in last[split] if "." in key or key == "all_right"]
        for key in ("macro_f1", "accuracy", *sorted(heads)):
            old, new = first[split][key], last[split][key]
            name = key.replace("macro_f1", "macro-F1").replace("_", " ").replace(".", " ")
            made.add_row(cell(f"{split} {name}"), ratio(old), ratio(new), f"{new - old:+.3f}")
    return made


def forgetting_table(lost: Sequence[Forgetting]) -> Any:
    """Classes that were known before others came in: their scores just before, and at the end."""
    made = table("classes", ">others in round", "score", ">before", ">at the end", ">forgotten")
    for one in lost:
        for key, name in (("accuracy", "accuracy"), ("macro_f1", "macro-F1")):
            made.add_row(
                cell(one.group),
                str(one.introduced),
                name,
                ratio(one.before[key]),
                ratio(one.after[key]),
                f"{one.lost(key):+.3f}",
            )
    return made


def rounds_table(metrics: Sequence[dict[str, Any]]) -> Any:
    """Rows and errors by round: how hard the batches were before the student trained on them."""
    heads = (">round", ">accepted", ">rejected", ">hard err.", ">easy err.", ">test F1", ">tokens")
    made = table(*heads)
    left_out = len(metrics) > MANY
    shown = [*metrics[:3], *metrics[-(MANY - 4) :]] if left_out else metrics
    for position, line in enumerate(shown):
        if left_out and position == 3:
            made.add_row(*["…"] * len(heads))
        made.add_row(
            str(line["round"]),
            count(line["accepted"]),
            count(line["rejected"]),
            ratio(line["hard_error"]),
            ratio(line["easy_error"]),
            ratio(line["test"]["macro_f1"]),
            count(line["billed_tokens"]),
        )
    return made


def rejections(folder: Path) -> Counter[str]:
    """Rejected rows by reason. A critic that is a model words each anew: its actions count."""
    found: Counter[str] = Counter()
    for file in sorted(folder.glob("rounds/*/rejected.jsonl")):
        for row in read_lines(file):
            found[reason_of(row["action"], row["reason"], row["call"])] += 1
    return found


def reason_of(action: str, reason: str, call: str | None) -> str:
    """The reason as it is counted."""
    if call is None:
        return reason
    return "sent back by the critic" if action == "retry" else "rejected by the critic"


def reasons_table(reasons: Counter[str]) -> Any:
    """The most frequent reasons, then the rest as one."""
    made = table(">rows", "rejected because")
    for reason, rows in reasons.most_common(REASONS):
        made.add_row(count(rows), cell(shortened(reason, 120)))
    rest = reasons.total() - sum(rows for _, rows in reasons.most_common(REASONS))
    if rest:
        made.add_row(count(rest), "other reasons")
    return made
