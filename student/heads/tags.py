"""BIO2 tags of a text's words: entity spans.

The last layer has an output for `O` and two for each type. A word is read off its first token, and
only first tokens are trained on; words are those of `evokd.tasks.spans`, whatever the tokenizer
makes of them. Where its tokens are coarser (some write `!!` as one token), words that share a token
go the way of the first of them. Entities beyond the last token of a long text are never found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from evokd.tasks.spans import OUTSIDE, Word, decode, encode, from_tags, to_tags, words
from student.encoder.encoded import Encoded, inputs
from student.heads.head import Distribution
from student.heads.soft import no_soft_targets
from student.results import Prediction

IGNORED = -100
"""Target of tokens that are no word's first."""


class Notes(NamedTuple):
    """What reading a row's outputs needs."""

    text: str
    words: list[Word]
    """Those that are not cut off."""
    firsts: list[int | None]
    """Of each word, the place of its first token; None where that is the word's before it."""


class TagHead:
    """Token classification of one text."""

    auto: Literal["sequence", "token"] = "token"

    def __init__(self, labels: Sequence[str]) -> None:
        tags = (f"{prefix}-{label}" for label in labels for prefix in "BI")
        self.outputs = (OUTSIDE, *tags)
        self.labels = tuple(labels)
        self._index = {tag: i for i, tag in enumerate(self.outputs)}

    def encode(
        self,
        tokenizer: Any,
        texts: Sequence[str],
        labels: Sequence[str] | None,
        max_length: int,
    ) -> Encoded:
        if not texts:
            return Encoded([], [], [])
        found = tokenizer(
            list(texts),
            truncation=True,
            max_length=max_length,
            padding=False,
            return_attention_mask=False,
            return_offsets_mapping=True,
        )
        ids: list[list[int]] = found["input_ids"]
        notes = [_notes(*row) for row in zip(texts, found["offset_mapping"], strict=True)]
        targets = [self._targets(*row) for row in zip(notes, ids, labels or (), strict=False)]
        return Encoded(ids, targets, [1.0] * len(ids), None, notes)

    def inputs(
        self, rows: Encoded, chosen: Sequence[int], pad_id: int, device: torch.device
    ) -> dict[str, Tensor]:
        return inputs([rows.ids[i] for i in chosen], None, pad_id, device)

    def losses(self, logits: Tensor, targets: Sequence[list[int]]) -> Tensor:
        """Mean over the row's words, so that a long text weighs no more than a short one."""
        longest = logits.shape[1]
        padded = [[*row, *[IGNORED] * (longest - len(row))] for row in targets]
        gold = torch.tensor(padded, device=logits.device)
        each = cross_entropy(logits.transpose(1, 2), gold, reduction="none", ignore_index=IGNORED)
        return each.sum(1) / (gold != IGNORED).sum(1).clamp(min=1)

    def soft_targets(self, labels: Sequence[str], told: Sequence[Distribution | None]) -> list[Any]:
        raise no_soft_targets("ner")

    def soft_losses(self, logits: Tensor, targets: Sequence[Any], temperature: float) -> Tensor:
        raise no_soft_targets("ner")

    def probabilities(self, logits: Tensor) -> Tensor:
        return logits.softmax(-1)

    def predictions(self, logits: Tensor, rows: Encoded, chosen: Sequence[int]) -> list[Prediction]:
        assert rows.notes is not None
        probabilities = logits.softmax(-1)
        return [
            self._verdict(row, rows.notes[i]) for row, i in zip(probabilities, chosen, strict=True)
        ]

    def log_probabilities(
        self, logits: Tensor, rows: Encoded, chosen: Sequence[int]
    ) -> Tensor | None:
        return None

    def _verdict(self, probabilities: Tensor, notes: Notes) -> Prediction:
        """The likeliest tag of each word; as sure as the word it is least sure of."""
        best = probabilities.topk(2)
        likeliest: list[list[float]] = best.values.tolist()
        chosen: list[int] = best.indices[:, 0].tolist()
        tags: list[str] = []
        for first in notes.firsts:
            before = tags[-1] if tags else OUTSIDE
            if first is not None:
                tags.append(self.outputs[chosen[first]])
            else:
                tags.append(before if before == OUTSIDE else f"I-{before[2:]}")
        read = [likeliest[first] for first in notes.firsts if first is not None] or [[1.0, 0.0]]
        return Prediction(
            label=encode(notes.text, from_tags(notes.words, tags)),
            margin=min(one - two for one, two in read),
            confidence=min(one for one, _ in read),
        )

    def _targets(self, notes: Notes, ids: Sequence[int], label: str) -> list[int]:
        spans = decode(label)
        foreign = {span.type for span in spans} - {*self.labels}
        if foreign:
            raise ValueError(f"entity types {sorted(foreign)} are not of {list(self.labels)}")
        targets = [IGNORED] * len(ids)
        for first, tag in zip(notes.firsts, to_tags(notes.words, spans), strict=True):
            if first is not None:
                targets[first] = self._index[tag]
        return targets


def _notes(text: str, offsets: Sequence[Word]) -> Notes:
    """Words of a row and their first tokens; offsets are (0, 0) for special tokens."""
    found: list[Word] = []
    firsts: list[int | None] = []
    token, used = 0, -1
    seen = max((end for _, end in offsets), default=0)
    for start, end in words(text):
        if start >= seen:
            break
        while token < len(offsets) and offsets[token][1] <= start:
            token += 1
        own = token < len(offsets) and offsets[token][0] < end and token != used
        found.append((start, end))
        firsts.append(token if own else None)
        used = token if own else used
    return Notes(text, found, firsts)
