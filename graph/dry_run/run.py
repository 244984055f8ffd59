"""One dry run: the config's graph, from START to END, in a folder that is thrown away."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evokd.config import BudgetConfig, Config
from evokd.ledger.attempts import values_of
from evokd.ledger.budget import Budget
from evokd.ledger.ledger import Ledger
from evokd.ledger.totals import sums
from evokd.store.event_log import EventLog
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.task import Task
from evokd.teacher.metering import Metering
from evokd.teacher.tokenizer import Estimate, tokenizer_of
from evokd.teacher.tokens import count
from graph.build import build
from graph.core.checkpoints import open_checkpoints
from graph.core.memory import without_policies
from graph.core.run_context import RunContext
from graph.dry_run.material import Material
from graph.dry_run.replies import Replies
from graph.dry_run.students import GuessingStudents
from graph.dry_run.teacher import CountingPool, LongestPrompt
from graph.methods import method_of
from prompts.pack import Pack

THREAD = "dry"
LEAST_REASONING = 64
"""Tokens of a response where a pack has no worked example."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run of the config would ask."""

    asked: list[dict[str, Any]]
    """Sums as `evokd.ledger.totals.sums` gives them, by round, source, target, agent, model."""
    rounds: int
    """Rounds that were closed, the last one possibly cut short."""
    accepted: dict[int, int]
    """Round → rows."""
    rejected: dict[int, int]
    stop: str
    """Why it ended."""
    cuts: tuple[str, ...]
    """What the trace would be told of texts that are cut in prompts."""
    longest: tuple[LongestPrompt, ...] = ()
    """By role and endpoint."""
    prompts: tuple[str, ...] = ()
    """Their hashes, each once, in order: two runs that ask the same have the same."""


def dry_run(
    config: Config,
    task: Task,
    pack: Pack,
    longer: float = 1.0,
    limits: BudgetConfig | None = None,
    *,
    estimated: bool = False,
) -> DryRun:
    """Run the graph of a checked config, with replies so many times as long as expected.

    What prompts must bear are `limits`, where the config's own budget is but a part of the run's.
    With `estimated`, tokens are counted as an estimate, and no embedded server is started for it.

    Dev rows steer nothing here, for nobody knows how scores will go: `loop.patience` and
    `loop.stop_below_gain` are off. Nor does a person, who spends no tokens: `loop.human` is off; so
    is what is only measured. `loop.keep` and `loop.review` go by chance, for as many rows: students
    that know nothing can't say which.
    """
    off = {"patience": None, "stop_below_gain": None, "human": None, "representation": False}
    loop = config.loop.model_copy(update=off)
    config = without_policies(config.model_copy(update={"loop": loop}))
    with tempfile.TemporaryDirectory(prefix="evokd-plan-") as folder:
        run = _context(config, task, pack, longer, Path(folder) / "run", estimated)
        run.metering.limits = limits
        return asyncio.run(_run(run))


async def _run(run: RunContext) -> DryRun:
    method = method_of(run.config)
    method.stand_in()
    try:
        async with open_checkpoints(run.dir.checkpoints) as saver:
            settings = {"configurable": {"thread_id": THREAD}, "recursion_limit": 1_000_000}
            state = await build(run, method, saver).ainvoke(
                {"round": 0}, settings, durability="exit"
            )
        await run.metering.drain()
        keys = ("round", "source", "target", "agent", "model")
        asked = sums(run.metering.ledger.db, *keys)
        hashes = values_of(run.metering.ledger.db, "prompt_sha")["prompt_sha"]
    finally:
        run.metering.ledger.close_database()
        run.events.close()
    lines = read_lines(run.dir.metrics)
    return DryRun(
        asked=asked,
        rounds=max((line["round"] for line in lines), default=0),
        accepted={line["round"]: line["accepted"] for line in lines},
        rejected={line["round"]: line["rejected"] for line in lines},
        stop=state.get("stop") or "nothing left to do",
        cuts=tuple(run.metering.cuts.values()),
        longest=run.pool.longest if isinstance(run.pool, CountingPool) else (),
        prompts=tuple(hashes),
    )


def _context(
    config: Config, task: Task, pack: Pack, longer: float, folder: Path, estimated: bool
) -> RunContext:
    method = method_of(config)
    seeds, pack = method.shots(task), method.adapted(pack)
    writer = Estimate() if estimated else tokenizer_of(config.teachers.of("hard_generator")[0])
    material = Material(task, seeds, writer.text, _longest_text(config, pack))
    replies = Replies(task, material, pack, longer)
    directory = RunDir.create(folder, config, {"id": THREAD})
    events, ledger = EventLog(directory.events), Ledger(directory.ledger)
    return RunContext(
        config=config,
        task=replace(task, test=task.test[:2], dev=None),
        seeds=seeds,
        pack=pack,
        dir=directory,
        metering=Metering(
            ledger=ledger,
            budget=Budget(config.budget.model_copy(update={"seconds": None})),
            emit=events.add,
            seed=config.seed,
            repair_turns=config.loop.repair_turns,
            hopeful=True,
        ),
        events=events,
        pool=CountingPool(
            config.teachers, replies, round(_reasoning(pack) * longer), estimated=estimated
        ),
        students=GuessingStudents(config, material),
    )


def _longest_text(config: Config, pack: Pack) -> float:
    """Tokens that a writer may use for one text."""
    style, own = pack.manifest.generator, config.teachers.of("hard_generator")[0].max_tokens
    return style.max_tokens if own is None else own / (style.texts_per_call or config.loop.n_hard)


def _reasoning(pack: Pack) -> int:
    """Tokens of a response: as expected, else twice those of the pack's worked examples."""
    style, expected = pack.manifest.reasoner, pack.manifest.expected.reasoning
    if expected is not None:
        return expected
    worked = [one for many in style.examples.values() for one in many] if style else []
    sizes = [count(f"{one.reasoning} {one.answer}") for one in worked]
    return max(LEAST_REASONING, 2 * sum(sizes) // max(1, len(sizes)))
