"""Live progress of a run: lines as things happen, and on a terminal a display below them.

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

from evokd.cli.lines import NodeActivities, is_grave, line_of
from evokd.cli.live import LiveScreen
from evokd.cli.meter import RunMeter
from evokd.cli.screen import ALARM, console
from evokd.config import Config
from evokd.runs.formatting import clock, count
from evokd.runs.in_flight import CallsInFlight
from evokd.runs.scores import score_names
from evokd.store.events import Begun, Event
from evokd.store.run_dir import RunDir

PULSE_S = 0.5
"""Seconds between looks into the ledger."""
BAR = 24
"""Characters of the bar where there is room."""
HANG = 19
"""Columns before the words of a line: clock and round."""


class Progress:
    """A listener for `graph.session`; use it as a context around the session."""

    def __init__(self, out: Path, config: Config, earlier_s: float = 0.0) -> None:
        self._out, self._config = out, config
        self._names = score_names(config.task.kind, config.task.metric)
        self._earlier_s, self._began = earlier_s, time.monotonic()
        self._spells = NodeActivities()
        self._watch = CallsInFlight(RunDir(out).ledger)
        self._meter = RunMeter(config, self._watch.earlier)
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
        self._meter.hear(event, self.elapsed_s)
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

    def _begin(self, event: Event) -> None:
        """Not before the first event: until then the config can still prove wrong."""
        if self._begun:
            return
        self._begun = True
        prompts = event.prompts if isinstance(event, Begun) else ""
        told = f"; prompts: {prompts}" if prompts else ""
        self._screen.say(f"run {self._config.name} in {self._out}{told}")
        self._screen.start()

    def _tell(self, event: Event, line: str | None) -> None:
        if line is not None:
            style = ALARM if is_grave(event) else ""
            self._screen.say(f"{clock(self.elapsed_s):>8}  {line}", style, HANG)

    def _render(self) -> Table:
        """The display."""
        meter = self._meter
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="ellipsis", no_wrap=True)
        grid.add_row("round", Text(meter.rounds(self._at_work())))
        grid.add_row("tokens", self._tokens())
        grid.add_row("calls", Text(meter.calls(self._in_flight())))
        for name, said in (("price", meter.price), ("scores", meter.scores)):
            if said:
                grid.add_row(name, Text(said))
        grid.add_row("time", Text(meter.time(self.elapsed_s)))
        return grid

    def _at_work(self) -> list[str]:
        open_ = list(self._spells.open.items())  # the run's thread may change it meanwhile
        return [f"{name} ×{s.at_work}" if s.at_work > 1 else name for (_, name), s in open_]

    def _tokens(self) -> Table | Text:
        spent, limit = self._meter.spent.tokens, self._config.budget.tokens
        if limit is None:
            return Text(count(spent))
        share = Text(f"{count(spent)} of {count(limit)}")
        if console().width < 60:
            return share
        bar = Table.grid(padding=(0, 1))
        bar.add_row(ProgressBar(total=limit, completed=min(spent, limit), width=BAR), share)
        return bar

    def _in_flight(self) -> int:
        now = time.monotonic()
        if now - self._looked >= PULSE_S:
            self._looked, self._flying = now, self._watch.count()
        return self._flying
