"""What reasoning distillation came to, on one screen: students side by side, stages, notes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evokd.cli.screen import cell, remark, show, table
from evokd.runs.formatting import count


def show_results(directory: Path) -> None:
    """Print the tables of a run that has a dasd.json, and leave its figures beside it."""
    file = directory / "dasd.json"
    if not file.is_file():
        return
    results: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    show()
    show(students_table(results["arms"]))
    show()
    show(stages_table(results["stages"]))
    for name, stage in results["stages"].items():
        if stage["selection"].get("reason"):
            show(f"{name}: nothing was selected: {stage['selection']['reason']}")
    for note in results["notes"]:
        show(f"- {note}")
    _draw(directory)


def students_table(arms: Mapping[str, Mapping[str, Any]]) -> Any:
    """A line for each student.

    `unread`: no answer could be read; `cut`: ended by the limit; `letter`: right by the likeliest
    letter behind its own reasoning; +/−: questions that it alone, or the other alone, has right.
    """
    held = next((arm["against"]["arm"] for arm in arms.values() if arm["against"]), None)
    heads = (">rows", ">right", ">share", ">95 %", ">unread", ">cut", ">letter", ">+/−", ">p")
    made = table("student", *heads, title=f"students; +/− and p against {held}" if held else None)
    made.columns[0].no_wrap = True
    for name, arm in arms.items():
        lesson, against = arm["lesson"] or {}, arm["against"]
        made.add_row(
            cell(name),
            count(lesson.get("rows", 0)),
            f"{arm['right']}/{arm['n']}",
            "–" if arm["accuracy"] is None else f"{arm['accuracy']:.1%}",
            "–" if arm["low"] is None else f"{100 * arm['low']:.1f}–{arm['high']:.1%}",
            count(arm["unparsed"]),
            count(arm["truncated"]),
            "–" if arm["likeliest_right"] is None else count(arm["likeliest_right"]),
            f"{against['gained']}/{against['lost']}" if against else "–",
            f"{against['p']:.2g}" if against else "–",
        )
    return made


def stages_table(stages: Mapping[str, Mapping[str, Any]]) -> Any:
    """What became of each stage's responses."""
    heads = (">T", ">asked", ">right", ">fit", ">scored", ">selected", "dropped")
    made = table("stage", *heads)
    for name, stage in stages.items():
        found, chosen = stage["filter"], stage["selection"]
        dropped = ", ".join(f"{n} × {why}" for why, n in found["dropped"].items())
        made.add_row(
            cell(name),
            f"{stage['temperature']:g}",
            count(found["responses"]),
            count(found["right_of_all"]),
            count(found["kept"]),
            count(chosen.get("of", 0) - chosen.get("unscored", 0)),
            count(chosen.get("kept", 0)),
            cell(dropped or "–"),
        )
    return made


def _draw(directory: Path) -> None:
    """Figures; what goes wrong there ends no run that is done."""
    try:
        from evokd.studies.report.dasd_figures import draw_run

        written = draw_run(directory)
    except Exception as error:
        remark(f"figures could not be drawn: {error}")
        return
    if written:
        show(f"figures: {written[0].parent}")
