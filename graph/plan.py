"""What a run will ask and pay for, estimated before anything is spent.

The config's own graph runs, with teachers that count instead of asking and a student that learns
nothing (`graph.dry_run`): so templates, batches, switches, voters, limits, repair turns, rewrites
and the last, cut round are the real ones. What is guessed is what models will write; the prompt
pack says what is expected of them (`expected:` in its pack.yaml), and a range what else may come.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from evokd.config import BudgetConfig, Config
from evokd.ledger.call import Amounts
from evokd.tasks.task import Task
from graph.dry_run.run import DryRun, dry_run
from prompts.pack import Pack

PROBE = 8
"""Rounds that run one by one. What a longer run does between these and its end is more of the
same, and is added up from the second half of them."""
FEW = 3


@dataclass(frozen=True, slots=True)
class Sums:
    """Expected requests, added up. Means of rounds, so no whole numbers until they are shown."""

    calls: float
    prompt_tokens: float
    completion_tokens: float
    max_completion_tokens: float
    usd: float | None
    """None where any of the requests has no price: an unknown cost is not 0."""
    max_usd: float | None

    @property
    def tokens(self) -> float:
        return self.prompt_tokens + self.completion_tokens

    def times(self, n: float) -> Sums:
        """So many of this."""
        return Sums(*(None if one is None else one * n for one in asdict(self).values()))  # type: ignore[arg-type]

    def plus(self, other: Sums) -> Sums:
        """Both."""
        pairs = zip(asdict(self).values(), asdict(other).values(), strict=True)
        return Sums(*(None if None in pair else sum(pair) for pair in pairs))  # type: ignore[arg-type]

    def whole(self) -> dict[str, Any]:
        """As a document has it: calls and tokens are whole."""
        found = asdict(self)
        return {k: found[k] if "usd" in k or found[k] is None else round(found[k]) for k in found}


NOTHING = Sums(0, 0, 0, 0, 0.0, 0.0)
SUMS = tuple(field.name for field in fields(Sums))
T = TypeVar("T")
Key = tuple[str, str, str, str]
"""Source, target, agent, model."""


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """One round's requests."""

    by_key: Mapping[Key, Sums]

    @property
    def total(self) -> Sums:
        return add_up(self.by_key.values())

    def by_agent(self) -> dict[tuple[str, str], Sums]:
        """Sums by agent and model, in the order of the work."""
        return _grouped(self.by_key, lambda key: (key[2], key[3]))

    def times(self, n: float) -> RoundPlan:
        """So many of this."""
        return RoundPlan({key: sums.times(n) for key, sums in self.by_key.items()})


@dataclass(frozen=True, slots=True)
class Course:
    """A run from its first round to its last."""

    rounds: int
    """The last one possibly cut short."""
    accepted: int
    rejected: int
    by_key: Mapping[Key, Sums]
    ends_by: str
    """The field that ends it; `method` where the method itself has nothing left to do."""

    @property
    def total(self) -> Sums:
        return add_up(self.by_key.values())

    def by_edge(self) -> dict[tuple[str, str], Sums]:
        """Sums by edge, in the order of the work."""
        return _grouped(self.by_key, lambda key: (key[0], key[1]))


@dataclass(frozen=True, slots=True)
class Plan:
    """The estimate of a run."""

    first: RoundPlan
    """The warm-up and round 1, with the seed shots as feedback."""
    later: RoundPlan
    """A later round, with the batch before it as feedback."""
    course: Course | None
    """Of the whole run; None where only time ends it."""
    range: tuple[Course, Course] | None
    """With replies that are shorter, and longer, than expected; None where not asked for."""
    cuts: tuple[str, ...] = ()
    """Roles whose texts are cut in prompts, and why, in words."""


def make_plan(config: Config, task: Task, pack: Pack, *, brief: bool = False) -> Plan:
    """Estimate a run of a checked config.

    Args:
        config: Of the run.
        task: Its rows; those of test are left alone.
        pack: Its prompts.
        brief: For one of many runs: no range, and no walk to the last, cut round.
    """
    probe = FEW if brief else PROBE

    def begin(longer: float) -> tuple[DryRun, bool]:
        """The first rounds, and whether the run has come to its end in them."""
        rounds = config.loop.rounds
        most = probe if rounds is None else min(probe, rounds)
        found = dry_run(_with(config, most), task, pack, longer)
        return found, found.rounds < probe or rounds == probe

    def course(begun: DryRun, ended: bool, longer: float) -> Course:
        if ended:
            return _as_course(begun)
        if brief:
            return _prolonged(config, begun)
        return _walked(config, begun, lambda one: dry_run(one, task, pack, longer, config.budget))

    begun, ended = begin(1.0)
    first = _mean(begun, [n for n in begun.accepted if n == 1], with_start=True)
    later = _later(begun)
    if not (ended or _ends(config)):
        return Plan(first, later, None, None, begun.cuts)
    whole = course(begun, ended, 1.0)
    if brief:
        return Plan(first, later, whole, None, begun.cuts)
    spread = pack.manifest.expected.spread
    short, long = (course(*begin(longer), longer) for longer in (1 / spread, spread))
    return Plan(first, later, whole, (short, long), begun.cuts)


def add_up(many: Iterable[Sums]) -> Sums:
    """The sum of some sums."""
    total = NOTHING
    for one in many:
        total = total.plus(one)
    return total


def _walked(config: Config, begun: DryRun, dry: Callable[[Config], DryRun]) -> Course:
    """The whole run: run again, shorter by the rounds that are like the last ones begun."""
    steady = _later(begun)
    skipped = max(0, int(_left(config, begun, steady.total)) - 1)
    if not skipped:
        return _as_course(dry(config))
    budget, rounds = _less(config.budget, steady.total, skipped), config.loop.rounds
    shorter = _with(config, None if rounds is None else rounds - skipped, budget)
    return _as_course(dry(shorter), steady, skipped)


def _prolonged(config: Config, begun: DryRun) -> Course:
    """The whole run: what has begun, and more of the same until a limit."""
    steady = _later(begun)
    return _as_course(begun, steady, _left(config, begun, steady.total))


def _ends(config: Config) -> bool:
    return config.loop.rounds is not None or bool(config.budget.limits.keys() - {"seconds"})


def _as_course(run: DryRun, steady: RoundPlan | None = None, skipped: float = 0) -> Course:
    by_key = dict(_all(run).by_key)
    for key, sums in (steady.times(skipped).by_key if steady else {}).items():
        by_key[key] = by_key.get(key, NOTHING).plus(sums)
    return Course(
        rounds=run.rounds + math.ceil(skipped),
        accepted=_rows(run.accepted, skipped),
        rejected=_rows(run.rejected, skipped),
        by_key=by_key,
        ends_by=_field(run.stop),
    )


def _rows(by_round: Mapping[int, int], skipped: float) -> int:
    """Rows of the rounds, and of those that were skipped."""
    whole = _settled(by_round)
    return sum(by_round.values()) + round(
        skipped * sum(by_round[n] for n in whole) / max(1, len(whole))
    )


def _field(stop: str) -> str:
    """The field behind a reason for stopping."""
    found = re.search(r"budget\.(\w+) is reached", stop)
    if found:
        return f"budget.{found[1]}"
    if "without an accepted row" in stop:
        return "loop.barren_rounds"
    return "loop.rounds" if stop.endswith(("rounds done", "no rounds asked for")) else "method"


def _left(config: Config, begun: DryRun, steady: Sums) -> float:
    """Rounds that still fit behind those begun, a part of one counted as such."""
    spent, left = _all(begun).total, []
    if config.loop.rounds is not None:
        left.append(float(config.loop.rounds - begun.rounds))
    for name in Amounts._fields:
        limit, step = getattr(config.budget, name), getattr(steady, name)
        if limit is not None and step:
            left.append((limit - getattr(spent, name)) / step)
    return max(0.0, min(left, default=0.0))


def _less(budget: BudgetConfig, steady: Sums, rounds: int) -> BudgetConfig:
    """What is left of a budget when so many rounds are taken off."""
    change = {
        name: type(limit)(limit - rounds * (getattr(steady, name) or 0))
        for name in Amounts._fields
        if (limit := getattr(budget, name)) is not None
    }
    return budget.model_copy(update=change)


def _with(config: Config, rounds: int | None, budget: BudgetConfig | None = None) -> Config:
    loop = config.loop.model_copy(update={"rounds": rounds})
    return config.model_copy(update={"loop": loop, "budget": budget or config.budget})


def _all(run: DryRun) -> RoundPlan:
    return _of(run, {row["round"] for row in run.asked})


def _later(run: DryRun) -> RoundPlan:
    """A round behind the first, as a mean of the last whole ones; the last of all may be cut."""
    return _mean(run, _settled(run.accepted))


def _settled(rounds: Collection[int]) -> list[int]:
    """The second half of the rounds behind the first, without the last one."""
    later = [number for number in sorted(rounds) if number > 1]
    whole = later[:-1] or later
    return whole[len(whole) // 2 :]


def _mean(run: DryRun, rounds: Sequence[int], *, with_start: bool = False) -> RoundPlan:
    """Of these rounds; with what was asked before round 1, where that is wanted."""
    found = _of(run, {*rounds, *([0] if with_start else [])})
    return found.times(1 / max(1, len(rounds)))


def _of(run: DryRun, rounds: Collection[int]) -> RoundPlan:
    found: dict[Key, Sums] = {}
    for row in run.asked:
        if row["round"] in rounds:
            key = (row["source"], row["target"], row["agent"], row["model"])
            found[key] = found.get(key, NOTHING).plus(Sums(**{name: row[name] for name in SUMS}))
    return RoundPlan(found)


def _grouped(by_key: Mapping[Key, Sums], name: Callable[[Key], T]) -> dict[T, Sums]:
    found: dict[T, Sums] = {}
    for key, sums in by_key.items():
        found[name(key)] = found.get(name(key), NOTHING).plus(sums)
    return found
