"""Live progress of a run: a display on a terminal, plain lines elsewhere.

It hears the trace events as they are written. What they don't carry, the requests in flight, it
reads from the ledger, where a row is open from before its request leaves.
"""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from evokd.cli.lines import NodeActivities, is_grave, line_of, scores_by_split
from evokd.cli.live import LiveScreen
from evokd.cli.screen import ALARM, console
from evokd.config import Config
from evokd.ledger.call import UNBILLED
from evokd.runs.formatting import clock, count
from evokd.runs.in_flight import CallsInFlight
from evokd.runs.scores import score_names
from evokd.store.events import Begun, Called, Event, NodeEnded, NodeStarted, Scored
from evokd.store.run_dir import RunDir

PULSE_S = 0.5
"""Seconds between looks into the ledger."""
BAR = 24
"""Characters of the bar where there is room."""


class Progress:
    """A listener for `graph.session`; use it as a context around the session."""

    def __init__(self, out: Path, config: Config, earlier_s: float = 0.0) -> None:
        self._name, self._out, self._budget = config.name, out, config.budget
        self._names = score_names(config.task.kind, config.task.metric)
        self._earlier_s, self._began = earlier_s, time.monotonic()
        self._spells = NodeActivities()
        self._watch = CallsInFlight(RunDir(out).ledger)
        self._tokens, self._calls = self._watch.tokens, self._watch.calls
        self._round = 0
        self._scores: Scored | None = None
        self._flying, self._looked = 0, 0.0
        self._broken = self._begun = False
        self._screen = LiveScreen(self._render)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._screen.stop()

    def __call__(self, event: Event) -> None:
        """Hear an event. A screen that went away (`| head`) must not end the run."""
        self._note(event)
        ended = self._spells.hear(event)
        if self._broken:
            return
        try:
            self._begin(event)
            self._tell(event, line_of(event, ended, self._names))
        except OSError:
            self._broken = True

    def say(self, line: str) -> None:
        """A line with its clock, above the display. A screen that went away is no matter."""
        if self._broken:
            return
        try:
            self._screen.say(f"{clock(self.elapsed_s):>8}  {line}")
        except OSError:
            self._broken = True

    @property
    def elapsed_s(self) -> float:
        """Seconds of the run, earlier processes included."""
        return self._earlier_s + time.monotonic() - self._began

    def _note(self, event: Event) -> None:
        if isinstance(event, NodeStarted):
            self._round = event.round
        elif isinstance(event, Scored):
            self._scores = event
        elif isinstance(event, Called) and event.status not in UNBILLED:
            self._calls += 1
            self._tokens += event.prompt_tokens + event.completion_tokens

    def _begin(self, event: Event) -> None:
        """Not before the first event: until then the config can still prove wrong."""
        if self._begun:
            return
        self._begun = True
        prompts = event.prompts if isinstance(event, Begun) else ""
        told = f"; prompts: {prompts}" if prompts else ""
        self._screen.say(f"run {self._name} in {self._out}{told}")
        self._screen.start()

    def _tell(self, event: Event, line: str | None) -> None:
        if line is None or (self._screen.shown and isinstance(event, NodeEnded)):
            return
        style = ALARM if is_grave(event) else ""
        self._screen.say(f"{clock(self.elapsed_s):>8}  {line}", style)

    def _render(self) -> Table:
        """The display."""
        wide = console().width >= 60
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="ellipsis", no_wrap=True)
        grid.add_row("round", Text(f"{self._round}   {self._at_work()}"))
        if self._budget.tokens is not None:
            grid.add_row("tokens", self._bar(wide, self._budget.tokens))
        else:
            grid.add_row("tokens", Text(count(self._tokens)))
        limit = f" of {count(self._budget.calls)}" if self._budget.calls else ""
        flying = f"{self._in_flight()} in flight"
        grid.add_row("calls", Text(f"{count(self._calls)}{limit}, {flying}"))
        if self._scores is not None:
            grid.add_row("scores", Text("  ".join(scores_by_split(self._scores, self._names[:2]))))
        limit = f" of {clock(self._budget.seconds)}" if self._budget.seconds else ""
        grid.add_row("elapsed", Text(f"{clock(self.elapsed_s)}{limit}"))
        return grid

    def _at_work(self) -> str:
        open_ = list(self._spells.open.items())  # the run's thread may change it meanwhile
        names = [f"{name} ×{s.at_work}" if s.at_work > 1 else name for (_, name), s in open_]
        return ", ".join(names) or "…"

    def _bar(self, wide: bool, limit: int) -> Table:
        bar = Table.grid(padding=(0, 1))
        share = Text(f"{count(self._tokens)} of {count(limit)}")
        if wide:
            bar.add_row(
                ProgressBar(total=limit, completed=min(self._tokens, limit), width=BAR), share
            )
        else:
            bar.add_row(share)
        return bar

    def _in_flight(self) -> int:
        now = time.monotonic()
        if now - self._looked >= PULSE_S:
            self._looked, self._flying = now, self._watch.count()
        return self._flying
