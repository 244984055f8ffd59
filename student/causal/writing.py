"""Writing: a student's own answers, in batches, as fast as a small machine allows.

Rows are padded on the left, longest prompts first; keys and values of what was read are kept; a
row that has ended leaves the batch as soon as enough others have, so that one long answer doesn't
hold up the rest (`transformers`' own loop goes on computing every row until the last one ends).
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from student.causal.lm_head import causal_of, logits_of
from student.causal.scoring import batches_by_length

BATCH_TOKENS = {"cpu": 8192, "cuda": 65_536}
"""Rows of a batch times prompt and limit: each token written reads all weights once, for however
many rows, so many rows it is; what they have read and written is kept (46 KB a token for
SmolLM2-135M)."""
LEAVE = 0.25
"""Share of a batch's rows that must have ended before it is made smaller: that copies the keys."""


@dataclass(frozen=True)
class Drawing:
    """How the next token is taken."""

    temperature: float = 0.0
    """0: the most likely one."""
    seed: int = 0
    """Row i of a call draws from a generator of its own, whatever it shares a batch with."""


@dataclass
class _Writing:
    index: int
    """In the call."""
    limit: int
    """Tokens it may write."""
    generator: torch.Generator
    ids: list[int] = field(default_factory=list)
    finish: Literal["stop", "length"] | None = None

    def take(self, token: int, stops: AbstractSet[int]) -> None:
        self.ids.append(token)
        if token in stops:
            self.finish = "stop"
        elif len(self.ids) >= self.limit:
            self.finish = "length"


WrittenTokens = tuple[list[int], Literal["stop", "length"]]
"""Token ids, the one that ended it included, and why it ended."""


def budget_for(device: torch.device) -> int:
    """Tokens of a batch in writing."""
    return BATCH_TOKENS.get(device.type, BATCH_TOKENS["cpu"])


@torch.inference_mode()
def write(
    model: Any,
    prompts: Sequence[Sequence[int]],
    limits: Sequence[int],
    *,
    stops: AbstractSet[int],
    pad: int,
    device: torch.device,
    budget: int,
    drawing: Drawing,
) -> list[WrittenTokens]:
    """Continue each prompt until a stop token or its limit, in the order of `prompts`.

    Args:
        model: In eval mode; with or without PEFT's wrapper.
        prompts: Token ids.
        limits: Tokens that each may write, at least 1; with its prompt it fits the model.
        stops: Tokens that end an answer.
        pad: Token id to fill up with.
        device: Of the model.
        budget: Tokens of a batch: its rows times its longest prompt and longest limit.
        drawing: Greedy, or by chance.
    """
    written: list[WrittenTokens | None] = [None] * len(prompts)
    spans = [len(prompt) + limit for prompt, limit in zip(prompts, limits, strict=True)]
    for batch in batches_by_length(spans, budget):
        rows = [_Writing(i, limits[i], _generator(drawing, i, device)) for i in batch]
        _write_batch(model, [prompts[i] for i in batch], rows, stops, pad, device, drawing)
        for row in rows:
            assert row.finish is not None
            written[row.index] = (row.ids, row.finish)
    return [row for row in written if row is not None]


def _write_batch(
    model: Any,
    prompts: Sequence[Sequence[int]],
    rows: Sequence[_Writing],
    stops: AbstractSet[int],
    pad: int,
    device: torch.device,
    drawing: Drawing,
) -> None:
    """Fill in `rows`, which start empty."""
    ids, mask = _left_padded(prompts, pad, device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    present: list[_Writing] = list(rows)  # in the batch; ended ones leave together
    past: Any = None
    while True:
        output = causal_of(model).base_model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=past,
            use_cache=True,
        )
        past = output.past_key_values
        tokens = _next(logits_of(model, output.last_hidden_state[:, -1]), present, drawing)
        for row, token in zip(present, tokens.tolist(), strict=True):
            if row.finish is None:
                row.take(token, stops)
        alive = [at for at, row in enumerate(present) if row.finish is None]
        if not alive:
            return
        positions = positions[:, -1:] + 1
        mask = torch.cat([mask, mask.new_ones(len(present), 1)], 1)
        if len(alive) <= (1 - LEAVE) * len(present) and hasattr(past, "batch_select_indices"):
            stay = torch.tensor(alive, device=device)
            past.batch_select_indices(stay)
            present = [present[at] for at in alive]
            tokens, positions, mask = tokens[stay], positions[stay], mask[stay]
        ids = tokens[:, None]


def _next(logits: Tensor, rows: Sequence[_Writing], drawing: Drawing) -> Tensor:
    """Token ids [rows] from logits [rows, vocabulary]."""
    if drawing.temperature == 0:
        return logits.argmax(1)
    chances = (logits / drawing.temperature).softmax(1)
    drawn = [
        torch.multinomial(chance, 1, generator=row.generator)
        for chance, row in zip(chances, rows, strict=True)
    ]
    return torch.cat(drawn)


def _generator(drawing: Drawing, index: int, device: torch.device) -> torch.Generator:
    return torch.Generator(device).manual_seed(drawing.seed * 1_000_003 + index)


def _left_padded(
    prompts: Sequence[Sequence[int]], pad: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Token ids and attention mask, int64 [rows, longest]."""
    longest = max(map(len, prompts))
    ids = [[*[pad] * (longest - len(row)), *row] for row in prompts]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)
