"""The chain of one row as JSON: the row, what it came from, what was done about it, every event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evokd.runs.row_history import Back, Forward, RowHistory
from evokd.store.events import Event, Scored


def chain_events(back: Back) -> list[Event]:
    """The analysis, the calls and the events of a row, in the order of the round."""
    before: list[Event] = [back.analysis] if back.analysis else []
    calls: list[Event] = [call for one in back.exchanges for call in one.calls]
    order = {"analyst": 0, "easy_generator": 1, "hard_generator": 1, "translator": 2, "labeler": 3}
    return sorted(
        [*before, *calls, *back.row.events],
        key=lambda e: (e.round > back.row.round, order.get(e.node, 4), e.at, e.type != "called"),
    )


def document(back: Back, forward: Forward) -> dict[str, Any]:
    """What `evokd trace DIR --row ID --format json` prints; the events are as written."""
    return {
        **row_document(back.row),
        "back": {
            "analysis": _event(back.analysis),
            "calls": [
                {
                    "call": one.call,
                    "attempts": [call.call for call in one.calls],
                    "node": one.calls[-1].node if one.calls else None,
                    "tokens": one.tokens,
                    "rows": one.rows,
                }
                for one in back.exchanges
            ],
            "tokens": round(back.tokens, 3),
            "ancestors": [[row_document(row) for row in group] for group in back.ancestors],
            "more_ancestors": back.cut,
            "scores": _scores(back.scores),
        },
        "forward": {
            "rewritten": list(forward.rewritten),
            "analyses": [
                {"how": list(seen.how), **seen.analysis.model_dump(mode="json")}
                for seen in forward.analyses
            ],
            "answers": [row_document(row) for row in forward.answers],
            "more_answers": forward.more,
            "scores": _scores(forward.scores),
        },
        "events": [_event(event) for event in chain_events(back)],
    }


def row_document(row: RowHistory) -> dict[str, Any]:
    """A row with the student's verdicts on it."""
    return {
        "row": row.id,
        "round": row.round,
        "kind": row.kind,
        "text": row.text,
        "label": row.label,
        "fate": row.fate,
        "parents": list(row.parents),
        "rewrites": list(row.rewrites),
        "before": _event(row.before),
        "after": [_event(verdict) for verdict in row.after],
        **({} if row.kept is None else {"kept": _event(row.kept)}),
        "audits": [_event(audit) for audit in row.audits],
    }


def _event(event: Event | None) -> dict[str, Any] | None:
    return None if event is None else event.model_dump(mode="json")


def _scores(scores: Iterable[Scored]) -> list[dict[str, Any] | None]:
    return [_event(one) for one in scores]
