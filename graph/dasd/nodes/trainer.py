"""trainer: one lesson: what was chosen, or as much by chance, or the right answers alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evokd.dasd.lessons import ROUNDS, STAGES, Lesson, next_lesson
from evokd.dasd.questions import ranked
from evokd.dasd.rows import ResponseRow, ScoredResponse
from evokd.store.artefacts import write_atomic
from evokd.store.events import Trained, Warned
from evokd.tasks.answers import conclude
from graph.core.node_context import NodeContext
from graph.dasd.services import BASE, DasdServices
from graph.dasd.state import DasdState

if TYPE_CHECKING:
    from student.causal.values import StageReport
    from student.causal.values import TrainingPair as TrainingRow


async def trainer(state: DasdState, node: NodeContext, services: DasdServices) -> dict[str, Any]:
    """Teach one lesson, and say what comes next."""
    plan = services.curriculum.lessons
    number = _present(state, services)
    update: dict[str, Any] = {}
    if number is not None:  # with a budget that bought nothing, there may be nothing to teach
        lesson = plan[number]
        update["after"] = {lesson.name: await _teach(lesson, state, node, services)}
        following = next_lesson(
            plan, number + 1, _written(state), stopped=state.get("stop") is not None
        )
    else:
        following = None
    if following is None:
        return {**update, "lesson": len(plan), "way": "taught"}
    coming = plan[following]
    update["lesson"] = following
    if coming.source in _written(state) or not coming.asks:
        return {**update, "way": "lesson"}
    way = "mixed" if coming.source == "mixed" else "stage2"
    return {**update, "way": way, "round": ROUNDS[coming.source]}


def _present(state: DasdState, services: DasdServices) -> int | None:
    curriculum = services.curriculum
    at = state.get("lesson", curriculum.first_lesson)
    return next_lesson(curriculum.lessons, at, _written(state), stopped=True)


def _written(state: DasdState) -> set[str]:
    """Stages whose responses are there."""
    return set(state.get("chosen", {}))


async def _teach(
    lesson: Lesson, state: DasdState, node: NodeContext, services: DasdServices
) -> str:
    """Train, write the lesson's line; gives whose adapters the student now has."""
    config = node.run.config
    start = services.adapters(state, lesson.after)
    rows = _rows(lesson, state, node, services)
    if not rows:
        node.emit(Warned(text=f"{lesson.name}: nothing to learn from; the student stays as it is"))
        _note(node, lesson, start, None)
        return start or BASE
    report = await services.students.teach(
        lesson.name,
        start,
        rows,
        lr=lesson.lr,
        epochs=lesson.epochs,
        seed=config.seed * 1000 + ROUNDS[lesson.source],
    )
    node.emit(
        Trained(
            rows=report.rows,
            steps=report.steps,
            loss=report.mean_loss or 0.0,
            seconds=round(report.seconds, 3),
            tokens=report.tokens,
        )
    )
    _note(node, lesson, start, report)
    return lesson.name


def _rows(
    lesson: Lesson, state: DasdState, node: NodeContext, services: DasdServices
) -> list[TrainingRow]:
    from student.causal.values import TrainingPair as TrainingRow

    if lesson.source == "answers":
        pairs = _answers(state, node, services)
    else:
        pairs = _responses(lesson, state, node)
    prompts = services.prompts([question for question, _ in pairs])
    if lesson.source != "answers":
        _same_prompts(lesson, state, node, prompts)
    return [TrainingRow(prompt, text) for prompt, (_, text) in zip(prompts, pairs, strict=True)]


def _picked(lesson: Lesson, state: DasdState, node: NodeContext) -> list[str]:
    """Ids of the responses of a lesson."""
    picked = node.run.artefacts.get(state["chosen"][lesson.source])[0]
    by_chance = "tokens" if lesson.by_tokens else "chance"
    return list(picked["chosen" if lesson.chosen else by_chance])


def _responses(lesson: Lesson, state: DasdState, node: NodeContext) -> list[tuple[str, str]]:
    """Question and text of each response, in the order they were written."""
    rows = {row.id: row for row in node.read(state["kept"][lesson.source], ResponseRow)}
    return [(rows[name].question, rows[name].text) for name in _picked(lesson, state, node)]


def _same_prompts(
    lesson: Lesson, state: DasdState, node: NodeContext, prompts: Sequence[str]
) -> None:
    """What is trained on must be what was scored (section 5, step 1)."""
    from student.causal.chat import prompt_sha

    known = {
        one.row: one.prompt_sha for one in node.read(state["judged"][lesson.source], ScoredResponse)
    }
    for name, prompt in zip(_picked(lesson, state, node), prompts, strict=True):
        if known[name] != prompt_sha(prompt):
            raise RuntimeError(
                f"{name}: the student's prompt is not the one that was scored (was the prompt pack"
                " or the chat template changed during the run?)"
            )


def _answers(state: DasdState, node: NodeContext, services: DasdServices) -> list[tuple[str, str]]:
    """Right answers alone, as many as all stages have responses, as far as there are questions."""
    count = sum(
        len(node.run.artefacts.get(ref)[0]["chosen"])
        for stage, ref in state.get("chosen", {}).items()
        if stage in STAGES
    )
    questions = ranked(list(services.curriculum.by_id.values()), node.run.config.seed)
    return [(one.id, conclude(one.label)) for one in questions[:count]]


def _note(node: NodeContext, lesson: Lesson, start: str | None, report: StageReport | None) -> None:
    """The lesson as a small file: `lessons/stage1.json`."""
    line = {
        "lesson": lesson.name,
        "after": lesson.after,
        "adapters": start,
        "source": lesson.source,
        "by": "selection" if lesson.chosen else "chance",
        "lr": lesson.lr,
        "epochs": lesson.epochs,
        "rows": report.rows if report else 0,
        "steps": report.steps if report else 0,
        "tokens": report.tokens if report else 0,
        "target_tokens": report.target_tokens if report else 0,
        "loss": report.mean_loss if report else None,
        "seconds": round(report.seconds, 3) if report else 0.0,
        "trainer": "loop" if report else None,  # runs of before had another choice
    }
    folder = node.run.dir.path / "lessons"
    folder.mkdir(exist_ok=True)
    write_atomic(folder / f"{lesson.name}.json", json.dumps(line, indent=2) + "\n", durable=False)
