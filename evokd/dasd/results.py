"""Students side by side on the same questions: shares right with intervals, tests between them.

Section 5, step 7: Wilson's interval of each, McNemar's exact test against stage 1. An answer that
can't be read is wrong, and counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evokd.tasks.intervals import mcnemar, wilson

REFERENCE = "stage1"
"""Whom the others are held against; the base model where there is no stage 1."""
AnswerLine = Mapping[str, Any]
"""An answer: `right`, `answer`, `finish`, `likeliest`, `gold`, `tokens`."""


def compare(answers: Mapping[str, Sequence[AnswerLine]]) -> dict[str, dict[str, Any]]:
    """Arm → what there is to say of it.

    Args:
        answers: Arm → its answers, all to the same questions in the same order.
    """
    held = next((arm for arm in (REFERENCE, "base") if arm in answers), None)
    return {
        arm: summary(lines) | against(lines, answers[held], held, arm)
        for arm, lines in answers.items()
        if held is not None
    }


def summary(lines: Sequence[AnswerLine]) -> dict[str, Any]:
    """One student by itself; shares are in [0, 1]."""
    n = len(lines)
    right = sum(bool(line["right"]) for line in lines)
    bounds = wilson(right, n)
    weighed = [line for line in lines if line["likeliest"] is not None]
    return {
        "n": n,
        "right": right,
        "accuracy": right / n if n else None,
        "low": bounds.low if bounds else None,
        "high": bounds.high if bounds else None,
        "unparsed": sum(line["answer"] is None for line in lines),
        "truncated": sum(line["finish"] == "length" for line in lines),
        "tokens": sum(line["tokens"] for line in lines),
        "likeliest_right": sum(line["likeliest"] == line["gold"] for line in weighed)
        if weighed
        else None,
    }


def against(
    lines: Sequence[AnswerLine], others: Sequence[AnswerLine], held: str | None, arm: str
) -> dict[str, Any]:
    """McNemar's test against the reference; nothing for the reference itself."""
    if held is None or held == arm:
        return {"against": None}
    found = mcnemar([bool(a["right"]) for a in lines], [bool(b["right"]) for b in others])
    return {"against": {"arm": held, "gained": found.gained, "lost": found.lost, "p": found.p}}


def side_by_side(answers: Mapping[str, Sequence[AnswerLine]], shown: int) -> list[dict[str, Any]]:
    """Some questions with all students' answers: those that students differ on come first."""
    arms = list(answers)
    rows = []
    for together in zip(*(answers[arm] for arm in arms), strict=True):
        first = together[0]
        rows.append(
            {
                "id": first["id"],
                "question": first["question"],
                "gold": first["gold"],
                "answers": {
                    arm: {key: line[key] for key in ("answer", "right", "finish", "text")}
                    for arm, line in zip(arms, together, strict=True)
                },
            }
        )

    def differing(row: Mapping[str, Any]) -> int:
        rights = [bool(one["right"]) for one in row["answers"].values()]
        return -min(sum(rights), len(rights) - sum(rights))

    return sorted(rows, key=differing)[:shown]
