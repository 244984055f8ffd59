"""What a pool costs: embedding it against the bare forward pass, and each policy at 100,000 texts.

    python -m benchmarks.pool
    python -m benchmarks.pool --tiny     # seconds: to see that it runs

Embedding: `base_embeddings` is timed whole (tokenising, sorting, padding, means) against the
network's forward pass on the same padded batches, made beforehand. Runs alternate, so that what
else the machine does hits both; the ratio is taken pair by pair. Policies: seconds, and the most
memory that the process held beyond what it held before, each in a process of its own. Exit code 1
when embedding takes over 1.2 of the bare pass, or a policy over 5 s or 2 GB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median

import numpy as np
import torch

from evokd.config import StudentConfig
from student.encoder.base_embeddings import base_embeddings
from student.encoder.encoder import Encoder
from student.encoder.predictor import PREDICT_ROWS
from student.runtime import compute_threads
from student.selection.acquire import ACQUIRE

MOST_RATIO, MOST_SECONDS, MOST_GB = 1.2, 5.0, 2.0
WORDS = ("who", "what", "the", "kettle", "broke", "again", "in", "1932", "capital", "of", "river")
CLASSES, WIDTH, PICKED = 6, 384, 32


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tiny", action="store_true", help="few texts, one run")
    parser.add_argument("--policy", help="time this one alone, and print seconds and GB")
    options = parser.parse_args(arguments)
    rows = 2000 if options.tiny else 100_000
    if options.policy:
        print(*policy_cost(options.policy, rows))
        return 0
    passed = embedding_race(128 if options.tiny else 1024, 1 if options.tiny else 7)
    for name in ACQUIRE:
        command = [sys.executable, "-m", "benchmarks.pool", "--policy", name]
        command += ["--tiny"] * options.tiny
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds, gigabytes = map(float, out.split())
        good = seconds <= MOST_SECONDS and gigabytes <= MOST_GB
        passed &= good
        print(
            f"{name:17} {rows:,} texts: {seconds:5.2f} s, {gigabytes:4.2f} GB {'' if good else '!'}"
        )
    return 0 if passed else 1


def embedding_race(count: int, runs: int) -> bool:
    texts = invent(count)
    config = StudentConfig()
    encoder = Encoder.create(config, ("one", "two"), 0)
    batches = padded_batches(encoder, texts)
    bare(encoder, batches[:2])  # the first passes pay for allocations
    base_embeddings(config, "classification", texts[:64])
    ratios, rates = [], []
    for _ in range(runs):
        floor = seconds_of(lambda: bare(encoder, batches))
        whole = seconds_of(lambda: base_embeddings(config, "classification", texts))
        ratios.append(whole / floor)
        rates.append(count / whole)
    ratio = median(ratios)
    print(
        f"embedding {count} texts: {median(rates):.0f} texts/s, {ratio:.2f} of the bare forward"
        f" pass (median of {runs}, {min(ratios):.2f} to {max(ratios):.2f})"
    )
    return ratio <= MOST_RATIO


def padded_batches(encoder: Encoder, texts: Sequence[str]) -> list[dict[str, torch.Tensor]]:
    rows = encoder.head.encode(encoder._tokenizer, texts, None, encoder.config.max_length)
    order = sorted(range(len(texts)), key=lambda place: rows.lengths[place])
    parts = [order[at : at + PREDICT_ROWS] for at in range(0, len(order), PREDICT_ROWS)]
    return [encoder.head.inputs(rows, part, encoder.pad_id, encoder.device) for part in parts]


def bare(encoder: Encoder, batches: Sequence[dict[str, torch.Tensor]]) -> None:
    with compute_threads(None), torch.inference_mode():
        for batch in batches:
            encoder.network(**batch)


def policy_cost(name: str, rows: int) -> tuple[float, float]:
    """Seconds, and gigabytes beyond the stored embeddings and probabilities."""
    generator = np.random.default_rng(1)
    middles = generator.standard_normal(size=(50, WIDTH), dtype=np.float32)
    vectors = generator.standard_normal(size=(rows, WIDTH), dtype=np.float32)
    for start in range(0, rows, 1000):  # whole, the sum would be the most memory of all
        vectors[start : start + 1000] += middles[generator.integers(50, size=1000)]
    answers = generator.dirichlet(np.ones(CLASSES), size=rows).astype(np.float32)
    texts = [""] * rows
    ACQUIRE[name](texts[:64], answers[:64], vectors[:64], 4, Random(1))  # imports what it needs
    before = most_held()
    seconds = seconds_of(lambda: ACQUIRE[name](texts, answers, vectors, PICKED, Random(1)))
    return round(seconds, 3), round((most_held() - before) / 2**20, 3)


def most_held() -> int:
    """KiB that this process held at most; `getrusage` counts its parent's as well."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def invent(count: int) -> list[str]:
    rng = Random(1)
    return [" ".join(rng.choices(WORDS, k=rng.randint(5, 40))) for _ in range(count)]


def seconds_of(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
