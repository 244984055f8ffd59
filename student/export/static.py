"""Static embeddings of a student, as model2vec makes them, with its own logits as the lesson.

    static = distil(student, texts)             # the texts need no labels

Every token of the vocabulary goes through the student alone, between the special tokens; the means
of the last layer are centred, turned to their principal components and weighted by how rare the
token is (SIF: Arora et al. 2017, a / (a + p), with p by Zipf's law, since vocabularies stand in the
order of frequency). A ridge regression then maps the mean over a text's tokens to the logits that
the student has for it (Ba & Caruana 2014), its penalty chosen by leave-one-out error. Both are
linear, so what is kept is one table: tokens by outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from evokd.config import ConfigError
from student.encoder.encoder import Encoder
from student.encoder.predictor import PREDICT_ROWS
from student.export.static_network import StaticNetwork
from student.runtime import compute_threads

COMPONENTS = 256
"""Principal components that are kept, at most."""
SIF = 1e-4
"""a: a token this frequent counts half. In a vocabulary of under 30,000 it is three times the mean
frequency, or all its tokens would count as frequent."""
PENALTIES = tuple(10.0**power for power in range(-4, 5))
"""Of the ridge regression, as multiples of the rows' mean square along a component."""

Floats = npt.NDArray[np.float64]


def check_static(student: Encoder) -> None:
    """Refuse a kind that a bag of words can't answer.

    Raises:
        ConfigError: naming the kind.
    """
    why = {
        "pair": "how two texts stand to each other is no mean over their words",
        "choice": "a choice is right only beside its question",
        "ner": "a name is known by the words beside it",
    }.get(student.kind)
    if why is not None:
        raise ConfigError(
            f"--format static: not for tasks of kind {student.kind}: {why}; `--format onnx"
            " --quantize int8` is the smallest for it"
        )


def distil(student: Encoder, texts: Sequence[str]) -> StaticNetwork:
    """A table of logits that says of a text about what the student says.

    Args:
        student: One text in, one row of logits out.
        texts: Two or more, without labels: the more, and the more like those it is meant for, the
            better.

    Raises:
        ConfigError: as `check_static`.
    """
    check_static(student)
    rows = student.head.encode(student.tokenizer, texts, None, student.config.max_length)
    told = _logits(student, rows)
    special = wordless(student.tokenizer)
    vectors = weighted(token_vectors(student), special)
    means = np.stack([_mean(vectors, ids, special) for ids in rows.ids])
    weights, bias = ridge(means, told)
    table = vectors @ weights
    return StaticNetwork(
        torch.tensor(table, dtype=torch.float32),
        torch.tensor(~special, dtype=torch.float32),
        torch.tensor(bias, dtype=torch.float32),
    )


def wordless(tokenizer: Any) -> npt.NDArray[np.bool_]:
    """[tokens]: those that stand for no piece of a text, special ones and places left free."""
    marks = np.zeros(len(tokenizer), dtype=bool)
    marks[list(tokenizer.all_special_ids)] = True
    free = (place for name, place in tokenizer.get_vocab().items() if name.startswith("[unused"))
    marks[list(free)] = True
    return marks


def token_vectors(student: Encoder) -> Floats:
    """Mean of the last layer for each token of the vocabulary by itself, [tokens, width]."""
    before, after = _around(student.tokenizer)
    count, parts = len(student.tokenizer), []
    with compute_threads(student.config.threads), torch.inference_mode():
        for start in range(0, count, 8 * PREDICT_ROWS):  # three tokens a row: many rows at once
            chosen = range(start, min(start + 8 * PREDICT_ROWS, count))
            ids = torch.tensor([[*before, token, *after] for token in chosen])
            ids = ids.to(student.device)
            found = student.network(
                input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True
            )
            parts.append(found.hidden_states[-1].float().mean(1).cpu().numpy())
    return np.concatenate(parts).astype(np.float64)


def weighted(vectors: Floats, special: npt.NDArray[np.bool_]) -> Floats:
    """Centred, turned to principal components, weighted by rarity: [tokens, components].

    Args:
        vectors: [tokens, width], the frequent tokens first.
        special: [tokens]: those without a meaning of their own get 0.
    """
    words = vectors[~special]
    centre = words.mean(0)
    _, axes = np.linalg.eigh(np.cov(words, rowvar=False))  # eigenvalues rise
    turned: Floats = (vectors - centre) @ axes[:, ::-1][:, :COMPONENTS]
    frequency = np.where(special, 0, 1 / (1 + np.cumsum(~special)))
    half = max(SIF, 3 / len(words))
    factors = np.where(special, 0, half / (half + frequency / frequency.sum()))
    result: Floats = turned * factors[:, None]
    return result


def ridge(inputs: Floats, targets: Floats) -> tuple[Floats, Floats]:
    """Weights [width, outputs] and bias [outputs] of least squared error plus penalty.

    The penalty is the one of least leave-one-out error, which a ridge regression has in closed form
    (Hastie et al. 2009, section 7.10): residual / (1 - leverage).

    Args:
        inputs: [rows, width].
        targets: [rows, outputs].
    """
    centre, level = inputs.mean(0), targets.mean(0)
    u, s, vt = np.linalg.svd(inputs - centre, full_matrices=False)
    wanted = u.T @ (targets - level)
    scale = float((s**2).mean()) or 1.0

    def left_out(penalty: float) -> float:
        shrunk = s**2 / (s**2 + penalty * scale)
        residual = targets - level - u @ (shrunk[:, None] * wanted)
        leverage = (u**2 @ shrunk) + 1 / len(inputs)
        return float(((residual / np.maximum(1 - leverage, 1e-9)[:, None]) ** 2).mean())

    penalty = min(PENALTIES, key=left_out) * scale
    weights: Floats = vt.T @ ((s / (s**2 + penalty))[:, None] * wanted)
    bias: Floats = level - centre @ weights
    return weights, bias


def _logits(student: Encoder, rows: Any) -> Floats:
    """As the network gives them, before any temperature: [rows, outputs]."""
    found: dict[int, Any] = {}
    for chosen, logits in student._outputs(rows):
        found |= zip(chosen, (logits * (student.temperature or 1.0)).numpy(), strict=True)
    return np.stack([found[place] for place in range(len(found))]).astype(np.float64)


def _mean(vectors: Floats, ids: Sequence[int], special: npt.NDArray[np.bool_]) -> Floats:
    """Of a text's tokens; 0 for a text without any."""
    own = [token for token in ids if not special[token]]
    result: Floats = vectors[own].sum(0) / max(1, len(own))
    return result


def _around(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The special tokens that stand before and after a text."""
    found = tokenizer("a", return_special_tokens_mask=True)
    ids, marks = found["input_ids"], found["special_tokens_mask"]
    own = [place for place, mark in enumerate(marks) if not mark] or [len(ids)]
    return ids[: own[0]], ids[own[-1] + 1 :]
