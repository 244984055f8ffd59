"""How long a study takes: its plan, arm by arm, at the rates of a machine.

    python -m benchmarks.hours examples/studies/feedback.yaml [--set size=whole] [--prompt 44]

`evokd plan` adds up by method; here each variant has its line, with the rounds of one run. The
default rates are Qwen2.5-Coder-1.5B's on two quiet cores. Prompts that begin alike (a labeler's)
are computed once by the embedded server, so such arms take a fraction of what this says; the
students' own time comes on top: 60 steps of MiniLM and 500 scored rows took 15 s (docs/log.md).
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from evokd.studies.grid.cells import Cell, CellAxes, expand
from evokd.studies.grid.check import Checker
from evokd.studies.grid.config import load_study
from graph.plan import make_plan


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--prompt", type=float, default=44, help="prompt tokens a second")
    parser.add_argument("--reply", type=float, default=20, help="reply tokens a second, all slots")
    given = parser.parse_args()
    study = load_study(given.study, given.overrides)
    checker, seen = Checker(), defaultdict[CellAxes, list[Cell]](list)
    for cell in expand(study, given.study.resolve().parent).cells:
        seen[replace(cell.axes, seed=0)].append(cell)
    print("| arm | cells | rounds | prompt | reply | tokens | minutes a cell | hours |")
    print("|---|---|---|---|---|---|---|---|")
    hours = tokens = count = 0.0
    for axes, cells in seen.items():
        config = cells[0].config
        course = make_plan(config, checker.task(config.task), checker.pack(config)).course
        if course is None:
            continue
        total = course.total
        seconds = total.prompt_tokens / given.prompt + total.completion_tokens / given.reply
        shots = "" if axes.shots is None else f", {axes.shots} shot"
        name = f"{axes.task}, {axes.variant}, {axes.method}{shots}"
        print(
            f"| {name} | {len(cells)} | {course.rounds} |"
            f" {total.prompt_tokens:,.0f} | {total.completion_tokens:,.0f} | {total.tokens:,.0f} |"
            f" {seconds / 60:.1f} | {len(cells) * seconds / 3600:.2f} |",
            flush=True,
        )
        hours += len(cells) * seconds / 3600
        tokens += len(cells) * total.tokens
        count += len(cells)
    print(f"| all | {count:.0f} | | | | {tokens:,.0f} | | {hours:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
