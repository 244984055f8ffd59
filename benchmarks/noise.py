"""Does the auditor find wrong labels? Real rows, a known share of labels flipped at random.

    python benchmarks/noise.py trec6 [--rows 200] [--flip 0.15] [--seeds 1 2]
                              [--epochs 6] [--threads 1]

Rows of the train split of ../shared/data/<name> only; a flipped label is any other label of the
set, each alike. Prints for each method the suspects, their precision (share that was flipped; a
guess has the flip share), recall, and AUC of the score behind them. The student is the embedded
one; --epochs are the folds' students', co-training has those of `student.noise`. No tokens.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt

from evokd.config import NoiseConfig, Prune, StudentConfig
from evokd.tasks.example import Example
from student.selection.co_training import DOUBTFUL, co_train
from student.selection.confident_learning import suspects
from student.selection.out_of_fold import out_of_fold

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PRUNES: tuple[Prune, ...] = ("confident", "class", "noise_rate", "both")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--flip", type=float, default=0.15)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--threads", type=int, help="more than free cores are many times slower")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    options = parser.parse_args(arguments)
    file = DATA / options.name / "train.jsonl"
    if not file.exists():
        print(f"{file}: not found", file=sys.stderr)
        return 2
    for seed in options.seeds:
        rows, flipped = noisy(file, options.rows, options.flip, seed)
        print(f"seed {seed}: {len(rows)} rows, {flipped.sum()} flipped")
        config = StudentConfig(epochs=options.epochs, threads=options.threads)
        confident(config, rows, flipped, seed)
        co_trained(config, rows, flipped, seed)
    return 0


def noisy(
    file: Path, size: int, flip: float, seed: int
) -> tuple[list[Example], npt.NDArray[np.bool_]]:
    """Rows, and which of them have a wrong label."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    labels = sorted({line["label"] for line in lines})
    rng = Random(seed)
    drawn = rng.sample(lines, min(size, len(lines)))
    flipped = np.zeros(len(drawn), dtype=bool)
    flipped[rng.sample(range(len(drawn)), round(flip * len(drawn)))] = True
    rows = []
    for at, (line, wrong) in enumerate(zip(drawn, flipped, strict=True)):
        others = [label for label in labels if label != line["label"]]
        label = rng.choice(others) if wrong else line["label"]
        rows.append(Example(str(at), line["text"], label))
    return rows, flipped


def confident(
    config: StudentConfig, rows: list[Example], flipped: npt.NDArray[np.bool_], seed: int
) -> None:
    started, labels = time.perf_counter(), sorted({row.label for row in rows})
    said = out_of_fold(config, labels, rows, [], folds=5, seed=seed)
    judged = np.isfinite(said).all(axis=1)
    given = np.array([labels.index(row.label) for row in rows])[judged]
    own = said[judged][np.arange(judged.sum()), given]
    seconds = time.perf_counter() - started
    for prune in PRUNES:
        found = suspects(given, said[judged], prune).suspect
        tell(f"confident learning, {prune}", found, flipped[judged], -own, seconds)


def co_trained(
    config: StudentConfig, rows: list[Example], flipped: npt.NDArray[np.bool_], seed: int
) -> None:
    labels = sorted({row.label for row in rows})
    started, settings = time.perf_counter(), NoiseConfig(method="co_training")
    weights = np.array(co_train(config, labels, rows, [], settings, seed=seed).weights)
    seconds = time.perf_counter() - started
    tell(f"co-training, rate {settings.rate}", weights < DOUBTFUL, flipped, -weights, seconds)


def tell(
    name: str,
    found: npt.NDArray[np.bool_],
    flipped: npt.NDArray[np.bool_],
    score: npt.NDArray[np.floating],
    seconds: float,
) -> None:
    hits = int((found & flipped).sum())
    gaps = score[flipped][:, None] - score[~flipped][None]
    auc = ((gaps > 0) + 0.5 * (gaps == 0)).mean()
    print(
        f"{name:<30} {found.sum():4d} suspects, precision {hits / max(1, found.sum()):.2f},"
        f" recall {hits / flipped.sum():.2f}, AUC {auc:.2f}, {seconds:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
