"""What a run's display shows, gathered from its events: no terminal, no clock in here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from evokd.cli.lines import scores_by_split
from evokd.config import ROLES, Config
from evokd.ledger.call import UNBILLED, Amounts
from evokd.runs.formatting import clock, count
from evokd.runs.pace import Milestone, rounds_expected, seconds_left
from evokd.runs.pricing import cost, cost_of_all, in_words
from evokd.runs.scores import score_names
from evokd.store.events import Called, Event, NodeEnded, NodeStarted, Scored, Stepped, Trained


@dataclass
class RunMeter:
    """Counts as events come in; every line of the display is one of its methods."""

    config: Config
    earlier: Mapping[str, Amounts] = field(default_factory=dict)
    """Agent → what earlier processes billed for it."""
    round: int = 0
    closed: list[Milestone] = field(default_factory=list)
    """Rounds that ended in this process."""
    _agents: dict[str, Amounts] = field(default_factory=dict)
    _scores: Scored | None = None
    _stepped: Stepped | None = None

    def __post_init__(self) -> None:
        self._agents = dict(self.earlier)

    @property
    def spent(self) -> Amounts:
        """Billed from the beginning of the run."""
        whole = Amounts()
        for one in list(self._agents.values()):  # the run's thread may add one meanwhile
            whole = whole.plus(one)
        return whole

    def hear(self, event: Event, seconds: float) -> None:
        """Take an event in; `seconds` of the run have passed."""
        match event:
            case NodeStarted():
                self.round = max(self.round, event.round)
            case NodeEnded() | Trained():
                self._stepped = None
            case Stepped():
                self._stepped = event
            case Scored():
                self._scores = event
                self.closed.append(Milestone(event.round, self.spent, seconds))
            case Called() if event.status not in UNBILLED:
                tokens = event.prompt_tokens + event.completion_tokens
                billed = Amounts(tokens, event.usd or 0.0, 1)
                self._agents[event.agent] = self._agents.get(event.agent, Amounts()).plus(billed)

    def rounds(self, at_work: Collection[str]) -> str:
        """`3 of about 6 · trainer · step 12 of 40`."""
        place = str(self.round)
        expected = self._expected
        if self.round and expected is not None:
            sure = expected == self.config.loop.rounds
            place += f" of {'' if sure else 'about '}{max(expected, self.round)}"
        now = self._stepped
        step = f"step {count(now.step)} of {count(now.steps)}" if now is not None else ""
        return " · ".join(part for part in (place, ", ".join(at_work) or "…", step) if part)

    def calls(self, in_flight: int) -> str:
        """`120 of 400, 4 in flight`."""
        limit = self.config.budget.calls
        of = f" of {count(limit)}" if limit else ""
        return f"{count(self.spent.calls)}{of}, {in_flight} in flight"

    @property
    def price(self) -> str:
        """What it cost so far."""
        limit = self.config.budget.usd
        parts: list[tuple[float | None, str]] = []
        for agent, spent in list(self._agents.items()):
            asked = self.config.teachers.of(agent) if agent in ROLES else ()
            known = bool(asked) and all(one.price for one in asked)
            usd = spent.usd if known else None
            parts.append((usd, cost(usd, asked)))
        if not parts:
            return ""
        paid = in_words(cost_of_all(None, parts))
        return f"{paid} of {limit:g}" if limit else paid

    @property
    def scores(self) -> str:
        """Of the last round that was closed."""
        task = self.config.task
        names: Sequence[str] = score_names(task.kind, task.metric)[:2]
        return "" if self._scores is None else "  ".join(scores_by_split(self._scores, names))

    def time(self, elapsed: float) -> str:
        """`02:13, about 03:20 left`."""
        left = seconds_left(self.closed, self._expected, elapsed, self.config.budget.seconds)
        return clock(elapsed) + ("" if left is None else f", about {clock(left)} left")

    @property
    def _expected(self) -> int | None:
        return rounds_expected(self.closed, self.config.budget, self.config.loop.rounds)
