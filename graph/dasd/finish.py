"""The end of reasoning distillation: the student of the last stage, merged, with its card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from evokd.config import Config
from evokd.dasd.lessons import STAGES
from evokd.ledger.totals import totals
from evokd.store.markdown import fenced, md, section
from evokd.store.readme import readme
from evokd.store.run_dir import read_lines
from graph.dasd.services import DasdServices
from graph.dasd.state import DasdState

if TYPE_CHECKING:
    from huggingface_hub import ModelCardData


async def finish_dasd(services: DasdServices, state: dict[str, Any]) -> None:
    """Save the student of the last stage that was taught."""
    values = cast("DasdState", state)
    last = [stage for stage in STAGES if stage in services.after(values)][-1:]
    adapters = services.adapters(values, last[0]) if last else None
    await services.students.save(adapters, services.run.dir.student, card(services))


def card(services: DasdServices) -> str:
    """README.md of the saved student."""
    run, config = services.run, services.run.config
    last = read_lines(run.dir.metrics)[-1]
    billed = totals(run.metering.ledger.db, (), "edge")["billed"]
    scores = [
        (split, name, f"{value:.4f}")
        for split in ("dev", "test")
        for name, value in (last[split] or {}).items()
    ]
    tokens = [
        ("billed prompt", f"{billed['prompt_tokens']:,}"),
        ("billed completion", f"{billed['completion_tokens']:,}"),
    ]
    teachers = [(r, ", ".join(e.title for e in config.teachers.of(r))) for r in services.roles]
    asked = services.curriculum.prompts.to_student("{question}")
    shown = "\n\n".join(f"{message.role}:\n{message.content}" for message in asked)
    parts = [
        f"# {md(config.name)}",
        f"Reasons about one {md(config.task.domain)} and ends with its answer. Fine-tuned from"
        f" {md(config.student.model)} by evokd, method dasd, on chains of thought that a language"
        " model wrote. It shares their mistakes: check it on questions of your own before use.",
        f"## Prompt\n\nAsk it in these words, through its chat template:\n\n{fenced(shown)}",
        section("Scores", ("split", "metric", "score"), scores),
        section("Teachers", ("role", "models"), teachers),
        section("Tokens", ("kind", "tokens"), tokens),
        f"## Config\n\n{fenced(config.to_yaml(), 'yaml')}",
    ]
    return readme(_metadata(config), parts)


def _metadata(config: Config) -> ModelCardData:
    from huggingface_hub import ModelCardData

    return ModelCardData(
        language=[config.task.language],
        library_name="transformers",
        pipeline_tag="text-generation",
        tags=["evokd", "knowledge-distillation", "dasd"],
    )
