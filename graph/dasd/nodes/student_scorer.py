"""student_scorer: what the student thinks of each response, beside what the teacher thought."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from evokd.dasd.alignment import place_bounds
from evokd.dasd.rows import ResponseRow, ScoredResponse
from evokd.dasd.scores import ResponseScores, rank_surprisal, score_response, surprisal
from evokd.dasd.tokens import Unscorable
from evokd.store.events import Warned
from graph.core.node_context import NodeContext
from graph.dasd.curriculum import STAGE_OF
from graph.dasd.services import DasdServices
from graph.dasd.state import DasdState

if TYPE_CHECKING:
    from student.causal.values import TokenScores, TooLong


async def student_scorer(
    state: DasdState, node: NodeContext, services: DasdServices
) -> dict[str, Any]:
    """Teacher-forced log-probabilities, by sentences; what can't be scored is refused, counted."""
    from student.causal.chat import prompt_sha

    stage = STAGE_OF[state["round"]]
    rows = node.read(state["kept"][stage], ResponseRow)
    prompts = services.prompts([row.question for row in rows])
    found = await services.students.score(
        prompts, [row.text for row in rows], _student(state, services)
    )
    judged = [
        _judged(row, scores, prompt_sha(prompt))
        for row, scores, prompt in zip(rows, found, prompts, strict=True)
    ]
    refused = Counter(one.refused for one in judged if one.refused)
    if stage != "mixed" and services.settings.scores_teacher:
        for reason, count in refused.most_common():
            node.emit(Warned(text=f"{count} of {len(judged)} responses have no score: {reason}"))
    return {"judged": {stage: node.put(judged)}}


def _student(state: DasdState, services: DasdServices) -> str | None:
    """Whose probabilities count: the base model's, or those of the stage before."""
    if services.settings.selection.student == "base":
        return None
    before = {"stage2": "stage1", "mixed": "stage2"}.get(STAGE_OF[state["round"]])
    return services.adapters(state, before)


def _judged(row: ResponseRow, scores: TokenScores | TooLong, sha: str) -> ScoredResponse:
    from student.causal.values import TokenScores

    if not isinstance(scores, TokenScores):  # the filter has measured it, so this is no usual case
        return ScoredResponse(
            row.id, row.question, row.stratum, 0, None, None, sha, refused=str(scores)
        )
    student = place_bounds(scores.bounds.tolist(), scores.logprobs.tolist(), scores.ranks.tolist())
    scored, refused = _scored(row, student)
    return ScoredResponse(
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


def _scored(row: ResponseRow, student: Any) -> tuple[ResponseScores | None, str]:
    if row.tokens is None:
        return None, row.unscorable
    found = score_response(row.text, row.tokens, student)
    return (None, found.reason) if isinstance(found, Unscorable) else (found, "")
