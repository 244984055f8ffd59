"""How sure a study's students are, before and after one temperature, and what abstaining earns.

    python -m benchmarks.calibration STUDY [--dev 20 50 200]

Each finished run's saved student says how sure it is of the test rows, once as it was trained and
once by a temperature that was fitted on so many train rows which it never saw: no seed shots, no
rows of its own, no text it was given of the pool, none that equals a test row. Means over the
seeds, with the 95 % interval of the paired difference; accuracy by coverage. No teacher is asked.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from evokd.config import Config, load_config
from evokd.store.run_dir import read_lines
from evokd.studies.report.numbers import with_interval
from evokd.studies.report.stats import bootstrap_mean
from evokd.tasks.abstention import abstention_curve
from evokd.tasks.calibration import measure
from evokd.tasks.example import Example
from evokd.tasks.task import Task, draw_shots, full_rows, load_task
from evokd.tasks.temperature import fit_temperature, scaled
from evokd.tasks.text import normalise
from student.encoder.encoder import Encoder

MEASURES = ("ece", "brier", "nll")


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
    shares = (0.25, 0.5, 0.75, 1.0)
    found["coverage"] = {str(share): curve.at_coverage(share).accuracy for share in shares}
    return found


def table(found: dict[tuple[str, str], list[dict[str, Any]]], counts: Sequence[int]) -> str:
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
            cells = [name, arm, str(len(runs)), count, shown, *means]
            cells.append(with_interval(statistics.fmean(gaps), bootstrap_mean(gaps)))
            rows.append(f"| {' | '.join(cells)} |")
    rows += [
        "",
        "| set | arm | n | surest 25 % | 50 % | 75 % | all |",
        "|---|---|---|---|---|---|---|",
    ]
    for (name, arm), runs in found.items():
        shares = list(runs[0]["coverage"])
        means = [f"{statistics.fmean(one['coverage'][s] for one in runs):.3f}" for s in shares]
        rows.append(f"| {name} | {arm} | {len(runs)} | {' | '.join(means)} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("--dev", type=int, nargs="+", default=[20, 50, 200])
    args = parser.parse_args()
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in read_lines(args.study / "results.jsonl"):
        run = args.study / line["run"]
        if line.get("status") == "done" and (run / "student").is_dir():
            one = student_of(run, args.dev)
            found[line["task"], line["variant"]].append(one)
            print(json.dumps({"run": run.name, **one}), flush=True)
    print(table(found, args.dev))


if __name__ == "__main__":
    main()
