"""Multiple choice: an output for each (question, choice) pair, a distribution over the choices.

The network sees one choice at a time and never its letter or its neighbours, so the order of the
choices can't matter to it: what another order would change is which letter the same choice has.
For the same reason it can't judge "all of the above".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from evokd.tasks.formats.choice import LETTERS, split
from student.encoder.encoded import Encoded, inputs
from student.heads.head import Distribution
from student.heads.soft import no_soft_targets
from student.results import Prediction

Target = tuple[int, int]
"""Place of the right choice, and how many the row has."""


class ChoiceHead:
    """Rows of one question and two or more choices; not all need have as many."""

    auto: Literal["sequence", "token"] = "sequence"
    outputs = ("score",)

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)

    def encode(
        self,
        tokenizer: Any,
        texts: Sequence[str],
        labels: Sequence[str] | None,
        max_length: int,
    ) -> Encoded:
        items = [split(text) for text in texts]
        short = next(
            (text for text, (_, choices) in zip(texts, items, strict=True) if len(choices) < 2),
            None,
        )
        if short is not None:
            raise ValueError(f"expected a question and two or more choices, got {short[:60]!r}")
        pairs = [(question, choice) for question, choices in items for choice in choices]
        ids, types = _tokenize(tokenizer, pairs, max_length) if pairs else ([], None)
        counts = [len(choices) for _, choices in items]
        targets = [_target(label, n) for label, n in zip(labels or (), counts, strict=False)]
        grouped = None if types is None else _grouped(types, counts)
        return Encoded(_grouped(ids, counts), targets, [1.0] * len(items), grouped)

    def inputs(
        self, rows: Encoded, chosen: Sequence[int], pad_id: int, device: torch.device
    ) -> dict[str, Tensor]:
        """All choices of the rows, one after the other: int64 [choices, longest of them]."""
        types = None if rows.types is None else [one for i in chosen for one in rows.types[i]]
        return inputs([one for i in chosen for one in rows.ids[i]], types, pad_id, device)

    def losses(self, logits: Tensor, targets: Sequence[Target]) -> Tensor:
        scores = padded(logits, [n for _, n in targets])
        gold = torch.tensor([place for place, _ in targets], device=logits.device)
        return cross_entropy(scores, gold, reduction="none")

    def soft_targets(self, labels: Sequence[str], told: Sequence[Distribution | None]) -> list[Any]:
        raise no_soft_targets("choice")

    def soft_losses(self, logits: Tensor, targets: Sequence[Any], temperature: float) -> Tensor:
        raise no_soft_targets("choice")

    def probabilities(self, logits: Tensor) -> Tensor:
        return logits.softmax(-1)

    def predictions(self, logits: Tensor, rows: Encoded, chosen: Sequence[int]) -> list[Prediction]:
        scores = padded(logits, [len(rows.ids[i]) for i in chosen])
        return [_verdict(row) for row in scores.softmax(-1)]

    def log_probabilities(
        self, logits: Tensor, rows: Encoded, chosen: Sequence[int]
    ) -> Tensor | None:
        return padded(logits, [len(rows.ids[i]) for i in chosen]).log_softmax(-1)


def padded(logits: Tensor, counts: Sequence[int]) -> Tensor:
    """Scores of the choices, a line for each row: float32 [rows, most choices].

    Args:
        logits: [choices of all rows, 1].
        counts: Choices of each row; places beyond them get -inf, so no probability.
    """
    parts = list(torch.split(logits.squeeze(-1), list(counts)))
    return torch.nn.utils.rnn.pad_sequence(parts, batch_first=True, padding_value=-torch.inf)


def _verdict(probabilities: Tensor) -> Prediction:
    best, runner_up = probabilities.topk(2).values.tolist()
    return Prediction(LETTERS[int(probabilities.argmax())], best - runner_up, best)


def _target(label: str, n: int) -> Target:
    place = LETTERS[:n].find(label)
    if len(label) != 1 or place < 0:
        raise ValueError(f"label {label!r} is no letter of {n} choices")
    return place, n


def _tokenize(
    tokenizer: Any, pairs: Sequence[tuple[str, str]], max_length: int
) -> tuple[list[list[int]], list[list[int]] | None]:
    """Question and choice as the tokenizer joins them; of a long pair the longer side is cut."""
    first, second = zip(*pairs, strict=True)
    found = tokenizer(
        list(first),
        list(second),
        truncation="longest_first",
        max_length=max_length,
        padding=False,
        return_attention_mask=False,
    )
    return found["input_ids"], found.get("token_type_ids")


def _grouped(items: Sequence[list[int]], counts: Sequence[int]) -> list[list[list[int]]]:
    rest = iter(items)
    return [[next(rest) for _ in range(n)] for n in counts]
