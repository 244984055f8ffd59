"""The chain of one row: from the student errors that provoked it to its fate, and beyond.

A row may be one that a writer wrote, or a seed shot; what the student had wrong is either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from evokd.cli.lines import endpoint_of, scores_line
from evokd.cli.screen import cell, field, shortened, show
from evokd.runs.formatting import count, ratio, several
from evokd.runs.lineage import Lineage
from evokd.runs.row_history import Back, Exchange, Forward, RowHistory
from evokd.runs.row_words import fate_in_words, relation, verdict_then
from evokd.store.events import Audited, Decoded, Doubted, Drafted, Judged, Scored, Voted

LONG = 500
"""Characters of a text, a prompt's or a reply's in the printed chain; JSON holds all of them."""
SHOWN = 12
"""Rows of a kind that are printed; JSON holds all of them."""


def show_chain(lineage: Lineage, back: Back, forward: Forward, names: Sequence[str]) -> None:
    """Print the chain, step by step; `names` are the task's scores, the one that counts first."""
    row = back.row
    show(cell(f"row {row.id}", "bold"))
    _came_from(lineage, back)
    for paths in row.decoded:
        _decoded(paths)
    if row.doubt is not None:
        _doubted(row.doubt)
    for vote in row.votes:
        _voted(vote)
    for verdict in row.verdicts:
        _judged(verdict)
    _student(row)
    if row.choice is not None:
        field("keeper", row.choice)
    for audit in row.audits:
        _audited(audit)
    field("fate", fate_in_words(row))
    _scores(back.scores, names)
    _cost(back)
    _answered(row, forward, names)


def _came_from(lineage: Lineage, back: Back) -> None:
    row = back.row
    for parent in row.parents[:SHOWN]:
        field("answers", _short(parent, lineage.row(parent), before=row.round))
    _rest("answers", len(row.parents) - SHOWN)
    if len(back.ancestors) > 1:
        field("these", _generations(back))
    for name in row.rewrites:
        old = lineage.row(name)
        reason = old.verdicts[-1].reason if old and old.verdicts else "no reason on file"
        text = shortened(old.text, 200) if old else ""
        field("instead of", f"{name} “{text}”: {shortened(reason, 200)}")
    if back.analysis is not None:
        field("analysis", shortened(back.analysis.text, LONG))
    if row.drafted is None:
        field("text", f"“{shortened(row.text, LONG)}” (seed shot)")
        field("label", row.label or "–")
        return
    _written(row.drafted, back)


def _written(drafted: Drafted, back: Back) -> None:
    """The call that wrote the text, and the translator's where there is one."""
    asked = [one for one in back.exchanges if one.call in (drafted.written_by, drafted.call)]
    for one in asked:
        _said(one)
    if drafted.original is not None:
        field("original", f"“{shortened(drafted.original, LONG)}”")
    by = f"{drafted.kind}, by {drafted.node}"
    if back.row.pool is not None:
        by = f"a real text, {back.row.pool}, taken by {drafted.node}"
    wrote = [one.calls[-1] for one in asked[:1] if one.calls]  # a translator only follows
    if wrote and endpoint_of(wrote[0]) != wrote[0].model:
        by += f", {endpoint_of(wrote[0])}"
    if wrote and wrote[0].directive is not None:
        field("directive", shortened(wrote[0].directive, LONG))
    field("text", f"“{shortened(drafted.text, LONG)}” ({by})")
    if drafted.intended_label is not None:
        field("meant as", drafted.intended_label)


def _said(exchange: Exchange) -> None:
    if not exchange.calls:
        field("call", f"{exchange.call}: what was said was lost when the process was killed")
        return
    for call in exchange.calls[:-1]:
        field("failed", f"attempt {call.attempt}, {call.slot}: {shortened(call.error or '', 200)}")
    asked = [text for role, text in exchange.calls[-1].messages if role == "user"]
    field("prompt", shortened(asked[-1] if asked else "", LONG))
    field("reply", shortened(exchange.calls[-1].reply or "", LONG))


def _generations(back: Back) -> str:
    """`answer 9 rows of round 2, 4 seed shots`."""
    parts = []
    for generation in back.ancestors[1:]:
        rounds = sorted({row.round for row in generation if row.kind != "seed"})
        if rounds:
            rows = sum(row.kind != "seed" for row in generation)
            spans = f"{rounds[0]} to {rounds[-1]}" if len(rounds) > 1 else f"{rounds[0]}"
            parts.append(f"{several(rows, 'row')} of round {spans}")
        seeds = sum(row.kind == "seed" for row in generation)
        if seeds:
            parts.append(several(seeds, "seed shot"))
    more = ", and more" if back.cut else ""
    return f"go back to {'; these to '.join(parts)}{more}"


def _short(name: str, row: RowHistory | None, before: int) -> str:
    """A student error in a line: text, label, what the student said of it then."""
    if row is None:
        return f"{name} (nothing on file)"
    verdict = verdict_then(row, before)
    said = f"the label is {row.label}"
    if verdict is not None:
        right = verdict.predicted == verdict.label
        word = "was right" if right else f"said {verdict.predicted}"
        said = f"the student {word} (confidence {ratio(verdict.confidence)}), {said}"
    return f"{name} “{shortened(row.text, 200)}”: {said}"


def _voted(event: Voted) -> None:
    said = event.label or f"no label ({shortened(event.reason or 'no reason given', 200)})"
    if event.probabilities:
        ranked = sorted(event.probabilities.items(), key=lambda item: -item[1])
        said += ": " + ", ".join(f"{label} {p:.3f}" for label, p in ranked[:5])
    field("vote", f"labeler {event.voter + 1}: {said}")


def _decoded(event: Decoded) -> None:
    """Each path's answer with its margin; the one that was taken is marked."""
    said = [
        f"{'→ ' if at == event.chosen else ''}{shortened(answer or 'no answer', 60)}"
        f"{'' if margin is None else f' {margin:+.3f}'}"
        for at, (answer, margin) in enumerate(zip(event.answers, event.margins, strict=True))
    ]
    why = f"; {event.reason}" if event.reason else ""
    field("paths", f"{', '.join(said) or 'none'} (by {event.rule}{why})")


def _doubted(event: Doubted) -> None:
    near = f" (near {', '.join(event.near)})" if event.near else ""
    ordered = f"ordered as {event.intended}, the evidence is for {event.likeliest}"
    if event.dropped:
        done = "dropped"
    elif event.asked:
        done = "a labeler is asked"
    else:
        done = "no labeler is asked, its order is its label"
    field("doubt", f"{ordered}, gap {event.gap:+.2f}{near}: {done}")


def _judged(event: Judged) -> None:
    label = f" as {event.label}" if event.label else ""
    field("verdict", f"{event.by}: {event.action}{label}: {shortened(event.reason, 300)}")


def _audited(event: Audited) -> None:
    better = f", {event.likelier} fits better" if event.likelier and event.suspect else ""
    said = f"{event.label} is doubtful{better}" if event.suspect else "no longer doubtful"
    weight = "left out" if event.weight == 0 else f"weight {event.weight:g}"
    field("audit", f"round {event.round}: {said} ({weight}): {shortened(event.reason, 300)}")


def _student(row: RowHistory) -> None:
    """The student's verdicts on the row, before and after it trained on it."""
    if row.before is not None:
        field("student", f"before training on it: {_verdict(row.before)}")
    for verdict in row.after:
        when = "training on it in round" if verdict.trained else "round"
        field("student", f"after {when} {verdict.round}: {_verdict(verdict)}")


def _verdict(event: Any) -> str:
    right = "right" if event.predicted == event.label else "wrong"
    return f"{event.predicted} (confidence {ratio(event.confidence)}), {right}"


def _scores(scores: Sequence[Scored], names: Sequence[str]) -> None:
    for event in scores:
        field("scores", f"after round {event.round}: {scores_line(event, names)}")


def _cost(back: Back) -> None:
    """The row's share of each call it took."""
    parts = []
    for one in back.exchanges:
        if one.calls:
            shared = f" / {several(one.rows, 'row')}" if one.rows > 1 else ""
            parts.append(f"{one.calls[-1].node} {count(one.tokens)}{shared}")
    if parts:
        field("tokens", f"{back.tokens:,.0f}: its share of {', '.join(parts)}")


def _answered(row: RowHistory, forward: Forward, names: Sequence[str]) -> None:
    """What was done about the row."""
    for name in forward.rewritten[:SHOWN]:
        field("rewritten", name)
    for seen in forward.analyses:
        listed = "wrong" if "wrong" in seen.how else "right"
        shown = f"shown as {relation(row, seen.analysis.round, listed=listed)}"
        how = f"{shown}, cited" if "cited" in seen.how else shown
        text = shortened(seen.analysis.text, LONG)
        field("analysed", f"round {seen.analysis.round} ({how}): {text}")
    if forward.answers:
        fates = Counter(row.fate for row in forward.answers)
        listed = ", ".join(f"{number} {fate}" for fate, number in fates.most_common())
        field("answered", f"by {several(len(forward.answers) + forward.more, 'row')}: {listed}")
    for row in forward.answers[:SHOWN]:
        verdict = f"; {_verdict(row.before)} before training" if row.before else ""
        said = f"{row.fate} as {row.label}" if row.fate == "trained" else row.fate
        field("answered", f"by {row.id} “{shortened(row.text, 120)}”: {said}{verdict}")
    _rest("answered", len(forward.answers) - SHOWN + forward.more)
    if forward.answers:
        _scores(forward.scores, names)


def _rest(name: str, more: int) -> None:
    if more > 0:
        field(name, f"… and {several(more, 'more row')}; --format json holds them")
