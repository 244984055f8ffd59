"""evaluator: one student's answers to the test questions, after all teaching is done.

It comes last, so nothing that was chosen or taught can depend on what it finds. Answers go to files
(`arms/stage1.jsonl`), and never into the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.reasoning.reasoning_prompts import OPENING
from evokd.dasd.lessons import STAGES, arms
from evokd.dasd.questions import draw_rows
from evokd.store.artefacts import dumps, write_atomic
from evokd.store.run_dir import read_lines
from evokd.tasks.example import Example
from graph.core.node_context import NodeContext
from graph.dasd.results import tell
from graph.dasd.services import DasdServices
from graph.dasd.state import DasdState


async def evaluator(state: DasdState, node: NodeContext, services: DasdServices) -> dict[str, Any]:
    """Ask the next student; behind the last one, sum up."""
    done = list(state.get("answered", []))
    left = [arm for arm in arms_of(state, services) if arm not in done]
    if left:
        await _examine(left[0], state, node, services)
        done.append(left[0])
    if len(left) > 1:
        return {"answered": done}
    tell(node, services, done)
    stages = len([arm for arm in done if arm in STAGES])
    return {"answered": done, "stop": f"{stages} stage{'' if stages == 1 else 's'} taught"}


def arms_of(state: DasdState, services: DasdServices) -> tuple[str, ...]:
    """The students of this run."""
    return arms(services.settings, services.after(state))


async def _examine(arm: str, state: DasdState, node: NodeContext, services: DasdServices) -> None:
    run = node.run
    config = services.settings.evaluation
    adapters = None if arm == "base" else services.adapters(state, arm)
    for split, rows in (("test", run.task.test), ("dev", run.task.dev or ())):
        if not rows:
            continue
        twin = _twin(adapters, state, services)
        if twin is not None:  # it had nothing to learn, so it is the same student
            lines = read_lines(answers_file(node, twin, split))
        else:
            lines = await _answers(services, draw_rows(rows, config.rows, config.seed), adapters)
        text = "".join(f"{dumps(line)}\n" for line in lines)
        write_atomic(answers_file(node, arm, split), text, durable=False)


def answers_file(node: NodeContext, arm: str, split: str = "test") -> Path:
    """Where a student's answers stand."""
    folder = node.run.dir.path / "arms"
    folder.mkdir(exist_ok=True)
    return folder / (f"{arm}.jsonl" if split == "test" else f"{arm}.{split}.jsonl")


def _twin(adapters: str | None, state: DasdState, services: DasdServices) -> str | None:
    """A student with the same adapters whose answers are there."""
    for other in state.get("answered", []):
        same = None if other == "base" else services.adapters(state, other)
        if same == adapters:
            return other
    return None


async def _answers(
    services: DasdServices, rows: Sequence[Example], adapters: str | None
) -> list[dict[str, Any]]:
    """A line for each question."""
    from student.causal.chat import prompt_sha

    config, task_format = services.settings.evaluation, services.curriculum.task_format
    prompts = services.ask([row.text for row in rows])
    answers = await services.students.write(prompts, adapters, max_new_tokens=config.max_new_tokens)
    found = [task_format.found(row.text, one.text) for row, one in zip(rows, answers, strict=True)]
    likeliest = [""] * len(rows)
    if config.likelihood and task_format.answers == "letter":
        heads = [
            prompt
            + (one.text[: at.start] if at else f"{one.text.rstrip()}\n{OPENING}").rstrip(" (*")
            for prompt, one, at in zip(prompts, answers, found, strict=True)
        ]
        likeliest = await _likeliest(services, rows, heads, adapters)
    return [
        {
            "id": row.id,
            "question": row.text,
            "gold": row.label,
            "answer": at.value if at else None,
            "right": at is not None and task_format.right(at.value, row.label),
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
    services: DasdServices, rows: Sequence[Example], heads: Sequence[str], adapters: str | None
) -> list[str]:
    """The likeliest letter behind each head, among the letters of its question."""
    letters = [tuple(services.curriculum.task_format.choices(row.text)) for row in rows]
    found = [""] * len(rows)
    for group in sorted(set(letters)):
        at = [i for i, one in enumerate(letters) if one == group]
        options = [f" {letter}" for letter in group]
        for i, one in zip(
            at,
            await services.students.likeliest([heads[i] for i in at], options, adapters),
            strict=True,
        ):
            found[i] = one.strip()
    return found
