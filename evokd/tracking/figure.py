"""The picture that trackers get of a run that is done: what its tokens brought, and their edges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evokd.runs.formatting import short
from evokd.runs.run import Run, read_run
from evokd.runs.scores import metric_name
from evokd.runs.totals import EdgeTotals, read_edges

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILE = "tokens.png"
_MOST = 12
"""Edges with a bar of their own."""


def draw_run(run: Path) -> Sequence[Path]:
    """`tokens.png` in the run's directory: the score over billed tokens, and tokens by edge.

    Gives none for a run that has closed no round or spent nothing.

    Raises:
        Unreadable: the ledger is damaged.
        OSError: the picture can't be written.
    """
    head = read_run(run)
    edges = sorted(read_edges(head).edges, key=lambda one: one.billed, reverse=True)
    spending = [one for one in edges if one.billed]
    if not head.metrics or not spending:
        return ()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.6), layout="constrained")
    FigureCanvasAgg(figure)  # no pyplot: its state is the main thread's
    curve, bars = figure.subplots(1, 2)
    _draw_curve(curve, head)
    _draw_edges(bars, spending)
    path = run / FILE
    figure.savefig(path, dpi=120)
    return (path,)


def _draw_curve(axes: Axes, head: Run) -> None:
    metric = head.score_names[0]
    for split, style in (("test", "o-"), ("dev", "s--")):
        points = [
            (line.get("billed_tokens"), head.score(place, split))
            for place, line in enumerate(head.metrics)
        ]
        known = [(x, y) for x, y in points if x is not None and y is not None]
        if known:
            axes.plot(*zip(*known, strict=True), style, label=split)
    axes.set(xlabel="billed tokens", ylabel=metric_name(metric), ylim=(0, 1))
    axes.legend(frameon=False)


def _draw_edges(axes: Axes, edges: Sequence[EdgeTotals]) -> None:
    shown = list(edges[:_MOST])[::-1]
    bars = axes.barh([_words(one.name) for one in shown], [one.billed for one in shown])
    axes.bar_label(bars, [short(one.billed) for one in shown], padding=3)
    axes.set(xlabel="billed tokens")
    axes.margins(x=0.15)


def _words(name: str) -> str:
    """Without what matplotlib would read as a formula."""
    return name.replace("$", r"\$")
