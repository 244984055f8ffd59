"""`evokd plan`: what a run will ask and pay for, before anything is spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import typer

from agents.brief import Brief
from evokd.cli.screen import cell, count, dollars, dumps, several, shortened, show, table
from evokd.config import REASONING, Config, load_config
from evokd.tasks.task import Task, draw_shots, load_task
from graph.dasd_plan import plan_dasd
from graph.plan import Plan, RoundPlan, Sums, make_plan
from graph.session import check
from prompts.pack import Pack


def show_plan(
    config_file: Path, overrides: Sequence[str], output: Literal["table", "json"]
) -> None:
    """Print the estimate.

    Raises:
        ConfigError: whatever a run of this config would be refused for.
    """
    config = load_config(config_file, overrides)
    check(config)
    task = load_task(config.task)
    pack = Pack.load(config.prompts.pack, config.prompts.language, config.task.kind)
    plan = plan_of(config, task, pack)
    if output == "json":
        typer.echo(dumps(as_json(config, pack, plan), indent=2))
    else:
        _print(config, pack, plan)


def plan_of(config: Config, task: Task, pack: Pack) -> Plan:
    """The estimate of a config, whatever its method."""
    if config.method == REASONING:
        return plan_dasd(config, task, pack)
    seeds = draw_shots(task, config.task.shots, config.seed)
    return make_plan(config, Brief.of(task, seeds, config), pack)


def as_json(config: Config, pack: Pack, plan: Plan) -> dict[str, Any]:
    """The estimate as a document; a price that is not known is null."""
    return {
        "name": config.name,
        "rounds": plan.rounds,
        "ends_by": plan.ends_by,
        "first_round": _round_json(plan.first),
        "later_round": _round_json(plan.later),
        "total": asdict(plan.total) if plan.total else None,
        "budget": config.budget.model_dump(mode="json"),
        "notes": notes(config, pack),
    }


def notes(config: Config, pack: Pack) -> list[str]:
    """What the estimate takes for granted."""
    found = ["every reply is usable at once and every row is accepted"]
    if config.method == REASONING:
        found = ["a response is twice as long as a worked example of the prompt pack"]
        if config.dasd.mixed is not None:
            found.append(f"mixed policy asks {config.dasd.mixed.questions} times more, at most")
    retries = config.loop.critic_retries
    asks = config.method != REASONING and config.loop.switches.critic
    asks = asks and pack.manifest.critic.kind == "llm"
    if asks and retries:
        most = several(retries, "time")
        found.append(f"rows that the critic sends back ({most} at most) come on top")
    found.append("retries after faults and repair turns come on top")
    if config.budget.seconds is not None:
        found.append("budget.seconds may end the run earlier")
    found += [
        f"budget.per_agent.{role} may pass its agent over" for role in config.budget.per_agent
    ]
    if config.loop.patience is not None:
        found.append("loop.patience may end the run earlier")
    return found


def _round_json(plan: RoundPlan) -> dict[str, Any]:
    rows = [
        {"agent": agent, "model": model, **asdict(sums)}
        for (agent, model), sums in plan.by_agent().items()
    ]
    return {"agents": rows, "total": asdict(plan.total)}


def _print(config: Config, pack: Pack, plan: Plan) -> None:
    show(f"{config.name}: {config.method} with the prompts {pack.name}; expected, nothing spent")
    show()
    show(_round_table("round 1", plan.first))
    show()
    show(_round_table("each later round", plan.later))
    show()
    show("prompt, reply, at most: tokens of one call; tokens, usd: all calls of the round")
    show(_ending(config, plan))
    total = plan.total
    if total is not None:
        most = count(total.prompt_tokens + total.max_completion_tokens)
        show(
            f"In all: {count(total.calls)} calls, {count(total.prompt_tokens)} prompt +"
            f" {count(total.completion_tokens)} completion tokens (if every reply is as long as"
            f" allowed: {most}), USD: {dollars(total.usd)}"
        )
    for note in notes(config, pack):
        show(f"- {note}")


def _ending(config: Config, plan: Plan) -> str:
    if plan.rounds is None:
        return "Rounds: as many as budget.seconds allows; their pace can't be told beforehand."
    if plan.ends_by == "method":
        return f"Rounds: {plan.rounds}; then {config.method} has nothing left to do."
    if plan.ends_by == "loop.rounds":
        return f"Rounds: {plan.rounds}, as loop.rounds says."
    limit = getattr(config.budget, plan.ends_by.removeprefix("budget."))
    return (
        f"Rounds: {plan.rounds} whole ones, then {plan.ends_by} ({limit:,}) is reached in round"
        f" {plan.rounds + 1}."
    )


def _round_table(title: str, plan: RoundPlan) -> Any:
    """One row an agent; its model stands beside it where there are several."""
    rows = plan.by_agent()
    mixed = len({model for _, model in rows}) > 1
    made = table(
        "agent",
        *(["model"] if mixed else []),
        *(">calls", ">prompt", ">reply", ">at most", ">tokens", ">usd"),
        title=title,
    )
    made.columns[0].no_wrap = True
    for (agent, model), sums in rows.items():
        beside = [cell(shortened(model, 40))] if mixed else []
        made.add_row(cell(agent), *beside, *_cells(sums))
    made.add_section()
    total = plan.total
    gap = [""] if mixed else []
    sums_of_all = (count(total.tokens), dollars(total.usd))
    made.add_row(cell("all", "bold"), *gap, count(total.calls), "", "", "", *sums_of_all)
    return made


def _cells(sums: Sums) -> list[str]:
    """Calls, then means of a call, then sums."""
    means = (sums.prompt_tokens, sums.completion_tokens, sums.max_completion_tokens)
    return [
        count(sums.calls),
        *(count(round(value / sums.calls)) for value in means),
        count(sums.tokens),
        dollars(sums.usd),
    ]
