"""The end of a run on one screen: what it brought, what it cost, why it stopped."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evokd.cli.lines import ending
from evokd.cli.screen import ALARM, cell, shortened, show, table
from evokd.cli.tokens import books_table
from evokd.runs.calibration import read_calibration
from evokd.runs.files import Unreadable
from evokd.runs.formatting import count, ratio
from evokd.runs.hardness import Hardness, read_hardness
from evokd.runs.person import JudgesAgree, read_agreements
from evokd.runs.pricing import teachers_of
from evokd.runs.representation import read_representation
from evokd.runs.rounds import RoundSummary, read_rounds
from evokd.runs.run import Run, mapping, number, read_run
from evokd.runs.scores import all_names, metric_name
from evokd.runs.silence import read_silence
from evokd.runs.totals import read_totals
from evokd.runs.unclean import UncleanTexts, read_unclean
from evokd.runs.usable import RoleReplies, complaints, read_usable
from evokd.store.run_dir import RunDir
from evokd.tasks.continual import Forgetting, forgetting

MANY = 12
"""Rounds shown in full; of more, the first few and the last."""
REASONS = 6
BILL = ("calls", "prompt_tokens", "completion_tokens", "usd")
"""Sums of the books that a run ends with; freight is for `evokd tokens`, which explains it."""


def show_summary(out: Path, status: str, reason: str) -> None:
    """Print the tables of a run that has ended, or been interrupted."""
    run = read_run(out)
    rounds, _ = read_rounds(run)
    scored = [one for one in rounds if one.closed]
    if scored:
        show()
        show(scores_table(scored, run.score_names))
        show()
        show(rounds_table(scored, run.score_names[0]))
        lost = forgetting(RunDir(out).config().task, run.metrics)
        if lost:
            show()
            show(forgetting_table(lost))
        if mapping(run.metrics[-1].get("slice")):
            show()
            show(slice_table(run.metrics[0], run.metrics[-1]))
    books = read_totals(run, "edge")
    spending = [row for row in books["rows"] if row["calls"]]
    if spending:
        show()
        show(books_table(spending, books["billed"], teachers_of(run.config), sums=BILL))
    reasons = sum((one.reasons for one in rounds), Counter[str]())
    if reasons:
        show()
        show(reasons_table(reasons))
    replies = _replies(run)
    if replies:
        show()
        show(replies_table(replies))
    _show_texts(run)
    sure = read_calibration(run)
    if sure is not None:
        show()
        show(sure.line)
    stands = read_representation(run)
    if stands:
        show()
        show(stands[-1].line)
    show()
    _show_verdict(run, replies, status, reason)
    student = RunDir(out).student
    if student.is_dir():
        show(f"student: {student}")
        show(f'try it:  evokd predict {shlex.quote(str(out))} --text "…"')


def _show_verdict(run: Run, replies: Sequence[RoleReplies], status: str, reason: str) -> None:
    """How it ended, and what of it was no use; what failed as a whole in red."""
    silence, failed = _silence(run), status == "failed"
    for role, text in complaints(replies, run.config).items():
        if role not in silence:
            show(f"warning: {text}")
    for text in [] if failed else silence.values():
        show(f"FAILED: {text}", ALARM)
    show(ending(status, reason), ALARM if failed else "")


def _show_texts(run: Run) -> None:
    """What became of the texts: unclean ones by writer, and how hard the hard ones were."""
    unclean, hardness = read_unclean(run), read_hardness(run)
    if unclean:
        show()
        show(unclean_table(unclean))
    judges = read_agreements(run)
    if judges:
        show()
        show(agreement_table(judges))
    lines = hardness_lines(hardness) if hardness is not None else []
    if lines:
        show()
        for line in lines:
            show(line)


def _replies(run: Run) -> list[RoleReplies]:
    """By role; none where no teacher was asked."""
    try:
        return read_usable(run)
    except Unreadable:
        return []


def _silence(run: Run) -> dict[str, str]:
    """What got nothing at all."""
    try:
        return read_silence(run)
    except Unreadable:
        return {}


def replies_table(replies: Sequence[RoleReplies]) -> Any:
    """How many replies each role could use, and how many had to be put right for that."""
    made = table("replies", ">came", ">usable", ">share", ">mended", "how")
    for one in replies:
        how = ", ".join(f"{count(n)} {word}" for word, n in one.mended.most_common())
        mended = count(one.mended.total())
        made.add_row(
            cell(one.role), count(one.came), count(one.usable), f"{one.share:.0%}", mended, how
        )
    return made


def scores_table(rounds: Sequence[RoundSummary], names: Sequence[str]) -> Any:
    """Before (the seed shots alone) and after (all rounds), per split; `names` come first."""
    made = table("score", ">before", ">after", ">change")
    first, last = rounds[0], rounds[-1]
    for split in ("dev", "test"):
        if split not in first.scores:
            continue
        for name in all_names(names, last.scores.get(split, {})):
            old, new = first.score(split, name), last.score(split, name)
            change = "–" if old is None or new is None else f"{new - old:+.3f}"
            made.add_row(cell(f"{split} {metric_name(name)}"), ratio(old), ratio(new), change)
    return made


def slice_table(first: Mapping[str, Any], last: Mapping[str, Any]) -> Any:
    """The positive control: recall on the slice that is planted, and on the rest of its class."""
    made = table("recall on", ">test rows", ">before", ">after", ">change")
    before, after = mapping(first.get("slice")), mapping(last.get("slice"))
    rest = f"the rest of {after.get('label')}"
    for part, name in (("", f"{after.get('value')}, told: {after.get('told')}"), ("rest_", rest)):
        old, new = number(before.get(f"{part}recall")), number(after.get(f"{part}recall"))
        change = "–" if old is None or new is None else f"{new - old:+.3f}"
        rows = count(int(number(after.get(f"{part}rows")) or 0))
        made.add_row(cell(name), rows, ratio(old), ratio(new), change)
    return made


def forgetting_table(lost: Sequence[Forgetting]) -> Any:
    """Classes that were known before others came in: their scores just before, and at the end."""
    made = table("classes", ">others in round", "score", ">before", ">at the end", ">forgotten")
    for one in lost:
        for key in ("accuracy", "macro_f1"):
            made.add_row(
                cell(one.group),
                str(one.introduced),
                metric_name(key),
                ratio(one.before[key]),
                ratio(one.after[key]),
                f"{one.lost(key):+.3f}",
            )
    return made


def rounds_table(rounds: Sequence[RoundSummary], metric: str) -> Any:
    """Rows and errors by round: how hard the batches were before the student trained on them."""
    test = f">test {metric_name(metric)}"
    chosen = [">kept"] * any(one.kept is not None for one in rounds)
    heads = (
        ">round",
        ">accepted",
        *chosen,
        ">rejected",
        ">hard err.",
        ">easy err.",
        test,
        ">tokens",
    )
    made = table(*heads)
    left_out = len(rounds) > MANY
    shown = [*rounds[:3], *rounds[-(MANY - 4) :]] if left_out else rounds
    for position, one in enumerate(shown):
        if left_out and position == 3:
            made.add_row(*["…"] * len(heads))
        made.add_row(
            str(one.number),
            count(one.accepted),
            *[count(one.kept)] * len(chosen),
            count(one.rejected),
            ratio(one.hard_error),
            ratio(one.easy_error),
            ratio(one.score("test", metric)),
            count(one.billed),
        )
    return made


def reasons_table(reasons: Counter[str]) -> Any:
    """The most frequent reasons, then the rest as one."""
    made = table(">rows", "rejected because")
    for reason, rows in reasons.most_common(REASONS):
        made.add_row(count(rows), cell(shortened(reason, 120)))
    rest = reasons.total() - sum(rows for _, rows in reasons.most_common(REASONS))
    if rest:
        made.add_row(count(rest), "other reasons")
    return made


def hardness_lines(found: Hardness) -> list[str]:
    """How hard the hard rows were, and whether levels said so."""
    lines = []
    if found.difference is not None and found.bounds is not None:
        low, high = found.bounds
        lines.append(
            f"error on {found.hard} hard rows minus {found.easy} easy ones: {found.difference:+.3f}"
            f" (95 % {low:+.3f} to {high:+.3f})"
        )
    if found.rho is not None and found.p is not None:
        lines.append(
            f"level asked for and loss: Spearman {found.rho:+.2f} (p {found.p:.3f}) over"
            f" {found.levels} rows"
        )
    return lines


def agreement_table(found: Sequence[JudgesAgree]) -> Any:
    """On the rows that a person judged: shares of equal answers, and kappa with its interval."""
    made = table("a person decided", ">rows", ">same", ">share", ">kappa", ">95 %")
    for one in found:
        of, low_high = one.found, one.found.kappa_bounds
        between = "–" if low_high is None else f"{low_high.low:+.2f} to {low_high.high:+.2f}"
        kappa = "–" if of.kappa is None else f"{of.kappa:+.2f}"
        name = f"{one.first} and {one.second}"
        made.add_row(cell(name), count(of.n), count(of.same), f"{of.share:.0%}", kappa, between)
    return made


def unclean_table(found: Sequence[UncleanTexts]) -> Any:
    """By writer, the texts that were no clean rows, and so never labelled."""
    made = table("writer", ">texts", ">unclean", ">share")
    for one in found:
        made.add_row(cell(one.writer), count(one.written), count(one.unclean), f"{one.share:.0%}")
    return made
