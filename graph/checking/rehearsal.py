"""The first rounds with nobody asked: do all templates render, and what does a round take.

`evokd run` does this before it begins, too: a template that names a variable which there is not
would otherwise end the run behind its warm-up, and a budget below one round would buy nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from evokd.config import BudgetConfig, Config, ConfigError, RunError
from evokd.ledger.call import Amounts
from evokd.runs.formatting import count, several
from evokd.store.disk import is_full
from evokd.tasks.task import Task, load_task
from evokd.teacher.keys import check_needs
from graph.checking.endpoints import endpoints_of
from graph.checking.finding import Finding
from graph.core.loop_method import LoopMethod
from graph.core.method import Method
from graph.dry_run.run import DryRun, dry_run
from graph.dry_run.teacher import LongestPrompt
from graph.packs import PackChoice, mismatches, named, pack_of
from graph.session import check
from prompts.pack import Pack
from prompts.render import TemplateError

ROUNDS = 2
"""The first is fed by the warm-up, the later ones by the round before."""
CALLS = 40
"""Where a method knows no rounds: so many calls show all of its templates."""
COMPLAINT = "expected a list"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it."""

    dry: DryRun
    first_round: Amounts
    """Expected of the warm-up and round 1, whatever the budget."""
    later_round: Amounts
    """Expected of round 2; nothing where there is none."""
    rounds: bool
    """Whether the method goes on by rounds, so that there is a first one to reach."""


def rehearse(method: Method, task: Task, pack: Pack) -> Rehearsal:
    """Render every prompt of the first rounds with rows of train; no model, no student.

    Raises:
        ConfigError: a template that does not render.
        RunError: no room for its files, which lie in the system's folder for such.
    """
    config = method.config
    try:
        pack.repair(COMPLAINT)
        dry = dry_run(_short(method), task, pack, 1.0, config.budget, estimated=True)
    except TemplateError as error:
        raise ConfigError(f"prompts.pack: {error}") from None
    except OSError as error:
        if is_full(error):
            where = tempfile.gettempdir()
            raise RunError(f"{where}: the disk is full ({error}); make room there") from error
        raise
    return Rehearsal(dry, _sums(dry, (0, 1)), _sums(dry, (2,)), isinstance(method, LoopMethod))


def look_at_prompts(
    method: Method, choice: PackChoice, pack: Pack, found: Rehearsal
) -> Iterator[Finding]:
    """The pack and why it is that one, what speaks against it, and the room its prompts need."""
    against = list(mismatches(method, pack))
    yield Finding("pack", "warning" if against else "ok", "\n".join([choice.said, *against]))
    longest = found.dry.longest
    if not longest:
        yield Finding("prompts", "ok", f"{method.name} asks no model")
        return
    tight = [one for one in longest if _overflows(one)]
    widest = max(longest, key=lambda one: one.prompt + one.reply)
    roles = ", ".join(dict.fromkeys(one.role for one in longest))
    said = [f"all templates render ({roles}); the longest: {_room(widest)}", *found.dry.cuts]
    said += [
        f"teachers.{one.role}: {_room(one)}: give it more `context`, or lower `max_tokens`"
        for one in tight
    ]
    yield Finding("prompts", "warning" if tight or found.dry.cuts else "ok", "\n".join(said))


def look_at_budget(method: Method, task: Task, pack: Pack, found: Rehearsal) -> Finding:
    """Whether the budget reaches the end of the first round, or at least a row of it."""
    config = method.config
    short = _below_one_round(config.budget, found)
    if short is None:
        return Finding("budget", "ok", _reaches(config, found))
    name, limit, need = short
    said = (
        f"budget.{name}: {limit:,} does not reach the end of round 1, which takes about {need:,}"
        f" with the warm-up's"
    )
    brief = config.model_copy(
        update={"loop": config.loop.model_copy(update={"rounds": min(1, _rounds(config))})}
    )
    shorter = 1 / pack.manifest.expected.spread
    least = dry_run(brief, task, pack, shorter, config.budget, estimated=True)
    if any(least.accepted.values()):
        return Finding("budget", "warning", f"{said}: that round is cut short")
    return Finding(
        "budget",
        "failed",
        f"{said}, and would end before one written row is accepted: raise it (`evokd plan` says"
        " what a run takes)",
    )


def refuse_what_cannot_work(config: Config) -> list[str]:
    """The free part of the check, before a run begins; gives what its user should know.

    Raises:
        ConfigError: whatever a run is refused for without a server or a student; a key that is
            not set; a template that does not render; a budget that ends before one row is accepted.
    """
    config, _ = named(config)
    method = check(config)
    for endpoint in endpoints_of(config):
        if not endpoint.scripted:
            check_needs(endpoint)
    task, pack = load_task(config.task), pack_of(config)
    found = look_at_budget(method, task, pack, rehearse(method, task, pack))
    if found.state == "failed":
        raise ConfigError(found.text)
    return [found.text] if found.state == "warning" else []


def _sums(dry: DryRun, rounds: tuple[int, ...]) -> Amounts:
    rows = [row for row in dry.asked if row["round"] in rounds]
    return Amounts(
        tokens=sum(row["prompt_tokens"] + row["completion_tokens"] for row in rows),
        usd=sum(row["usd"] or 0.0 for row in rows),
        calls=sum(row["calls"] for row in rows),
    )


def _short(method: Method) -> Config:
    """The config for a few rounds, or calls, that no budget cuts."""
    config = method.config
    if not isinstance(method, LoopMethod):
        calls = min(CALLS, config.budget.calls or CALLS)
        return config.model_copy(
            update={"budget": config.budget.model_copy(update={"calls": calls})}
        )
    loop = config.loop.model_copy(update={"rounds": min(ROUNDS, _rounds(config))})
    return config.model_copy(update={"loop": loop, "budget": BudgetConfig(tokens=None)})


def _rounds(config: Config) -> int:
    return ROUNDS if config.loop.rounds is None else config.loop.rounds


def _below_one_round(budget: BudgetConfig, found: Rehearsal) -> tuple[str, float, float] | None:
    """The limit that ends before round 1 does, what it is, and what would be needed."""
    for name in Amounts._fields if found.rounds else ():
        limit, need = getattr(budget, name), getattr(found.first_round, name)
        if limit is not None and limit < need:
            return name, limit, round(need, 4) if name == "usd" else round(need)
    return None


def _reaches(config: Config, found: Rehearsal) -> str:
    """About how many rounds the budget, or `loop.rounds`, allows."""
    if not found.rounds:
        return "this method has no rounds: `evokd plan` says how far the budget reaches"
    need = found.first_round
    said = f"the warm-up and round 1 take about {count(need.tokens)} tokens in {need.calls} calls"
    ends = [] if config.loop.rounds is None else [(config.loop.rounds, "loop.rounds")]
    for name in Amounts._fields:
        limit, step = getattr(config.budget, name), getattr(found.later_round, name)
        if limit is not None and step:
            rounds = 1 + int((limit - getattr(need, name)) / step)
            ends.append((rounds, f"budget.{name} ({limit:,})"))
    if not ends:
        return said
    rounds, by = min(ends)
    return f"{said}; about {several(rounds, 'round')}, as {by} says"


def _overflows(one: LongestPrompt) -> bool:
    context = one.endpoint.context_tokens
    return context is not None and one.prompt + one.reply > context


def _room(one: LongestPrompt) -> str:
    context = one.endpoint.context_tokens
    known = "context unknown" if context is None else f"context {count(context)}"
    said = f"{one.role}, about {count(one.prompt)} tokens and up to {count(one.reply)} of reply"
    return f"{said} ({one.endpoint.title}: {known})"
