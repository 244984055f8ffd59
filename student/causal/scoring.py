"""Scoring: how likely a student finds, token by token, what somebody else wrote.

Teacher forcing: one forward pass over prompt and response; the hidden state before each token of
the response goes through the head, in float32 from the logits on. Everything else (prompts,
padding) never meets the head, and a prompt that several responses follow is read once. See
`docs/design/causal.md`; equations in dasd.md, sections 2 and 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from student.causal.bundles import bundle, to_rows
from student.causal.chat import EncodedPair
from student.causal.lm_head import hidden_states, logits_of, score_tokens
from student.causal.values import TokenScores

BATCH_TOKENS = {"cpu": 512, "cuda": 65_536}
"""Tokens of a padded batch. A CPU is as fast on few tokens as on many, so there it is little, which
also saves padding."""

LogprobArray = npt.NDArray[np.float64]


def batches_by_length(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Every index once, longest first, in batches of at most `budget` tokens, padding counted.

    A row that is longer than the budget has a batch to itself. Longest first, so that a device
    whose memory is too small says so at once.
    """
    found: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if found and lengths[found[-1][0]] * (len(found[-1]) + 1) <= budget:
            found[-1].append(index)
        else:
            found.append([index])
    return found


def budget_for(device: torch.device) -> int:
    """Tokens of a padded batch in scoring."""
    return BATCH_TOKENS.get(device.type, BATCH_TOKENS["cpu"])


@torch.inference_mode()
def score_pairs(
    model: Any,
    pairs: Sequence[EncodedPair],
    *,
    pad: int,
    device: torch.device,
    budget: int,
    share: bool,
) -> list[TokenScores]:
    """Scores of the responses' tokens, in the order of `pairs`.

    Args:
        model: In eval mode; with or without PEFT's wrapper.
        pairs: Each fits the model.
        pad: Token id to fill up with.
        device: Of the model.
        budget: Tokens of a padded batch.
        share: Whether responses to the same prompt share its row; see `student.causal.bundles`.
    """
    scored: dict[int, TokenScores] = {}
    bundles = bundle(pairs, share=share)
    for batch in batches_by_length([one.length for one in bundles], budget):
        chosen = [bundles[i] for i in batch]
        rows = to_rows(chosen, pad, device)
        states = hidden_states(model, rows.ids, rows.positions, rows.mask)[rows.sources]
        logprobs, ranks = score_tokens(model, states, rows.targets)
        found = _split(
            [pair for one in chosen for pair in one.pairs],
            logprobs.cpu().numpy(),
            ranks.cpu().numpy(),
        )
        scored.update(zip((i for one in chosen for i in one.indices), found, strict=True))
    return [scored[index] for index in range(len(pairs))]


@torch.inference_mode()
def next_token_logprobs(
    model: Any,
    prompts: Sequence[Sequence[int]],
    choices: Sequence[int],
    *,
    pad: int,
    device: torch.device,
    budget: int,
) -> LogprobArray:
    """Log-probabilities [prompts, choices] of single tokens right after each prompt."""
    found = np.empty((len(prompts), len(choices)))
    for batch in batches_by_length([len(ids) for ids in prompts], budget):
        ids = padded([prompts[i] for i in batch], pad, device)
        last = torch.tensor([len(prompts[i]) - 1 for i in batch], device=device)
        states = hidden_states(model, ids)[torch.arange(len(batch), device=device), last]
        logits = logits_of(model, states)
        chosen = logits[:, list(choices)] - logits.logsumexp(1, keepdim=True)
        found[batch] = chosen.cpu().numpy()
    return found


def padded(rows: Iterable[Sequence[int]], pad: int, device: torch.device) -> Tensor:
    """Token ids, int64 [rows, longest], filled up on the right."""
    listed = list(rows)
    longest = max(map(len, listed))
    filled = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in listed])
    return filled.to(device, non_blocking=True)


def _split(
    pairs: Sequence[EncodedPair], logprobs: npt.NDArray[np.float32], ranks: npt.NDArray[np.int64]
) -> Iterator[TokenScores]:
    start = 0
    for pair in pairs:
        part = slice(start, start + len(pair.response))
        start = part.stop
        yield TokenScores(
            ids=np.array(pair.response, dtype=np.int64),
            bounds=np.array(pair.bounds, dtype=np.int64),
            logprobs=logprobs[part].copy(),
            ranks=ranks[part].copy(),
            prompt_tokens=len(pair.prompt),
        )
