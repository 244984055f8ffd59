"""Student training against a bare PyTorch loop on the same batches: at least 0.9 of its rate.

    python benchmarks/training.py                    # MiniLM, then SmolLM2 with LoRA
    python benchmarks/training.py --only causal --tiny   # seconds: to see that it runs

Encoder: both train the embedded MiniLM on the same rows, in the same padded batches, with the same
AdamW and clipping. The bare loop gets its batches ready-made as tensors; `Encoder.fit` is timed
whole: tokenising, sorting, padding, schedule, counts. Causal: both train LoRA adapters of the
embedded SmolLM2; the bare loop calls the model with labels, as the libraries' examples do. Runs
alternate, so that what else the machine does hits both; the ratio is taken pair by pair. Exit code
1 when a median is under 0.9.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median

import torch
from torch.nn.functional import cross_entropy

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from student.causal.causal import CausalStudent
from student.causal.scoring import padded
from student.causal.training import TrainingStage, optimiser_of, plan_stage
from student.causal.values import CausalSettings, TrainingPair
from student.encoder.encoded import pad
from student.encoder.encoder import Encoder
from student.encoder.loop import CLIP, endless_batches, optimiser_for
from student.runtime import compute_threads

REVIEWS = Path(__file__).parents[1] / "examples" / "data" / "reviews"
ROWS = 96
RUNS = 7
TARGET = 0.9
SEED = 1
LABELS = ("negative", "positive")
CAUSAL_ROWS = 24
CAUSAL_RUNS = 3
WORDS = ("the", "kettle", "is", "very", "good", "would", "not", "buy", "again", "it", "broke")

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Token ids and mask [rows, longest], targets [rows]."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=["encoder", "causal"])
    parser.add_argument("--tiny", action="store_true", help="a random causal model, few runs")
    options = parser.parse_args(arguments)
    passed = True
    if options.only != "causal":
        passed &= encoder_race()
    if options.only != "encoder":
        passed &= causal_race(options.tiny)
    return 0 if passed else 1


def encoder_race() -> bool:
    rows = read_reviews() or invent_rows()
    config = StudentConfig(epochs=1)
    encoder = Encoder.create(config, LABELS, SEED)
    batches = list(batches_of(encoder, rows))
    bare_loop(encoder, batches[:3])  # first steps pay for allocations
    encoder.fit(rows[:24], seed=SEED)
    print(f"encoder: {len(rows)} rows, {len(batches)} batches, load {os.getloadavg()[0]:.1f}")
    return race(
        lambda: fit(encoder, rows), lambda: bare_loop(encoder, batches), len(rows), "examples/s"
    )


def race(
    ours: Callable[[], float], bare: Callable[[], float], count: int, unit: str, runs: int = RUNS
) -> bool:
    """Time both in turn; whether the median of the ratios is good enough."""
    rates: dict[bool, list[float]] = {True: [], False: []}
    for run in range(runs):
        measures = {True: ours, False: bare}
        first = run % 2 == 0
        for which in (first, not first):
            rates[which].append(count / measures[which]())
        print(f"run {run + 1}: fit {rates[True][-1]:.1f}, bare {rates[False][-1]:.1f} {unit}",
              flush=True)  # fmt: skip
    ratios = [a / b for a, b in zip(rates[True], rates[False], strict=True)]
    print(f"fit        {median(rates[True]):.1f} {unit} (median of {runs})")
    print(f"bare loop  {median(rates[False]):.1f} {unit}")
    print(f"ratio      min {min(ratios):.3f}  median {median(ratios):.3f}  max {max(ratios):.3f}")
    passed = median(ratios) >= TARGET
    print(f"{'ok' if passed else 'FAILED'}: target is a median of at least {TARGET}")
    return passed


def causal_race(small: bool) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        model = tiny(Path(folder)) if small else "embedded:smollm2-135m"
        student = CausalStudent.create(CausalSettings(model=model, max_length=256), SEED)
    lessons = invent_lessons(student, small)
    causal_fit(student, lessons[:8])  # makes the adapters, pays for allocations
    stage = plan_of(student, lessons)
    tokens = sum(len(row.ids) for row in stage.rows)
    print(f"causal: {len(lessons)} rows, {tokens} tokens ({stage.padded_tokens} padded),"
          f" load {os.getloadavg()[0]:.1f}")  # fmt: skip
    return race(
        partial(causal_fit, student, lessons),
        partial(causal_bare_loop, student, stage),
        tokens,
        "tokens/s",
        runs=2 if small else CAUSAL_RUNS,
    )


def causal_fit(student: CausalStudent, lessons: list[TrainingPair]) -> float:
    """Seconds of one epoch with the product's own call."""
    return student.fit(lessons, lr=1e-4, epochs=1, seed=SEED).seconds


def causal_bare_loop(student: CausalStudent, stage: TrainingStage) -> float:
    """Seconds of the least that trains: the model's own loss of prompt-masked labels."""
    model = student._model
    with compute_threads(student.settings.threads):
        started = time.perf_counter()
        model.train()
        optimiser = optimiser_of(model, stage)
        for step in stage.steps:
            for part in step:
                rows = [stage.rows[i] for i in part]
                ids = padded([row.ids for row in rows], stage.pad, student.device)
                lengths = torch.tensor([len(row.ids) for row in rows], device=student.device)
                starts = torch.tensor([row.start for row in rows], device=student.device)
                at = torch.arange(ids.shape[1], device=student.device)[None]
                mask = at < lengths[:, None]
                labels = ids.masked_fill(~mask | (at < starts[:, None]), -100)
                loss = model(input_ids=ids, attention_mask=mask.long(), labels=labels).loss
                torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimiser.step()
            optimiser.zero_grad()
        model.eval()
        return time.perf_counter() - started


def plan_of(student: CausalStudent, lessons: list[TrainingPair]) -> TrainingStage:
    """The very batches that `fit` makes of these rows."""
    base = student._base
    pairs = student._encode([row.prompt for row in lessons], [row.response for row in lessons])
    return plan_stage(
        pairs, student.settings, lr=1e-4, epochs=1, seed=SEED, end=base.end, pad=base.pad
    )


def invent_lessons(student: CausalStudent, short: bool) -> list[TrainingPair]:
    """Questions and answers of common words; what they say is no matter here."""
    rng = Random(SEED)

    def words(least: int, most: int) -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(least, most // (5 if short else 1))))

    prompts = [
        student.prompt([{"role": "user", "content": words(5, 40)}]) for _ in range(CAUSAL_ROWS)
    ]
    return [TrainingPair(prompt, words(10, 50)) for prompt in prompts]


def tiny(folder: Path) -> str:
    """A small random model, as the tests have it."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.student.tiny_causal import save_causal

    return str(save_causal(folder / "tiny"))


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
    encoded = encoder.encode(rows)
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
    rng = Random(SEED)
    return [
        Example(str(i), " ".join(rng.choices(WORDS, k=rng.randint(5, 40))), LABELS[i % 2])
        for i in range(ROWS)
    ]


if __name__ == "__main__":
    sys.exit(main())
