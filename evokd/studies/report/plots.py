"""Drawing, one function a kind of figure. What is drawn is chosen and captioned in `figures`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evokd.runs.scores import metric_name
from evokd.studies.report.curves import Band, Crossing, Curve, band, step
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.plot_style import (
    GREY,
    Style,
    label,
    line_label,
    new_figure,
    spread,
    style,
    thousands,
    token_axis,
)
from evokd.studies.report.standings import Standing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curves = Mapping[MethodVariant, Mapping[int, Curve]]
TOKENS = "billed tokens (prompt + completion)"
BEHIND = Style("#b4b4b4", "-", "", 0.9)
"""A line that others stand in front of."""
_MARKS = 7
"""Markers on a line: enough to tell it, few enough to see its steps."""


def token_curves(
    curves: Curves,
    metric: str,
    end: int,
    full: float | None,
    crossed: Mapping[MethodVariant, Crossing],
    teacher: float | None = None,
    front: Collection[MethodVariant] | None = None,
) -> Figure:
    """One line a method, with its band where it stands in front; names at the line ends.

    Args:
        curves: Line → seed → curve.
        metric: What the scores are.
        end: Right end of the axis, in tokens.
        full: Mean of the full-shot reference.
        crossed: Rival → from where on the reference stays above; marked on the axis.
        teacher: The teacher's own score.
        front: Lines that are told apart; the others are grey behind them. None: all.
    """
    figure = new_figure(7.4, max(3.8, 0.2 * len(curves) + 1.4))
    axes = figure.add_subplot()
    lines, ends = list(curves), []
    bands = {line: band(list(curves[line].values()), end) for line in lines}
    for place, line in enumerate(lines):
        ahead = front is None or line in front
        look = style(line, lines) if ahead else BEHIND
        shade, marks = (0.12, _MARKS) if ahead else (0.0, 0)
        _draw(axes, bands[line], look, shade=shade, place=place, marks=marks)
        ends.append((float(bands[line].mean[-1]), line_label(line, _flat(curves[line])), look))
    for value, name, dashes in (
        (full, "full shot", (1, 2.5)),
        (teacher, "teacher, no example", (5, 2)),
    ):
        if value is not None:
            look = Style(GREY, (0, dashes), "", 1.2)
            axes.axhline(value, color=look.colour, linestyle=look.dashes, linewidth=look.width)
            ends.append((value, name, look))
    shown = [line for line in lines if line in crossed and (front is None or line in front)]
    _mark_crossings(axes, lines, {rival: crossed[rival] for rival in shown}, end)
    axes.set_xlim(0, end)
    axes.set_xlabel(TOKENS)
    axes.set_ylabel(f"{label(metric_name(metric))} (test)")
    token_axis(axes.xaxis)
    _name_ends(axes, ends)
    return figure


def token_pairs(
    curves: Curves,
    metric: str,
    mine: MethodVariant,
    end: int,
    crossed: Mapping[MethodVariant, Crossing],
) -> Figure:
    """A panel a rival: its band, the reference's, and where they cross."""
    rivals, lines = [line for line in curves if line != mine], list(curves)
    columns = min(4, len(rivals))
    rows = -(-len(rivals) // columns)
    figure = new_figure(max(4.0, 2.3 * columns), 2.1 * rows + 0.5)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    own = band(list(curves[mine].values()), end)
    for number, axes in enumerate(panels.flat):
        if number >= len(rivals):
            axes.set_visible(False)
            continue
        rival = rivals[number]
        theirs = band(list(curves[rival].values()), end)
        _draw(axes, own, style(mine, lines)._replace(width=1.6), shade=0.16, marks=0)
        _draw(axes, theirs, style(rival, lines), shade=0.22, marks=4)
        axes.set_title(line_label(rival, _flat(curves[rival])))
        _cross_line(axes, crossed.get(rival), end)
        axes.set_xlim(0, end)
        token_axis(axes.xaxis)
        if number + columns >= len(rivals):
            axes.tick_params(labelbottom=True)
    figure.supxlabel(TOKENS, fontsize=9)
    figure.supylabel(f"{label(metric_name(metric))} (test)", fontsize=9)
    return figure


def _draw(
    axes: Axes, found: Band, look: Style, shade: float, place: int = 0, marks: int = _MARKS
) -> None:
    """Mean as steps, band of one sd around it; past a flat end the line is thin and dotted."""
    grid, mean = found.grid, found.mean
    sd = np.nan_to_num(found.sd)
    bounds = (mean - sd, mean + sd)
    axes.fill_between(grid, *bounds, step="post", color=look.colour, alpha=shade, linewidth=0)
    stop = len(grid) - 1 if found.flat_from is None else int(np.sum(grid <= found.flat_from)) - 1
    own = slice(0, max(1, stop + 1))
    axes.step(
        grid[own], mean[own], where="post", color=look.colour, linestyle=look.dashes,
        linewidth=look.width, zorder=1.8 if look is BEHIND else 2,
    )  # fmt: skip
    if found.flat_from is not None and stop < len(grid) - 1:
        rest = slice(max(0, stop), None)
        axes.step(
            grid[rest], mean[rest], where="post", color=look.colour, linewidth=0.9,
            linestyle=(0, (1, 2.2)),
        )  # fmt: skip
        axes.plot(grid[stop], mean[stop], marker="|", color=look.colour, markersize=11)
    _markers(axes, found, look, place, marks)


def _markers(axes: Axes, found: Band, look: Style, place: int, marks: int) -> None:
    """Markers at even distances, those of the next line beside them, not on them."""
    if not marks:
        return
    end = float(found.grid[-1])
    at = (np.arange(marks) + 0.2 + 0.6 * ((place * 5) % 13) / 13) * end / marks
    values = step(Curve(None, tuple(map(int, found.grid)), tuple(found.mean)), at)
    axes.plot(
        at, values, linestyle="none", marker=look.marker, markersize=5.2, color=look.colour,
        markerfacecolor="white", markeredgewidth=1.1,
    )  # fmt: skip


def _mark_crossings(
    axes: Axes, lines: Sequence[MethodVariant], crossed: Mapping[MethodVariant, Crossing], end: int
) -> None:
    """The rival's marker, filled, where the reference left it behind; on the axis, piled."""
    last, level = -end, 0
    for tokens, rival in sorted((at.at, rival) for rival, at in crossed.items() if at.at):
        level = level + 1 if tokens - last < 0.02 * end else 0
        last = last if level else tokens
        look = style(rival, lines)
        axes.plot(
            last, 0.03 * level, transform=axes.get_xaxis_transform(), marker=look.marker,
            color=look.colour, markersize=5.5, clip_on=False, linestyle="none", zorder=5,
        )  # fmt: skip


def _cross_line(axes: Axes, at: Crossing | None, end: int) -> None:
    if at is None or not at.at:
        text = "no crossover" if at is not None and at.at is None else ""
        axes.text(0.97, 0.04, text, transform=axes.transAxes, ha="right", fontsize=7.5, color=GREY)
        return
    if at.low is not None:
        high = end if at.high is None else at.high
        axes.axvspan(at.low, high, ymax=0.05, color=GREY, alpha=0.5, linewidth=0)
    axes.axvline(at.at, color=GREY, linewidth=0.9, linestyle=(0, (2, 2)))
    right = at.at > 0.55 * end
    axes.annotate(
        thousands(round(at.at, -2)), (at.at, 0.07), xycoords=axes.get_xaxis_transform(),
        xytext=(-4 if right else 4, 0), textcoords="offset points",
        ha="right" if right else "left", fontsize=7.5, color="#333333",
    )  # fmt: skip


def _name_ends(axes: Axes, ends: Sequence[tuple[float, str, Style]]) -> None:
    """Names to the right of the axes, level with the line ends where there is room."""
    low, high = axes.get_ylim()
    wanted = [(value - low) / (high - low) for value, _, _ in ends]
    height = axes.get_figure(root=True).get_size_inches()[1] * 0.84  # type: ignore[union-attr]
    places = spread(wanted, 0.185 / height, 0.0, 1.0)
    for at, place, (_, name, look) in zip(wanted, places, ends, strict=True):
        where: Any = {"transform": axes.transAxes, "clip_on": False}
        axes.plot([1.0, 1.03], [at, place], color=look.colour, linewidth=0.6, **where)
        if look.marker:
            axes.plot(
                [1.045], [place], marker=look.marker, markersize=5, color=look.colour,
                markerfacecolor="white", markeredgewidth=1.1, **where,
            )  # fmt: skip
        axes.text(
            1.065, place, name, transform=axes.transAxes, va="center", fontsize=8.5,
            color=GREY if look is BEHIND else look.colour,
            fontweight="bold" if look.width > 2 else "normal",
        )  # fmt: skip


def _flat(curves: Mapping[int, Curve]) -> bool:
    return any(curve.flat for curve in curves.values())


def strategy(lines: Sequence[tuple[Standing, float, float]], metric: str) -> Figure:
    """Score against billed tokens, a point a line.

    Args:
        lines: Standing, sd of its score, sd of its billed tokens.
        metric: Name of the score.
    """
    figure = new_figure(8.0, max(4.0, 0.24 * len(lines) + 1.2))
    axes = figure.add_subplot()
    names = [standing.line for standing, _, _ in lines]
    for standing, sd, sd_tokens in lines:
        look = style(standing.line, names)
        axes.errorbar(
            standing.billed or 0, standing.summary.mean or 0, xerr=sd_tokens, yerr=sd,
            fmt=look.marker, color=look.colour, markersize=7, capsize=2.5, elinewidth=0.9,
            markerfacecolor="white", markeredgewidth=1.4,
            label=line_label(standing.line, bool(standing.flat)),
        )  # fmt: skip
    axes.set_xlabel(TOKENS)
    axes.set_ylabel(f"{label(metric_name(metric))} (test)")
    axes.set_xlim(left=0)
    token_axis(axes.xaxis)
    handles = axes.get_legend_handles_labels()[0]
    texts = [line_label(standing.line, bool(standing.flat)) for standing, _, _ in lines]
    figure.legend(handles, texts, loc="outside right upper", frameon=False)
    return figure
