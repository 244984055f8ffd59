"""Student scoring against a bare forward pass, and against one example at a time.

    python benchmarks/scoring.py            # the embedded SmolLM2
    python benchmarks/scoring.py --tiny     # seconds: a small random model, to see that it runs

All three score the same responses, four to a question, as the method draws them (`--candidates`):
prompts of 60 to 160 tokens, responses of 20 to 200.

bare    the model's own forward pass, logits of every position, over batches of like length padded
        as `CausalStudent.score` pads them, ready as tensors, a row for each response. No
        log-probabilities come out of it.
ours    `CausalStudent.score` whole: tokenising, batching, log-probabilities, ranks, bytes.
single  one response a forward pass: all logits in float32, a full log-softmax, ranks.

Tokens are those of prompts and responses, padding not counted. Rounds alternate, so that what else
the machine does hits all; ratios are taken round by round. Exit code 1 when the median of ours to
bare is under 0.85, or of ours to single under 3. Peak memory is printed: of the process, over what
it was before the first pass.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median

import torch

from student.causal.causal import CausalStudent
from student.causal.chat import EncodedPair
from student.causal.scoring import batches_by_length, padded
from student.causal.values import CausalSettings, TokenScores
from student.runtime import compute_threads

ROWS = 48
ROUNDS = 3
BARE, SINGLE = 0.85, 3.0
SEED = 1
TEXT = (
    "the kettle boils water because heat moves from stove to metal and then so we know that "
    "answer A is wrong while B fits what was asked 12 eggs cost 3 dollars each"
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--threads", type=int, help="by default as many as there are cores")
    parser.add_argument("--candidates", type=int, default=4, help="responses to a prompt")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        model = tiny(Path(folder)) if options.tiny else "embedded:smollm2-135m"
        settings = CausalSettings(
            model=model, max_length=256 if options.tiny else 1024, threads=options.threads
        )
        student = CausalStudent.create(settings, SEED)
    return compare(
        student, *texts(student, options.rows, options.candidates, options.tiny), options.rounds
    )


def compare(student: CausalStudent, prompts: list[str], responses: list[str], rounds: int) -> int:
    pairs = student._encode(prompts, responses)
    tokens = sum(pair.length for pair in pairs)
    batches = padded_batches(student, pairs)
    computed = sum(ids.numel() for ids in batches)
    print(f"{len(pairs)} rows of {len(set(prompts))} prompts, {tokens} tokens")
    print(f"bare: {len(batches)} batches, {computed} tokens; load {os.getloadavg()[0]:.1f}")
    before = peak()
    ways: dict[str, Callable[[], None]] = {
        "ours": lambda: ours(student, prompts, responses),
        "bare": lambda: bare(student, batches),
        "single": lambda: single(student, pairs),
    }
    memory = {}
    for name, way in ways.items():  # first passes pay for allocations; ours first: its peak shows
        way()
        memory[name] = peak() - before
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        order = list(ways)[turn % 3 :] + list(ways)[: turn % 3]
        for name in order:
            rates[name].append(tokens / seconds(ways[name], student))
        print(
            f"round {turn + 1}: " + ", ".join(f"{n} {rates[n][-1]:.0f}" for n in ways), flush=True
        )
    print("tokens/s   " + "  ".join(f"{name} {median(rates[name]):.0f}" for name in ways))
    print("peak MiB over the model, in this order: "
          + ", ".join(f"{name} {size / 2**20:.0f}" for name, size in memory.items()))  # fmt: skip
    to_bare = median(a / b for a, b in zip(rates["ours"], rates["bare"], strict=True))
    to_single = median(a / b for a, b in zip(rates["ours"], rates["single"], strict=True))
    passed = to_bare >= BARE and to_single >= SINGLE
    print(f"ours/bare {to_bare:.2f} (at least {BARE}), ours/single {to_single:.2f} "
          f"(at least {SINGLE}): {'ok' if passed else 'FAILED'}")  # fmt: skip
    return 0 if passed else 1


def seconds(way: Callable[[], None], student: CausalStudent) -> float:
    started = time.perf_counter()
    way()
    if student.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def ours(student: CausalStudent, prompts: list[str], responses: list[str]) -> None:
    found = student.score(prompts, responses)
    assert all(isinstance(one, TokenScores) for one in found)


@torch.inference_mode()
def bare(student: CausalStudent, batches: list[torch.Tensor]) -> None:
    with compute_threads(student.settings.threads):
        for ids in batches:
            student._model(input_ids=ids, use_cache=False)


@torch.inference_mode()
def single(student: CausalStudent, pairs: Sequence[EncodedPair]) -> None:
    with compute_threads(student.settings.threads):
        for pair in pairs:
            ids = torch.tensor([[*pair.prompt, *pair.response]], device=student.device)
            logits = student._model(input_ids=ids, use_cache=False).logits[0, :-1].float()
            chosen = logits.gather(1, ids[0, 1:, None])
            logits.log_softmax(-1).gather(1, ids[0, 1:, None]).cpu()
            (logits > chosen).sum(1).cpu()


def padded_batches(student: CausalStudent, pairs: Sequence[EncodedPair]) -> list[torch.Tensor]:
    """Batches by length, a row for each pair, within the budget of `score`."""
    order = batches_by_length([pair.length for pair in pairs], student._budget)
    pad = student._base.pad
    return [
        padded([(*pairs[i].prompt, *pairs[i].response) for i in batch], pad, student.device)
        for batch in order
    ]


def texts(
    student: CausalStudent, rows: int, candidates: int, short: bool
) -> tuple[list[str], list[str]]:
    """Prompts and responses of words; what they say is no matter here."""
    rng, part = Random(SEED), 8 if short else 1
    asked = [
        student.prompt([{"role": "user", "content": words(rng, 30 // part, 120 // part)}])
        for _ in range(-(-rows // candidates))
    ]
    prompts = [prompt for prompt in asked for _ in range(candidates)][:rows]
    return prompts, [words(rng, 20 // part, 170 // part) for _ in range(rows)]


def words(rng: Random, least: int, most: int) -> str:
    return " ".join(rng.choices(TEXT.split(), k=rng.randint(max(1, least), most)))


def peak() -> int:
    """Bytes: the most this process ever held; on a GPU, the most tensors ever held there."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def tiny(folder: Path) -> str:
    """A small random model, as the tests have it."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.student.tiny_causal import save_causal

    return str(save_causal(folder / "tiny"))


if __name__ == "__main__":
    sys.exit(main())
