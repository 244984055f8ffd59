"""evaluator: one student's answers to the test questions, after all teaching is done.

It comes last, so nothing that was chosen or taught can depend on what it finds. Answers go to files
(`arms/stage1.jsonl`), and never into the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.wording import OPENING
from evokd.dasd.lessons import STAGES, arms
from evokd.dasd.questions import draw_rows
from evokd.store.artefacts import dumps, write_atomic
from evokd.store.run_dir import read_lines
from evokd.tasks.example import Example
from graph.classroom import Classroom, classroom
from graph.dasd_results import tell
from graph.dasd_state import DasdState
from graph.visit import Visit


async def evaluator(state: DasdState, visit: Visit) -> dict[str, Any]:
    """Ask the next student; behind the last one, sum up."""
    done = list(state.get("answered", []))
    left = [arm for arm in arms_of(state, visit) if arm not in done]
    if left:
        await _examine(left[0], state, visit)
        done.append(left[0])
    if len(left) > 1:
        return {"answered": done}
    tell(visit, done)
    stages = len([arm for arm in done if arm in STAGES])
    return {"answered": done, "stop": f"{stages} stage{'' if stages == 1 else 's'} taught"}


def arms_of(state: DasdState, visit: Visit) -> tuple[str, ...]:
    """The students of this run."""
    room = classroom(visit)
    return arms(visit.bench.config.dasd, room.after(state))


async def _examine(arm: str, state: DasdState, visit: Visit) -> None:
    bench, room = visit.bench, classroom(visit)
    config = bench.config.dasd.evaluation
    adapters = None if arm == "base" else room.adapters(state, arm)
    for split, rows in (("test", bench.task.test), ("dev", bench.task.dev or ())):
        if not rows:
            continue
        twin = _twin(arm, adapters, state, visit)
        if twin is not None:  # it had nothing to learn, so it is the same student
            lines = read_lines(answers_file(visit, twin, split))
        else:
            lines = await _answers(room, draw_rows(rows, config.rows, config.seed), adapters, visit)
        text = "".join(f"{dumps(line)}\n" for line in lines)
        write_atomic(answers_file(visit, arm, split), text, durable=False)


def answers_file(visit: Visit, arm: str, split: str = "test") -> Path:
    """Where a student's answers stand."""
    folder = visit.bench.dir.path / "arms"
    folder.mkdir(exist_ok=True)
    return folder / (f"{arm}.jsonl" if split == "test" else f"{arm}.{split}.jsonl")


def _twin(arm: str, adapters: str | None, state: DasdState, visit: Visit) -> str | None:
    """A student with the same adapters whose answers are there."""
    room = classroom(visit)
    for other in state.get("answered", []):
        same = None if other == "base" else room.adapters(state, other)
        if same == adapters:
            return other
    return None


async def _answers(
    room: Classroom, rows: Sequence[Example], adapters: str | None, visit: Visit
) -> list[dict[str, Any]]:
    """A line for each question."""
    from student.chat import prompt_sha

    config, form = visit.bench.config.dasd.evaluation, room.course.form
    prompts = room.ask([row.text for row in rows])
    answers = await room.keeper.write(prompts, adapters, max_new_tokens=config.max_new_tokens)
    found = [form.found(row.text, one.text) for row, one in zip(rows, answers, strict=True)]
    likeliest = [""] * len(rows)
    if config.likelihood and form.answers == "letter":
        heads = [
            prompt
            + (one.text[: at.start] if at else f"{one.text.rstrip()}\n{OPENING}").rstrip(" (*")
            for prompt, one, at in zip(prompts, answers, found, strict=True)
        ]
        likeliest = await _likeliest(room, rows, heads, adapters)
    return [
        {
            "id": row.id,
            "question": row.text,
            "gold": row.label,
            "answer": at.value if at else None,
            "right": at is not None and form.right(at.value, row.label),
            "finish": one.finish,
            "tokens": one.tokens,
            "text": one.text,
            "likeliest": letter or None,
            "prompt_sha": prompt_sha(prompt),
        }
        for row, one, at, letter, prompt in zip(
            rows, answers, found, likeliest, prompts, strict=True
        )
    ]


async def _likeliest(
    room: Classroom, rows: Sequence[Example], heads: Sequence[str], adapters: str | None
) -> list[str]:
    """The likeliest letter behind each head, among the letters of its question."""
    letters = [tuple(room.course.form.choices(row.text)) for row in rows]
    found = [""] * len(rows)
    for group in sorted(set(letters)):
        at = [i for i, one in enumerate(letters) if one == group]
        options = [f" {letter}" for letter in group]
        for i, one in zip(
            at, await room.keeper.likeliest([heads[i] for i in at], options, adapters), strict=True
        ):
            found[i] = one.strip()
    return found
