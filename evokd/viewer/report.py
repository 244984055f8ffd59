"""report.html: a run in one file that asks nothing of the network and runs no script.

    write_report(Path("runs/demo"), Path("runs/demo/report.html"))

It shows what the viewer's pages of the run, its rounds and its data show. Long runs are cut: the
file says what it leaves out, and `evokd view` has it all.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from evokd.runs.run_index import RunIndex
from evokd.runs.totals import MEASURES
from evokd.store.artefacts import write_atomic
from evokd.viewer.pages import ASSETS, render
from evokd.viewer.representation import read_standing
from evokd.viewer.site import Site
from evokd.viewer.views import data, round, run

NAME = "report.html"
MOST_TEXTS = 2000
"""Texts in all of a report's rounds."""
MOST_SEEN = 40
"""Student errors beside an analysis."""


def report(directory: Path) -> str:
    """The page of a run; what can't be read is named in it."""
    site = Site(RunIndex(directory))
    head = site.head(directory.resolve().name, directory)
    style = (ASSETS / "style.css").read_text(encoding="utf-8")
    values = run.gather(site, head, "billed", None)
    machines = {
        measure: run.machine(head, values["books"], measure, None)
        for measure in MEASURES
        if values["books"] and values["books"].tokens(measure)
    }
    rounds, left_out = _rounds(site, head)
    return render(
        "report.html.j2",
        {
            **values,
            **data.pictures(head),
            "map": data.map_of(head, None),
            "standing": read_standing(head),
            "style": style,
            "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
            "machines": machines,
            "told": rounds,
            "left_out": left_out,
            "most_seen": MOST_SEEN,
        },
    )


def _rounds(site: Site, head: Any) -> tuple[list[dict[str, Any]], int]:
    """What is shown of each round, and how many texts are left out."""
    left, left_out = MOST_TEXTS, 0
    told = []
    analysed = round.has_analyst(site.books(head))
    for one in site.rounds(head)[0]:
        texts, problem = round.texts_of(head, one.number)
        kept = texts[:left]
        left -= len(kept)
        left_out += len(texts) - len(kept)
        shown = round.gather(head, one, kept, None, analysed)
        shown["notes"] += [problem] if problem else []
        told.append(shown)
    return told, left_out


def write_report(directory: Path, out: Path) -> None:
    """Write the page of a run to a file."""
    write_atomic(out, report(directory), durable=False)
