"""Figures of a run of reasoning distillation, out of its dasd.json: PNG and SVG in `figures/`.

`information`: how much the responses would tell the student, before and after the selection.
`accuracy`: the students side by side, with Wilson's intervals.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokd.studies.report.plot_style import GREY, SHADES, drawing, label, new_figure, saved

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIGURES = "figures"
BINS = 20


def draw_run(directory: Path) -> list[Path]:
    """Draw what the run's dasd.json allows; gives the files, none where there is no such file."""
    file = directory / "dasd.json"
    if not file.is_file():
        return []
    results: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    folder = directory / FIGURES
    folder.mkdir(exist_ok=True)
    written = []
    with drawing():
        figures = {"information": information(results), "accuracy": accuracy(results)}
        for stem, figure in figures.items():
            if figure is None:
                continue
            for kind in ("png", "svg"):
                path = folder / f"{stem}.{kind}"
                path.write_bytes(saved(figure, kind))
                written.append(path)
    return written


def information(results: Mapping[str, Any]) -> Figure | None:
    """Histogram of the example scores of each stage: all that were scored, and those selected."""
    stages = {
        name: stage["information"]
        for name, stage in results["stages"].items()
        if stage["information"]["before"]
    }
    if not stages:
        return None
    figure = new_figure(4.2 * len(stages), 3.2)
    panels = figure.subplots(1, len(stages), squeeze=False)[0]
    for axes, (name, found) in zip(panels, stages.items(), strict=True):
        _histogram(axes, name, found)
    panels[0].set_ylabel("responses")
    figure.supxlabel("example score: mean divergence of teacher from student", fontsize=9)
    return figure


def _histogram(axes: Axes, name: str, found: Mapping[str, list[float]]) -> None:
    before, after = found["before"], found["after"]
    low, high = min(before), max(before)
    edges = [low + (high - low or 1e-6) * i / BINS for i in range(BINS + 1)]
    axes.hist(before, bins=edges, color=SHADES[1], label=f"before selection ({len(before)})")
    axes.hist(
        after, bins=edges, color=SHADES[0], alpha=0.85, label=f"after selection ({len(after)})"
    )
    axes.set_title(label(name))
    axes.legend(frameon=False, fontsize=8)


def accuracy(results: Mapping[str, Any]) -> Figure | None:
    """Share of right answers of each student, with its 95 % interval."""
    arms = {name: arm for name, arm in results["arms"].items() if arm["n"]}
    if not arms:
        return None
    figure = new_figure(max(4.0, 0.9 * len(arms) + 1.2), 3.4)
    axes = figure.add_subplot()
    for place, arm in enumerate(arms.values()):
        value = arm["accuracy"]
        spread = [[value - arm["low"]], [arm["high"] - value]]
        axes.bar(place, value, width=0.62, color=SHADES[1], edgecolor=GREY, linewidth=0.6)
        axes.errorbar(place, value, yerr=spread, color="#222222", capsize=3, linewidth=1.1)
        axes.text(place, arm["high"] + 0.015, f"{value:.0%}", ha="center", fontsize=8)
    axes.set_xticks(range(len(arms)), [label(name.replace("_", " ")) for name in arms])
    axes.set_ylim(0, 1)
    questions = next(iter(arms.values()))["n"]
    axes.set_ylabel(f"right answers (test, {questions} questions)")
    return figure
