"""A tiny random BERT with a WordPiece vocabulary of its own, and rows it can learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import BertConfig, BertModel, BertTokenizer

from evokd.tasks.example import Example
from student.runtime import quiet_loading

LABELS = ("negative", "positive")
GOOD = ("lovely", "great", "happy", "sturdy", "works")
BAD = ("awful", "broken", "sad", "flimsy", "fails")
FILLER = ("the", "lid", "is", "very", "and", "this", "kettle", "lamp", "it", "so", ".", "!")


def save_base(folder: Path, seed: int = 0, **changes: Any) -> Path:
    """Make a base model folder; `changes` go to its config."""
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *GOOD, *BAD, *FILLER]
    vocab += [f"{mark}{letter}" for letter in "abcdefghij" for mark in ("", "##")]
    shape = {
        "vocab_size": len(vocab),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
    }
    with quiet_loading(), torch.random.fork_rng():
        torch.manual_seed(seed)
        BertModel(BertConfig(**{**shape, **changes})).save_pretrained(folder)
        ids = {word: i for i, word in enumerate(vocab)}
        BertTokenizer(vocab=ids, model_max_length=64).save_pretrained(folder)
    return folder


def easy_rows() -> list[Example]:
    """Twenty rows of varied length whose class one word gives away."""
    made = []
    for i in range(10):
        filler = " ".join(FILLER[(i * 5 + j) % len(FILLER)] for j in range(1 + i * 2))
        made.append(Example(f"p{i}", f"{filler} {GOOD[i % 5]}", "positive"))
        made.append(Example(f"n{i}", f"{BAD[i % 5]} {filler}", "negative"))
    return made
