"""The few-shot head: plain, contrastive, and started from the labels' descriptions, on real rows.

    OMP_NUM_THREADS=1 python benchmarks/few_shot_head.py RESULTS.jsonl [--sets trec6 …] [--seeds 5]

The embedded MiniLM learns the shots by its warm-up; macro-F1 on the first 300 test rows, mean ± sd
over the seeds. A cell is written when it is done and never done again, fewest shots first; of a
run that was stopped the table says on how many seeds it stands.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from itertools import product
from pathlib import Path
from typing import Any

from evokd.config import StudentConfig, load_config
from evokd.tasks.task import Task, draw_shots, load_task
from student.encoder.encoder import Encoder
from student.encoder.training_plan import run_plan, warm_up_plan

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
TEST_ROWS = 300
SHOTS = (1, 4, 8)
ARMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "zero_shot": {"head_start": "labels", "warm_up_epochs": 0},
    "labels": {"head_start": "labels"},
    "contrastive": {"contrastive": {}},
    "both": {"contrastive": {}, "head_start": "labels"},
}


def cell(task: Task, arm: str, shots: int, seed: int) -> dict[str, Any]:
    """One student: its score, steps and seconds."""
    config = StudentConfig.model_validate({"max_length": 64, "threads": 1} | ARMS[arm])
    student = Encoder.create(config, task.labels, seed, descriptions=task.descriptions)
    began = time.perf_counter()
    report = run_plan(
        warm_up_plan(config, draw_shots(task, shots, seed)), student, seed=1000 * seed
    )
    seconds = time.perf_counter() - began
    rows = task.test[:TEST_ROWS]
    said = [one.label for one in student.predict([row.text for row in rows])]
    scores = task.task_format.scores(rows, said)
    return {"macro_f1": scores["macro_f1"], "steps": report.steps, "seconds": round(seconds, 1)}


def table(lines: list[dict[str, Any]], sets: list[str]) -> str:
    """Markdown, a line a set and number of shots."""
    found: dict[tuple[str, int, str], list[float]] = {}
    for line in lines:
        found.setdefault((line["set"], line["shots"], line["arm"]), []).append(line["macro_f1"])
    rows = [f"| set | shots | {' | '.join(ARMS)} |", "|---|---|" + "---|" * len(ARMS)]
    for name, shots in product(sets, SHOTS):
        shown = [_shown(found.get((name, shots, arm), [])) for arm in ARMS]
        rows.append(f"| {name} | {shots} | {' | '.join(shown)} |")
    return "\n".join(rows)


def _shown(values: list[float]) -> str:
    if len(values) < 2:
        return "".join(f"{value:.3f} (1)" for value in values)
    return f"{statistics.fmean(values):.3f} ± {statistics.stdev(values):.3f} ({len(values)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--sets", nargs="+", default=["uci_amazon", "trec6", "ag_news"])
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    tasks = {name: load_task(load_config(EXAMPLES / f"{name}.yaml").task) for name in args.sets}
    args.results.touch()
    lines = [json.loads(line) for line in args.results.read_text(encoding="utf-8").splitlines()]
    done = {(line["set"], line["arm"], line["shots"], line["seed"]) for line in lines}
    for shots, seed, name, arm in product(SHOTS, range(1, args.seeds + 1), args.sets, ARMS):
        if (name, arm, shots, seed) in done:
            continue
        line = {"set": name, "arm": arm, "shots": shots, "seed": seed}
        line |= cell(tasks[name], arm, shots, seed)
        lines.append(line)
        with args.results.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(line)}\n")
    print(table(lines, args.sets))


if __name__ == "__main__":
    main()
