"""Drawing of figures whose rows or panels are methods: no legend of thirteen to look up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from evokd.runs.scores import metric_name
from evokd.studies.report.adaptability import Adaptability
from evokd.studies.report.lines import MethodVariant, line_of
from evokd.studies.report.plot_style import (
    GREY,
    HATCHES,
    SHADES,
    label,
    line_label,
    name_rows,
    new_figure,
    token_axis,
)
from evokd.studies.report.stats import Paired, Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOTS = (("o", "#000000", "white"), ("s", "#0072b2", "#0072b2"), ("^", "#d55e00", "white"),
          ("D", "#009e73", "#009e73"), ("v", "#7f3c8d", "white"))  # fmt: skip
"""Marker, colour and filling, by number of shots."""
NOTHING, LEAST = 1e-9, 0.01
"""Differences that are none, and how far an axis reaches where all are."""
MOST_EDGES = len(SHADES) - 1
_MARKERS = "os^DvPX<"
_PAINTS = ("#000000", "#0072b2", "#d55e00", "#009e73", "#b8860b", "#7f3c8d", "#a6341b", "#56b4e9")


def few_shot(
    scores: Mapping[MethodVariant, Mapping[int, Summary]],
    flat: set[MethodVariant],
    full: float | None,
    metric: str,
) -> Figure:
    """A row a method, in it a marker per number of shots with its interval (or sd)."""
    figure = new_figure(7.6, 0.42 * len(scores) + 1.3)
    axes = figure.add_subplot()
    shots = sorted({count for by_shots in scores.values() for count in by_shots})
    for number, count in enumerate(shots):
        marker, colour, filling = _SHOTS[number % len(_SHOTS)]
        places = [row + 0.6 * ((number + 0.5) / len(shots) - 0.5) for row in range(len(scores))]
        for place, by_shots in zip(places, scores.values(), strict=True):
            summary = by_shots.get(count)
            if summary is not None and summary.mean is not None:
                _bar(axes, summary, place, colour)
                axes.plot(
                    summary.mean, place, marker=marker, color=colour, markerfacecolor=filling,
                    linestyle="none", markersize=5.5,
                )  # fmt: skip
        axes.plot([], [], marker=marker, color=colour, markerfacecolor=filling, linestyle="none",
                  label=f"{count} shot{'' if count == 1 else 's'}")  # fmt: skip
    for row in range(1, len(scores)):
        axes.axhline(row - 0.5, color="#e3e3e3", linewidth=0.6)
    if full is not None:
        axes.axvline(full, color=GREY, linestyle=(0, (2, 2)), linewidth=1.1, label="full shot")
    name_rows(axes, [line_label(line, line in flat) for line in scores])
    axes.set_xlabel(f"{label(metric_name(metric))} (test)")
    figure.legend(loc="outside upper center", ncols=6, frameon=False)
    return figure


def _bar(axes: Axes, summary: Summary, place: float, colour: str) -> None:
    if summary.interval is not None:
        axes.plot(summary.interval, [place, place], color=colour, linewidth=1.1)


def ablation(
    pairs: Mapping[MethodVariant, tuple[Paired, Sequence[float]]], whole: MethodVariant, metric: str
) -> Figure:
    """A row a variant: see `differences`."""
    names = {line: line.variant or line.method for line in pairs}
    return differences(pairs, f"{metric_name(metric)} (test)", whole, names)


def differences(
    pairs: Mapping[MethodVariant, tuple[Paired, Sequence[float]]],
    what: str,
    whole: MethodVariant,
    names: Mapping[MethodVariant, str] | None = None,
) -> Figure:
    """A row a line: difference to the whole with its interval, and each seed as a small tick."""
    figure = new_figure(7.2, 0.42 * len(pairs) + 1.1)
    axes = figure.add_subplot()
    axes.axvline(0, color="black", linewidth=1)
    spread = max((abs(value) for _, seeds in pairs.values() for value in seeds), default=0)
    if spread < NOTHING:  # else the axis would show what rounding left over
        axes.set_xlim(-LEAST, LEAST)
    for row, (pair, seeds) in enumerate(pairs.values()):
        axes.plot(
            seeds, [row + 0.22] * len(seeds), linestyle="none", marker="|", color=GREY, markersize=6
        )
        if pair.interval is not None:
            axes.plot(pair.interval, [row, row], color="black", linewidth=1.4)
        axes.plot(pair.difference, row, marker="o", color="black", markersize=6)
    name_rows(axes, [label(names[line]) if names else line_label(line) for line in pairs])
    axes.set_xlabel(f"{label(what)} minus that of {line_label(whole)}")
    return figure


def adaptability(found: Sequence[Adaptability]) -> Figure:
    """A panel a method: rows written against F1 before; a marker a class where there are few."""
    columns = min(3, len(found))
    rows = -(-len(found) // columns)
    names = sorted({row.name for item in found for row in item.rows})
    few = len(names) <= len(_MARKERS)
    figure = new_figure(max(5.0, 2.7 * columns + (1.2 if few else 0)), 2.6 * rows + 0.6)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for number, axes in enumerate(panels.flat):
        if number >= len(found):
            axes.set_visible(False)
            continue
        _scatter(axes, found[number], names, few)
        if number + columns >= len(found):
            axes.tick_params(labelbottom=True)
    if few:
        handles = panels.flat[0].collections
        texts = [label(name, 22) for name in names]
        figure.legend(handles, texts, loc="outside right upper", frameon=False, title="class")
    figure.supxlabel("F1 of the class before the round (test)", fontsize=9)
    figure.supylabel("rows written for the class in the round", fontsize=9)
    return figure


def _scatter(axes: Axes, item: Adaptability, names: Sequence[str], few: bool) -> None:
    for place, name in enumerate(names if few else [""]):
        points = [row for row in item.rows if not few or row.name == name]
        axes.scatter(
            [row.f1_before or 0.0 for row in points],
            [row.rows for row in points],
            s=20,
            marker=_MARKERS[place],
            facecolors="none",
            edgecolors=_PAINTS[place],
            linewidths=0.9,
            alpha=0.75,
        )
    first = item.rows[0]
    axes.set_title(line_label(line_of(first)), loc="left")
    pool = item.pooled
    if pool.pearson is not None and pool.spearman is not None:
        text = f"within runs: r = {pool.pearson:+.2f}, ρ = {pool.spearman:+.2f}\n"
        text = text.replace("-0.00", "0.00").replace("+0.00", "0.00")
        text += f"n = {pool.n} in {pool.runs} run{'' if pool.runs == 1 else 's'}"
        behind = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5}
        axes.text(
            0.98, 0.98, text.replace("-", "−"), transform=axes.transAxes, ha="right", va="top",
            fontsize=7.5, bbox=behind,
        )  # fmt: skip
    axes.set_xlim(-0.04, 1.04)


def edges(tokens: Mapping[MethodVariant, Mapping[str, float]], flat: set[MethodVariant]) -> Figure:
    """A bar a method, its tokens stacked by edge; hatches tell the edges apart in grey."""
    totals: dict[str, float] = {}
    for by_edge in tokens.values():
        for edge, count in by_edge.items():
            totals[edge] = totals.get(edge, 0) + count
    order = sorted(totals, key=lambda edge: (-totals[edge], edge))
    shown, rest = order[:MOST_EDGES], order[MOST_EDGES:]
    figure = new_figure(8.6, max(3.0, 0.34 * len(tokens) + 1.2))
    axes = figure.add_subplot()
    left, bars = [0.0] * len(tokens), []
    for place, edge in enumerate([*shown, *(["other edges"] if rest else [])]):
        parts = [edge] if edge in totals else rest
        widths = [sum(by_edge.get(part, 0) for part in parts) for by_edge in tokens.values()]
        drawn = axes.barh(
            range(len(tokens)), widths, left=left, height=0.66, color=SHADES[place],
            hatch=HATCHES[place], edgecolor="black", linewidth=0.5,
        )  # fmt: skip
        bars.append(drawn.patches[0])
        left = [a + b for a, b in zip(left, widths, strict=True)]
    name_rows(axes, [line_label(line, line in flat) for line in tokens])
    axes.set_xlabel("billed tokens to the last closed round (mean of runs)")
    token_axis(axes.xaxis)
    texts = [*(label(edge, 40) for edge in shown), *(["other edges"] if rest else [])]
    figure.legend(bars, texts, loc="outside right upper", frameon=False, title="edge")
    return figure
