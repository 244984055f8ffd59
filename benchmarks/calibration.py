"""How sure a study's students are, before and after one temperature, and what abstaining earns.

    python -m benchmarks.calibration STUDY [--dev 20 50 200] [--out FOLDER]

Each finished run's saved student says how sure it is of the test rows, once as it was trained and
once by a temperature that was fitted on so many train rows which it never saw: no seed shots, no
rows of its own, no text it was given of the pool, none that equals a test row. Means over the
seeds, with the 95 % interval of the paired difference; accuracy by coverage. No teacher is asked.
FOLDER gets the runs' own figures as JSON lines, the table, and a drawing a task.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokd.config import Config, load_config
from evokd.store.run_dir import read_lines
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.numbers import with_interval
from evokd.studies.report.plot_style import drawing, line_label, new_figure, style
from evokd.studies.report.stats import bootstrap_mean
from evokd.tasks.abstention import abstention_curve
from evokd.tasks.calibration import measure
from evokd.tasks.example import Example
from evokd.tasks.task import Task, draw_shots, full_rows, load_task
from evokd.tasks.temperature import fit_temperature, scaled
from evokd.tasks.text import normalise
from student.encoder.encoder import Encoder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEASURES = ("ece", "brier", "nll")
SHARES = (0.25, 0.5, 0.75, 1.0)
"""Coverages of the table."""
GRID = tuple(step / 20 for step in range(1, 21))
"""Coverages of the drawing."""
Found = dict[tuple[str, MethodVariant], list[dict[str, Any]]]
"""Task and arm → the measures of each run."""


def unseen(task: Task, config: Config, run: Path, count: int) -> list[Example]:
    """Train rows that the student of a run never saw, drawn by the run's seed."""
    known = {normalise(row.text) for row in draw_shots(task, config.task.shots, config.seed)}
    known |= {normalise(str(row["text"])) for row in read_lines(run / "synthetic.jsonl")}
    free = [row for row in full_rows(task) if normalise(row.text) not in known]
    return random.Random(f"{config.seed}/calibration").sample(free, min(count, len(free)))


def student_of(run: Path, counts: Sequence[int]) -> dict[str, Any]:
    """The measures of one saved student."""
    config = load_config(run / "config.yaml")
    task = load_task(config.task)
    student = Encoder.load(run / "student", config.student)
    place = {label: at for at, label in enumerate(student.labels)}

    def said(rows: Iterable[Example]) -> tuple[Any, list[int]]:
        rows = list(rows)
        _, logs = student.verdicts([row.text for row in rows])
        return logs, [place[row.label] for row in rows]

    test, gold = said(task.test)
    found: dict[str, Any] = {"before": measure(test, gold)._asdict()}
    held, labels = said(unseen(task, config, run, max(counts)))
    for count in counts:
        t = fit_temperature(held[:count], labels[:count])
        after = test if t is None else scaled(test, t)
        found[f"after {count}"] = {**measure(after, gold)._asdict(), "temperature": t}
    curve = abstention_curve(test, gold)
    found["coverage"] = {str(share): curve.at_coverage(share).accuracy for share in GRID}
    return found


def table(found: Found, counts: Sequence[int]) -> str:
    """Markdown: a line an arm and number of dev rows; then accuracy by coverage."""
    head = "| set | arm | n | dev rows | T | ECE | Brier | NLL | ECE after minus before (95 %) |"
    rows = [head, "|---|---|---|---|---|---|---|---|---|"]
    for (name, arm), runs in found.items():
        for key in ("before", *(f"after {count}" for count in counts)):
            means = [f"{statistics.fmean(one[key][m] for one in runs):.3f}" for m in MEASURES]
            at = [one[key].get("temperature") for one in runs]
            fitted = [value for value in at if value is not None]
            shown = f"{statistics.fmean(fitted):.2f} ({len(fitted)})" if fitted else "–"
            gaps = [one[key]["ece"] - one["before"]["ece"] for one in runs]
            count = key.partition(" ")[2] or "none"
            cells = [name, arm.name, str(len(runs)), count, shown, *means]
            cells.append(with_interval(statistics.fmean(gaps), bootstrap_mean(gaps)))
            rows.append(f"| {' | '.join(cells)} |")
    rows += [
        "",
        "| set | arm | n | surest 25 % | 50 % | 75 % | all |",
        "|---|---|---|---|---|---|---|",
    ]
    for (name, arm), runs in found.items():
        means = [f"{_at(runs, share):.3f}" for share in SHARES]
        rows.append(f"| {name} | {arm.name} | {len(runs)} | {' | '.join(means)} |")
    return "\n".join(rows)


def _at(runs: Sequence[dict[str, Any]], share: float) -> float:
    return statistics.fmean(one["coverage"][str(share)] for one in runs)


def draw(found: Found, task: str) -> Figure:
    """Mean accuracy of the surest rows, by the share of rows that is answered; a line an arm."""
    with drawing():
        figure = new_figure(6.4, 4.0)
        axes = figure.add_subplot()
        arms = {arm: runs for (name, arm), runs in found.items() if name == task}
        for arm, runs in arms.items():
            look = style(arm, list(arms))
            axes.plot(
                GRID, [_at(runs, share) for share in GRID], color=look.colour,
                linestyle=look.dashes, marker=look.marker, markevery=4, markersize=4,
                linewidth=look.width, label=f"{line_label(arm)} (n = {len(runs)})",
            )  # fmt: skip
        axes.set_xlabel("share of the test rows that is answered, the surest first")
        axes.set_ylabel("accuracy of those")
        axes.set_title(f"{task}: what abstaining earns")
        axes.legend(fontsize=7, loc="lower left")
        return figure


def save(folder: Path, found: Found, counts: Sequence[int]) -> None:
    """Write what was measured, as lines, table and drawings."""
    lines = [
        json.dumps({"task": task, "variant": arm.name, **one}) + "\n"
        for (task, arm), runs in found.items()
        for one in runs
    ]
    (folder / "calibration.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "calibration.md").write_text(table(found, counts) + "\n", encoding="utf-8")
    for task in dict.fromkeys(task for task, _ in found):
        draw(found, task).savefig(folder / f"abstention-{task}.png", dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("--dev", type=int, nargs="+", default=[20, 50, 200])
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    found: Found = defaultdict(list)
    for line in read_lines(args.study / "results.jsonl"):
        run = args.study / line["run"]
        if line.get("status") == "done" and (run / "student").is_dir():
            one = student_of(run, args.dev)
            arm = MethodVariant(line["method"], line["variant"], line["real_texts"])
            found[line["task"], arm].append(one)
            print(json.dumps({"run": run.name, **one}), flush=True)
    print(table(found, args.dev))
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        save(args.out, found, args.dev)


if __name__ == "__main__":
    main()
