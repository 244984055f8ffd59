"""student_scorer: what the student thinks of each response, beside what the teacher thought."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from evokd.dasd.alignment import place_bounds
from evokd.dasd.rows import Judged, Row
from evokd.dasd.scores import Scored, rank_surprisal, score_response, surprisal
from evokd.dasd.tokens import Unscorable
from evokd.store.events import Warned
from graph.classroom import classroom
from graph.course import STAGE_OF
from graph.dasd_state import DasdState
from graph.visit import Visit

if TYPE_CHECKING:
    from student.causal_values import TokenScores, TooLong


async def student_scorer(state: DasdState, visit: Visit) -> dict[str, Any]:
    """Teacher-forced log-probabilities, by sentences; what can't be scored is refused, counted."""
    from student.chat import prompt_sha

    room, stage = classroom(visit), STAGE_OF[state["round"]]
    rows = visit.read(state["kept"][stage], Row)
    prompts = room.prompts([row.question for row in rows])
    found = await room.keeper.score(prompts, [row.text for row in rows], _student(state, visit))
    judged = [
        _judged(row, scores, prompt_sha(prompt))
        for row, scores, prompt in zip(rows, found, prompts, strict=True)
    ]
    refused = Counter(one.refused for one in judged if one.refused)
    if stage != "mixed" and visit.bench.config.dasd.scores_teacher:
        for reason, count in refused.most_common():
            visit.emit(Warned(text=f"{count} of {len(judged)} responses have no score: {reason}"))
    return {"judged": {stage: visit.put(judged)}}


def _student(state: DasdState, visit: Visit) -> str | None:
    """Whose probabilities count: the base model's, or those of the stage before."""
    if visit.bench.config.dasd.selection.student == "base":
        return None
    before = {"stage2": "stage1", "mixed": "stage2"}.get(STAGE_OF[state["round"]])
    return classroom(visit).adapters(state, before)


def _judged(row: Row, scores: TokenScores | TooLong, sha: str) -> Judged:
    from student.causal_values import TokenScores

    if not isinstance(scores, TokenScores):  # the filter has measured it, so this is no usual case
        return Judged(row.id, row.question, row.stratum, 0, None, None, sha, refused=str(scores))
    student = place_bounds(scores.bounds.tolist(), scores.logprobs.tolist(), scores.ranks.tolist())
    scored, refused = _scored(row, student)
    return Judged(
        row=row.id,
        question=row.question,
        stratum=row.stratum,
        size=len(scores),
        nll=surprisal(student.tokens),
        rsr=rank_surprisal(student.tokens),
        prompt_sha=sha,
        scored=scored,
        refused=refused,
    )


def _scored(row: Row, student: Any) -> tuple[Scored | None, str]:
    if row.tokens is None:
        return None, row.unscorable
    found = score_response(row.text, row.tokens, student)
    return (None, found.reason) if isinstance(found, Unscorable) else (found, "")
