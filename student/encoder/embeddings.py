"""Where the student puts texts: its last hidden layer, one vector a text.

embeddings(encoder, ["The lid cracked on day one."])     # float32 [1, width]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from student.encoder.encoder import Encoder
from student.encoder.predictor import PREDICT_ROWS
from student.runtime import compute_threads

Vectors = npt.NDArray[np.float32]


def embeddings(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Mean of the last hidden layer over each text's tokens, as the head gets to see them.

    Args:
        encoder: A student of any kind with one sequence a text: not `choice`, which reads each
            choice with the question.
        texts: One or more.

    Returns:
        float32 [texts, width], in the order of `texts`.

    Raises:
        ValueError: a student that reads several sequences a text.
    """
    if encoder.kind == "choice":
        raise ValueError("a student of choices has no one vector a text")
    rows = encoder._tokenize(texts)
    order = sorted(range(len(texts)), key=lambda place: rows.lengths[place])
    found: dict[int, Vectors] = {}
    with compute_threads(encoder.config.threads), torch.inference_mode():
        for start in range(0, len(order), PREDICT_ROWS):
            chosen = order[start : start + PREDICT_ROWS]
            inputs = encoder.head.inputs(rows, chosen, encoder.pad_id, encoder.device)
            hidden = encoder.network(**inputs, output_hidden_states=True).hidden_states[-1]
            mask = inputs["attention_mask"].unsqueeze(-1)
            means = (hidden.float() * mask).sum(1) / mask.sum(1).clamp(min=1)
            found |= zip(chosen, means.cpu().numpy(), strict=True)
    return np.stack([found[place] for place in range(len(texts))])
