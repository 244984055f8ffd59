"""`evokd plan`: what a run will ask and pay for, before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import typer

from evokd.cli.screen import cell, dumps, shortened, show, table
from evokd.config import ROLES, Config, load_config
from evokd.runs.formatting import count
from evokd.runs.pricing import cost, in_words
from evokd.tasks.task import load_task
from graph.core.batches import batch_remarks
from graph.methods import method_of
from graph.packs import PackChoice, named, pack_of
from graph.plan import Course, Plan, RoundPlan, Sums, make_plan
from graph.session import check

SMALL = 0.01
"""Edges that carry less than this share of the tokens are left out of the table."""


def show_plan(
    config_file: Path, overrides: Sequence[str], output: Literal["table", "json"]
) -> None:
    """Print the estimate.

    Raises:
        ConfigError: whatever a run of this config would be refused for.
    """
    config = load_config(config_file, overrides)
    check(config)
    config, choice = named(config)
    pack = pack_of(config)
    plan = make_plan(config, load_task(config.task), pack)
    if output == "json":
        typer.echo(dumps(as_json(config, plan), indent=2))
    else:
        _print(config, choice, plan)


def as_json(config: Config, plan: Plan) -> dict[str, Any]:
    """The estimate as a document; what is not known is null."""
    course = plan.course
    return {
        "name": config.name,
        "rounds": course.rounds if course else None,
        "ends_by": course.ends_by if course else "budget.seconds",
        "first_round": _round_json(plan.first),
        "later_round": _round_json(plan.later),
        "total": course.total.whole() if course else None,
        "rows": {"accepted": course.accepted, "rejected": course.rejected} if course else None,
        "edges": _edges_json(course) if course else None,
        "range": [_course_json(one) for one in plan.range] if plan.range else None,
        "budget": config.budget.model_dump(mode="json"),
        "notes": notes(config, plan),
    }


def notes(config: Config, plan: Plan) -> list[str]:
    """What the estimate takes for granted."""
    taken = "replies are as long, and as often unusable, as the prompt pack expects of its models"
    found = [*plan.cuts, *_one_round(plan.course), *batch_remarks(method_of(config)), taken]
    found.append("retries after faults come on top")
    if config.budget.seconds is not None:
        found.append("budget.seconds may end the run earlier")
    found += [
        f"budget.per_agent.{role} may pass its agent over" for role in config.budget.per_agent
    ]
    if (human := config.loop.human) is not None:
        when = "every round" if human.every == 1 else f"every {human.every} rounds"
        found.append(f"{when} it stops for a person, who costs no tokens (loop.human)")
    if (keep := config.loop.keep) is not None:
        few = f"{keep.per_class} of each class" if keep.share is None else f"{100 * keep.share:g} %"
        found.append(
            f"of a round's accepted rows {few} are trained on; all cost tokens (loop.keep)"
        )
    for key in ("patience", "stop_below_gain"):
        if getattr(config.loop, key) is not None:
            found.append(f"loop.{key} may end the run earlier")
    return found


def _one_round(course: Course | None) -> list[str]:
    """Before a round is closed nothing cuts it to what is left, and texts go without a label."""
    if course is None or course.rounds != 1 or not course.ends_by.startswith("budget."):
        return []
    return [
        f"{course.ends_by} ends the run in round 1, with {count(course.rejected)} rows rejected:"
        " texts are written before any is labelled; ask for fewer a round (loop.n_easy,"
        " loop.n_hard, loop.calls_per_round)"
    ]


def _course_json(course: Course) -> dict[str, Any]:
    rows = {"accepted": course.accepted, "rejected": course.rejected}
    return {"rounds": course.rounds, "rows": rows, "total": course.total.whole()}


def _edges_json(course: Course) -> list[dict[str, Any]]:
    return [
        {"source": source, "target": target, **sums.whole()}
        for (source, target), sums in course.by_edge().items()
    ]


def _round_json(plan: RoundPlan) -> dict[str, Any]:
    rows = [
        {"agent": agent, "model": model, **sums.whole()}
        for (agent, model), sums in plan.by_agent().items()
    ]
    return {"agents": rows, "total": plan.total.whole()}


def _print(config: Config, choice: PackChoice, plan: Plan) -> None:
    show(
        f"{config.name}: {config.method}, {choice.said}, in {config.prompts.language};"
        " expected, nothing spent"
    )
    for title, part in (("round 1", plan.first), ("each later round", plan.later)):
        if part.by_key:
            show()
            show(_round_table(title, part, config))
    show()
    show("prompt, reply, at most: tokens of one call; tokens, usd: all calls of the round")
    if plan.course is None:
        show("Rounds: as many as budget.seconds allows; their pace can't be told beforehand.")
    else:
        show()
        show(_edge_table(plan.course))
        show()
        _print_course(config, plan.course, plan.range)
    for note in notes(config, plan):
        show(f"- {note}")


def _print_course(config: Config, course: Course, around: tuple[Course, Course] | None) -> None:
    total = course.total
    short, long = around or (course, course)
    spent = _cost(total, config, {key[2] for key in course.by_key})
    rows = f"{count(course.accepted)} rows accepted, {count(course.rejected)} rejected"
    show(f"{_ending(config, course)} {rows}.")
    show(
        f"In all: {count(total.calls)} calls, {count(total.prompt_tokens)} prompt +"
        f" {count(total.completion_tokens)} completion tokens; cost: {in_words(spent)}"
    )
    low, high = sorted((short.total.tokens, long.total.tokens))
    few, many = sorted((short.rounds, long.rounds))
    show(
        f"With shorter or longer replies: {count(low)} to {count(high)} tokens,"
        f" {few} to {many} rounds"
    )


def _ending(config: Config, course: Course) -> str:
    if course.ends_by == "method":
        return f"Rounds: {course.rounds}; then {config.method} has nothing left to do;"
    if course.ends_by.startswith("budget."):
        limit = getattr(config.budget, course.ends_by.removeprefix("budget."))
        return f"Rounds: {course.rounds}, until {course.ends_by} ({limit:,}) is reached;"
    return f"Rounds: {course.rounds}, as {course.ends_by} says;"


def _edge_table(course: Course) -> Any:
    """Tokens of the whole run by edge, but for edges that carry next to nothing."""
    made = table("edge", ">calls", ">prompt", ">completion", ">share", title="the whole run")
    whole = course.total.tokens or 1
    for (source, target), sums in course.by_edge().items():
        if sums.tokens >= SMALL * whole:
            share = f"{sums.tokens / whole:.0%}"
            numbers = (sums.calls, sums.prompt_tokens, sums.completion_tokens)
            made.add_row(cell(f"{source} → {target}"), *map(count, numbers), share)
    return made


def _cost(sums: Sums, config: Config, agents: Iterable[str]) -> str:
    teachers = config.teachers
    return cost(sums.usd, [one for agent in agents if agent in ROLES for one in teachers.of(agent)])


def _round_table(title: str, plan: RoundPlan, config: Config) -> Any:
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
        made.add_row(cell(agent), *beside, *_cells(sums), _cost(sums, config, [agent]))
    made.add_section()
    total = plan.total
    gap = [""] if mixed else []
    sums_of_all = (count(total.tokens), _cost(total, config, (agent for agent, _ in rows)))
    made.add_row(cell("all", "bold"), *gap, count(total.calls), "", "", "", *sums_of_all)
    return made


def _cells(sums: Sums) -> list[str]:
    """Calls, then means of a call, then sums."""
    means = (sums.prompt_tokens, sums.completion_tokens, sums.max_completion_tokens)
    return [
        count(sums.calls),
        *(count(round(value / sums.calls)) for value in means),
        count(sums.tokens),
    ]
