"""The end of reasoning distillation: the student of the last stage, merged, with its card."""

from __future__ import annotations

from typing import Any, cast

from evokd.config import Config, Role
from evokd.dasd.lessons import STAGES
from evokd.ledger.totals import totals
from evokd.store.markdown import md, section
from evokd.store.run_dir import read_lines
from graph.bench import Bench
from graph.dasd_state import DasdState


async def finish_dasd(bench: Bench, state: dict[str, Any]) -> None:
    """Save the student of the last stage that was taught."""
    room = bench.classroom
    assert room is not None
    values = cast("DasdState", state)
    last = [stage for stage in STAGES if stage in room.after(values)][-1:]
    adapters = room.adapters(values, last[0]) if last else None
    await room.keeper.save(adapters, bench.dir.student, card(bench))


def card(bench: Bench) -> str:
    """README.md of the saved student."""
    config, last = bench.config, read_lines(bench.dir.metrics)[-1]
    billed = totals(bench.books.ledger.db, (), "edge")["billed"]
    roles: list[Role] = ["teacher_reasoner"]
    if config.dasd.mixed is not None:
        roles.append("finisher")
    scores = [
        (split, name, f"{value:.4f}")
        for split in ("dev", "test")
        for name, value in (last[split] or {}).items()
    ]
    tokens = [
        ("billed prompt", f"{billed['prompt_tokens']:,}"),
        ("billed completion", f"{billed['completion_tokens']:,}"),
    ]
    teachers = [(r, ", ".join(e.title for e in config.teachers.of(r))) for r in roles]
    room = bench.classroom
    assert room is not None
    asked = room.course.wording.to_student("{question}")
    shown = "\n\n".join(f"{message.role}:\n{message.content}" for message in asked)
    parts = [
        _front_matter(config),
        f"# {md(config.name)}",
        f"Reasons about one {md(config.task.domain)} and ends with its answer. Fine-tuned from"
        f" {md(config.student.model)} by evokd, method dasd, on chains of thought that a language"
        " model wrote. It shares their mistakes: check it on questions of your own before use.",
        f"## Prompt\n\nAsk it in these words, through its chat template:\n\n```\n{shown}\n```",
        section("Scores", ("split", "metric", "score"), scores),
        section("Teachers", ("role", "models"), teachers),
        section("Tokens", ("kind", "tokens"), tokens),
        f"## Config\n\n````yaml\n{config.to_yaml().rstrip()}\n````",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(config: Config) -> str:
    language = config.task.language
    tags = "[evokd, knowledge-distillation, dasd]"
    return (
        f"---\nlanguage: [{language}]\nlibrary_name: transformers\n"
        f"pipeline_tag: text-generation\ntags: {tags}\n---"
    )
