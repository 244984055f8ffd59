"""Several responses to one prompt in one row, so that the prompt is read once.

    prompt  response 1  response 2 …        tokens
    0 … P-1  P …         P …                positions: each response follows the prompt
    each token sees the prompt and what stands before it in its own response

What a token's hidden state is doesn't change, only what is computed twice. A quarter of the work is
left when four short answers to a long question are scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from student.causal.chat import EncodedPair
from student.causal.lm_head import causal_of, hidden_states

LONGEST = 1024
"""Tokens of a row that several responses share: attention's cost grows with the square."""


@dataclass(frozen=True)
class Bundle:
    """A prompt and the responses that follow it in one row."""

    pairs: tuple[EncodedPair, ...]
    """All of the same prompt; at least one."""
    indices: tuple[int, ...]
    """Of the pairs, in the call."""

    @property
    def prompt(self) -> tuple[int, ...]:
        return self.pairs[0].prompt

    @property
    def length(self) -> int:
        """Tokens of the row."""
        return len(self.prompt) + sum(len(pair.response) for pair in self.pairs)


@dataclass(frozen=True)
class Rows:
    """Bundles as tensors, padded on the right."""

    ids: Tensor
    """int64 [rows, longest]"""
    positions: Tensor | None
    """int64 [rows, longest]; None: 0, 1, 2, …"""
    mask: Tensor | None
    """bool [rows, 1, longest, longest], who sees whom; None: all before."""
    sources: tuple[Tensor, Tensor]
    """Row and column of the hidden state before each response token, int64 [tokens] each."""
    targets: Tensor
    """int64 [tokens], the response tokens, bundle by bundle, pair by pair."""


def bundle(pairs: Sequence[EncodedPair], *, share: bool) -> list[Bundle]:
    """Pairs by prompt, in rows of at most `LONGEST` tokens; each alone if nothing is shared."""
    if not share:
        return [Bundle((pair,), (index,)) for index, pair in enumerate(pairs)]
    open_rows: dict[tuple[int, ...], list[int]] = {}
    done: list[list[int]] = []
    for index, pair in enumerate(pairs):
        row = open_rows.setdefault(pair.prompt, [])
        taken = len(pair.prompt) + sum(len(pairs[i].response) for i in row)
        if row and taken + len(pair.response) > LONGEST:
            done.append(row)
            row = open_rows[pair.prompt] = []
        row.append(index)
    rows = [*done, *open_rows.values()]
    return [Bundle(tuple(pairs[i] for i in row), tuple(row)) for row in rows]


def to_rows(bundles: Sequence[Bundle], pad: int, device: torch.device) -> Rows:
    """Tensors of one batch."""
    longest = max(one.length for one in bundles)
    ids = np.full((len(bundles), longest), pad)
    positions = np.zeros_like(ids)
    segments = np.full_like(ids, -1)  # 0: prompt, 1 …: response; padding is looked at by none
    rows, columns, targets = [], [], []
    for row, one in enumerate(bundles):
        at = head = len(one.prompt)
        ids[row, :head], positions[row, :head], segments[row, :head] = one.prompt, range(head), 0
        for number, pair in enumerate(one.pairs, 1):
            size = len(pair.response)
            place = slice(at, at + size)
            ids[row, place], segments[row, place] = pair.response, number
            positions[row, place] = range(head, head + size)
            rows.append(np.full(size, row))
            columns.append(np.array([head - 1, *range(at, at + size - 1)][:size], dtype=np.int64))
            targets.append(np.array(pair.response, dtype=np.int64))
            at += size

    def tensor(values: Any) -> Tensor:
        return torch.from_numpy(values).to(device, non_blocking=True)

    shared = any(len(one.pairs) > 1 for one in bundles)
    return Rows(
        ids=tensor(ids),
        positions=tensor(positions) if shared else None,
        mask=_mask(tensor(segments)) if shared else None,
        sources=(tensor(np.concatenate(rows)), tensor(np.concatenate(columns))),
        targets=tensor(np.concatenate(targets)),
    )


def _mask(segments: Tensor) -> Tensor:
    seen, seer = segments[:, None, :], segments[:, :, None]
    before = torch.ones(segments.shape[1], segments.shape[1], device=segments.device).tril().bool()
    return (before & ((seen == 0) | (seen == seer)))[:, None]


@torch.inference_mode()
def can_share(model: Any, device: torch.device) -> bool:
    """Whether a model heeds the mask: some kinds of attention make their own.

    Tried out on a prompt of three tokens, with everything that looks only so far back ruled out.
    """
    config = causal_of(model).config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    if config._attn_implementation != "sdpa" or kinds != {"full_attention"}:
        return False
    if getattr(config, "use_sliding_window", True) and getattr(config, "sliding_window", None):
        return False
    pairs = [
        EncodedPair((1, 2, 3), (4, 5), (0, 1, 2)),
        EncodedPair((1, 2, 3), (6, 7, 5), (0, 1, 2, 3)),
    ]
    together = to_rows(bundle(pairs, share=True), 0, device)
    try:
        shared = hidden_states(model, together.ids, together.positions, together.mask)[0, 5:]
    except (ValueError, RuntimeError, TypeError):
        return False
    alone = hidden_states(model, torch.tensor([[1, 2, 3, 6, 7, 5]], device=device))[0, 3:]
    near = 0.02 * alone.abs().max()  # bfloat16 keeps two digits
    return bool((shared - alone).abs().max() <= near)
