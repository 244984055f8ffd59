"""Rows on their way through the loop: as examples, as trace events, as lines of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agents.person import person_label
from agents.records import Candidate, Draft, Verdict
from evokd.store.artefacts import Ref
from evokd.store.events import Drafted, Judged
from evokd.tasks.example import Example
from graph.core.node_context import NodeContext


class JudgedRow:
    """A row with the critic's verdict: on its way back to its writer, or to a person."""

    def __init__(self, candidate: Candidate, verdict: Verdict) -> None:
        self.candidate, self.verdict = candidate, verdict

    def to_json(self) -> dict[str, Any]:
        return {"candidate": self.candidate.to_json(), "verdict": self.verdict.to_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> JudgedRow:
        """The inverse of `to_json`."""
        return cls(Candidate.from_json(data["candidate"]), Verdict.from_json(data["verdict"]))


def example(row: Candidate) -> Example:
    """An accepted row as the student trains on it."""
    return Example(row.draft.row, row.draft.text, row.label)


def deliver(node: NodeContext, drafts: Sequence[Draft]) -> Ref:
    """Hand a writer's texts on, with their trace events; what is no clean row ends here.

    Those stand last, so that the slices of a fan-out are full of rows to label.
    """
    announce(node, drafts)
    for draft in drafts:
        if draft.unclean:
            node.emit(judged("writer", Verdict(draft.row, "reject", None, draft.fault or "")))
    ordered: list[Draft] = sorted(drafts, key=lambda draft: draft.fault is not None)
    return node.put(ordered)


def usable(records: Sequence[Mapping[str, Any]]) -> int:
    """How many of stored drafts, from the first on, a fan-out has to hand out."""
    places = (at for at, draft in enumerate(records, 1) if draft.get("fault") is None)
    return max(places, default=0)


def announce(node: NodeContext, drafts: Sequence[Draft]) -> None:
    """A trace event for each text."""
    for draft in drafts:
        node.emit(
            Drafted(
                row=draft.row,
                call=draft.translation or draft.call,
                text=draft.text,
                kind=draft.kind,
                intended_label=draft.intended_label,
                parents=list(draft.parents),
                rewrites=list(draft.rewrites),
                original=draft.original,
                written_by=draft.call if draft.translation else None,
            )
        )


def judged(by: str, verdict: Verdict) -> Judged:
    """The trace event of a verdict."""
    return Judged(
        row=verdict.row,
        call=verdict.call,
        by=by,
        action=verdict.action,
        label=verdict.label,
        reason=verdict.reason,
    )


def turned_down(verdict: Verdict, draft: Draft) -> dict[str, Any]:
    """A line of rejected.jsonl: the verdict, and what it is about."""
    return {
        **verdict.to_json(),
        "text": draft.text,
        "kind": draft.kind,
        "written_by": draft.call,
        "unclean": draft.unclean,
    }


def synthetic(row: Candidate, measured: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A line of synthetic.jsonl: an accepted row with its lineage.

    Args:
        row: As it was accepted.
        measured: What the student gave it before it trained on it, by name (`student.weights`), and
            its score and fate by `loop.keep`.
    """
    draft = row.draft
    votes = (call for vote in row.votes for call in (vote.call, *vote.more))
    calls = [call for call in (draft.call, draft.translation, *votes) if call]
    return {
        "row": draft.row,
        "round": draft.round,
        "kind": draft.kind,
        "text": draft.text,
        **({} if draft.original is None else {"original": draft.original}),
        "label": row.label,
        "intended_label": draft.intended_label,
        **({} if draft.level is None else {"level": draft.level}),
        **({} if draft.attributes is None else {"attributes": draft.attributes}),
        **({} if draft.doubt is None else {"doubt": draft.doubt}),
        "probability": row.probability,
        "agreement": row.agreement,
        **({} if row.distribution is None else {"distribution": row.distribution}),
        **(measured or {}),
        "votes": [vote.to_json() for vote in row.votes],
        **({} if (person := person_label(row)) is None else {"person": person}),
        "calls": list(dict.fromkeys(calls)),
        "parents": list(draft.parents),
    }
