"""Can this teacher do this task? The gates that a run must pass before a study is worth its tokens.

    evokd run examples/trec6.yaml --set teachers.default.embedded=qwen2.5-coder-1.5b --out RUN
    python -m benchmarks.gates RUN [--read 100]

usable     replies that could be used, role by role; at least 95 %
hardness   the student's error on hard rows minus that on easy ones, before it trains on them; over
           0.05 on at least 200 rows of each
labels     accepted rows that a student of the full training set labels as they are labelled
aim        Spearman's correlation, over classes and rounds, of a class's share of the texts with the
           student's F1 on it in the round before: negative where texts go to the weak

Test rows steer nothing and judge nothing here: F1 is that on the run's own batches, and the judge
is trained on train rows (its accuracy on test rows is told, to say how far it can be trusted).
With `--read N` that many accepted texts are printed, drawn at random, for whoever reads them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from scipy.stats import spearmanr

from agents.records import Marked
from agents.weakness import weaknesses
from evokd.runs.hardness import read_hardness
from evokd.runs.run import read_run
from evokd.runs.unclean import read_unclean
from evokd.runs.usable import read_usable
from evokd.store.run_dir import RunDir, read_lines
from evokd.studies.run.judge import find_judge
from evokd.tasks.task import load_task


def aim(directory: RunDir, task_format: Any) -> tuple[float | None, int]:
    """Correlation of a class's share of a round's texts with its F1 before; and pairs."""
    pairs: list[tuple[float, float]] = []
    lines = read_lines(directory.metrics)
    for number in range(2, len(lines)):
        before, now = (directory.path / "rounds" / f"{n:03d}" for n in (number - 1, number))
        rows = [Marked(**row) for row in read_lines(before / "predictions.jsonl")]
        accepted = read_lines(now / "accepted.jsonl")
        if not rows or not accepted:
            continue
        weak = weaknesses(rows, task_format)
        counts = Counter(row["label"] for row in accepted)
        pairs += [(1 - weak[name], counts[name] / len(accepted)) for name in weak]
    f1, share = [one for one, _ in pairs], [other for _, other in pairs]
    if len(set(f1)) < 2 or len(set(share)) < 2:
        return None, len(pairs)
    return float(spearmanr(f1, share).statistic), len(pairs)


def labels_right(directory: RunDir, study: Path) -> dict[str, Any]:
    """Share of accepted rows that the judge labels alike, and how good the judge is."""
    config = directory.config()
    judge = find_judge(config, load_task(config.task), study)
    rows = read_lines(directory.synthetic)
    said = judge.student.predict([row["text"] for row in rows])
    agreed = [one.label == row["label"] for one, row in zip(said, rows, strict=True)]
    return {
        "rows": len(rows),
        "agreed": round(sum(agreed) / len(agreed), 4) if agreed else None,
        "judge_accuracy": round(judge.accuracy, 4),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--read", type=int, default=0, help="texts to print, for reading")
    parser.add_argument("--judges", type=Path, default=Path("studies/gates"))
    given = parser.parse_args()
    directory, run = RunDir.open(given.run), read_run(given.run)
    config = directory.config()
    task_format = load_task(config.task).task_format
    hardness = read_hardness(run)
    rho, pairs = aim(directory, task_format)
    found: dict[str, Any] = {
        "usable": {one.role: [one.usable, one.came] for one in read_usable(run)},
        "unclean": {one.writer: [one.unclean, one.written] for one in read_unclean(run)},
        "hard_minus_easy": hardness and hardness.difference,
        "interval": hardness and hardness.bounds,
        "rows": hardness and [hardness.hard, hardness.easy],
        "labels": labels_right(directory, given.judges),
        "aim": rho,
        "aim_pairs": pairs,
    }
    print(json.dumps(found, indent=2))
    rows = read_lines(directory.synthetic)
    random.Random(0).shuffle(rows)
    for row in rows[: given.read]:
        print(f"{row['kind']:5} {row['label']:14} {row['text']}")
    passed = all(ok >= 0.95 * came for ok, came in found["usable"].values())
    return 0 if passed and hardness and (hardness.difference or 0) > 0.05 else 1


if __name__ == "__main__":
    sys.exit(main())
