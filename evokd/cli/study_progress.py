"""Progress of a study: one display on a terminal, a line an event elsewhere.

00:01:12  done    evokd uci_amazon 1-shot seed 1: macro-F1 0.636, 20,004 tokens, 41.2 s  (3 of 24)
"""

from __future__ import annotations

import time
from statistics import mean
from types import TracebackType

from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from evokd.cli.heard import call_line
from evokd.cli.lines import ABORTING, STOPPING
from evokd.cli.live import LiveScreen
from evokd.cli.screen import harmless, shortened
from evokd.runs.formatting import clock, count, ratio, several
from evokd.runs.scores import metric_name
from evokd.studies.run.progress import CellProgress

BAR = 24
HANG = 18
"""Columns before the title of a line: clock and word."""
LONG = 300
"""Characters of a reason."""
SHOWN = 8
"""Running cells named in the display."""


class StudyProgress:
    """Hears the news of a runner; use it as a context around the work."""

    def __init__(self, total: int, ended: int, failed: int, tokens: int) -> None:
        """Args.

        total: cells of the study.
        ended: those with a result from earlier starts.
        failed: how many of these failed.
        tokens: billed by them.
        """
        self._total, self._before = total, ended
        self._done, self._failed, self._tokens = ended - failed, failed, tokens
        self._running: dict[str, tuple[str, float, int]] = {}
        """Cell → title, time of its start, tokens."""
        self._seconds: list[float] = []
        """Wall time of the cells that ended in this process."""
        self._began = time.monotonic()
        self._widest = 1
        self._broken = False
        self._screen = LiveScreen(self._render)

    def __enter__(self) -> StudyProgress:
        self._screen.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._screen.stop()

    def __call__(self, progress: CellProgress) -> None:
        """Hear the news. A screen that went away must not end the study."""
        line = self._note(progress)
        if line is None or self._broken:
            return
        try:
            self._screen.say(f"{clock(time.monotonic() - self._began):>8}  {line}", hang=HANG)
        except OSError:
            self._broken = True

    def _note(self, progress: CellProgress) -> str | None:
        """Count; gives the line that tells of it."""
        cell, title = progress.cell.id, progress.cell.axes.title
        if progress.kind == "begun":
            self._running[cell] = (title, time.monotonic(), 0)
            self._widest = max(self._widest, len(self._running))
            return f"begun   {title}"
        if progress.kind == "spent":
            _, since, _ = self._running.get(cell, (title, time.monotonic(), 0))
            self._running[cell] = (title, since, progress.tokens)
            return None
        if progress.call is not None:
            return f"called  {title}: {call_line(progress.call)}"
        if progress.kind in ("stopping", "aborting"):
            return f"{title}: {STOPPING if progress.kind == 'stopping' else ABORTING}"
        begun = self._running.pop(cell, None)
        row = progress.row
        if row is None:
            return f"stopped {title}: interrupted; the same command goes on with it"
        if begun is not None:
            self._seconds.append(time.monotonic() - begun[1])
        self._tokens += row["billed_tokens"] or 0
        if progress.kind == "failed":
            self._failed += 1
            return f"failed  {title}: {shortened(str(row['reason']), LONG)}  {self._place()}"
        self._done += 1
        wall = f"{row['wall_s']:.1f} s" if row["wall_s"] is not None else "–"
        return (
            f"done    {title}: {metric_name(row['metric'])} {ratio(row['score'])},"
            f" {several(row['billed_tokens'], 'token')}, {wall}  {self._place()}"
        )

    def _place(self) -> str:
        return f"({self._done + self._failed} of {self._total})"

    def _render(self) -> Table:
        """The display."""
        ended = self._done + self._failed
        running = list(self._running.values())  # the runner may change it meanwhile
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="ellipsis", no_wrap=True)
        bar = Table.grid(padding=(0, 1))
        failed = f", {self._failed} failed" if self._failed else ""
        bar.add_row(
            ProgressBar(total=max(1, self._total), completed=ended, width=BAR),
            Text(f"{self._done} of {self._total} done{failed}, {len(running)} running"),
        )
        grid.add_row("cells", bar)
        grid.add_row("tokens", Text(count(self._tokens + sum(tokens for *_, tokens in running))))
        grid.add_row("time", Text(f"{clock(time.monotonic() - self._began)}{self._left()}"))
        for title, since, tokens in running[:SHOWN]:
            said = f"{title}: {count(tokens)} tokens, {clock(time.monotonic() - since)}"
            grid.add_row("", Text(harmless(said)))
        return grid

    def _left(self) -> str:
        """What is left at the pace of the cells so far."""
        if not self._seconds:
            return ""
        rest = self._total - self._done - self._failed
        return f", about {clock(mean(self._seconds) * rest / self._widest)} left"
