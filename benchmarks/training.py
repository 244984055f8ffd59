"""Student training against a bare PyTorch loop on the same batches: at least 0.9 of its rate.

    python benchmarks/training.py

Both train the embedded MiniLM on the same rows, in the same padded batches, with the same AdamW
and clipping. The bare loop gets its batches ready-made as tensors; `Encoder.fit` is timed whole:
tokenising, sorting, padding, schedule, counts. Runs alternate, so that what else the machine does
hits both; the ratio is taken pair by pair. Exit code 1 when its median is under 0.9.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median

import torch
from torch.nn.functional import cross_entropy

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from student.encoded import pad
from student.encoder import Encoder
from student.loop import CLIP, endless_batches, optimiser_for
from student.runtime import compute_threads

REVIEWS = Path(__file__).parents[1] / "examples" / "data" / "reviews"
ROWS = 96
RUNS = 7
TARGET = 0.9
SEED = 1
LABELS = ("negative", "positive")

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Token ids and mask [rows, longest], targets [rows]."""


def main() -> int:
    rows = read_reviews() or invent_rows()
    config = StudentConfig(epochs=1)
    encoder = Encoder.create(config, LABELS, SEED)
    batches = list(batches_of(encoder, rows))
    bare_loop(encoder, batches[:3])  # first steps pay for allocations
    encoder.fit(rows[:24], seed=SEED)

    ours, bare, ratios = [], [], []
    print(f"{len(rows)} rows, {len(batches)} batches, load {os.getloadavg()[0]:.1f}")
    for run in range(RUNS):
        measures = {True: lambda: fit(encoder, rows), False: lambda: bare_loop(encoder, batches)}
        first = run % 2 == 0
        seconds = {which: measures[which]() for which in (first, not first)}
        ours.append(len(rows) / seconds[True])
        bare.append(len(rows) / seconds[False])
        ratios.append(ours[-1] / bare[-1])
        print(f"run {run + 1}: fit {ours[-1]:.1f}, bare {bare[-1]:.1f} examples/s", flush=True)
    print(f"fit        {median(ours):.1f} examples/s (median of {RUNS})")
    print(f"bare loop  {median(bare):.1f} examples/s")
    print(f"ratio      min {min(ratios):.3f}  median {median(ratios):.3f}  max {max(ratios):.3f}")
    passed = median(ratios) >= TARGET
    print(f"{'ok' if passed else 'FAILED'}: target is a median of at least {TARGET}")
    return 0 if passed else 1


def fit(encoder: Encoder, rows: list[Example]) -> float:
    """Seconds of one epoch with the product's own call."""
    started = time.perf_counter()
    encoder.fit(rows, seed=SEED, epochs=1)
    return time.perf_counter() - started


def bare_loop(encoder: Encoder, batches: list[Batch]) -> float:
    """Seconds of the least that trains: forward, backward, clip, step."""
    model = encoder._model
    with compute_threads(encoder.config.threads):
        started = time.perf_counter()
        model.train()
        optimiser = optimiser_for(model, encoder.config)
        for ids, mask, targets in batches:
            loss = cross_entropy(model(input_ids=ids, attention_mask=mask).logits, targets)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimiser.step()
            optimiser.zero_grad()
        return time.perf_counter() - started


def batches_of(encoder: Encoder, rows: list[Example]) -> Iterator[Batch]:
    """The very batches that `fit` makes of these rows."""
    encoded = encoder._encode(rows, None)
    size = encoder.config.batch_size
    order = endless_batches([len(ids) for ids in encoded.ids], size, SEED)
    for batch in islice(order, -(-len(rows) // size)):
        pad_id = encoder._tokenizer.pad_token_id
        ids, mask = pad([encoded.ids[i] for i in batch], pad_id, encoder.device)
        targets = torch.tensor([encoded.targets[i] for i in batch], device=encoder.device)
        yield ids, mask, targets


def read_reviews() -> list[Example]:
    """The example reviews; none when they aren't there."""
    files = [REVIEWS / "train.jsonl", REVIEWS / "test.jsonl"]
    if not all(file.exists() for file in files):
        return []
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    rows = [Example(str(i), *_text_label(line)) for i, line in enumerate(lines)]
    return Random(SEED).sample(rows, min(ROWS, len(rows)))


def _text_label(line: str) -> tuple[str, str]:
    raw = json.loads(line)
    return str(raw["text"]), str(raw["label"])


def invent_rows() -> list[Example]:
    """Texts of 5 to 40 common words; what they say is no matter here."""
    words = ("the", "kettle", "is", "very", "good", "would", "not", "buy", "again", "it", "broke")
    rng = Random(SEED)
    return [
        Example(str(i), " ".join(rng.choices(words, k=rng.randint(5, 40))), LABELS[i % 2])
        for i in range(ROWS)
    ]


if __name__ == "__main__":
    sys.exit(main())
