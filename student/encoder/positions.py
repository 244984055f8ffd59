"""How long a text a network takes: the rows of its table of learnt positions.

Tokenizers name that limit too, but those of many fine-tuned models don't, and a text beyond the
table ends in an index error deep inside the network. Rotary and relative positions have no table.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModel

from evokd.config import ConfigError
from student.runtime import quiet_loading
from student.sources import ModelSource, read_pretrained

TABLES = ("position_embeddings", "embed_positions", "wpe")
"""What the table is called: BERT and its kin, BART and its kin, GPT-2."""


def most_tokens(model: nn.Module) -> int | None:
    """Tokens of the longest text, special ones among them; None: no table says so."""
    found = [
        module.num_embeddings - _reserved(module)
        for name, module in model.named_modules()
        if name.rpartition(".")[2] in TABLES and isinstance(module, nn.Embedding)
    ]
    return min(found, default=None)


def check_length(source: ModelSource, most: int | None, max_length: int) -> None:
    """Refuse texts longer than the model takes.

    Raises:
        ConfigError: naming the limit.
    """
    if most is not None and max_length > most:
        raise ConfigError(
            f"student.max_length: {source.name} takes at most {most} tokens, got {max_length}"
        )


def skeleton(source: ModelSource) -> nn.Module:
    """The network without its weights, which is made in no time.

    Raises:
        ConfigError: no model there, or of an unknown kind.
    """

    def read(path: str, **options: Any) -> nn.Module:
        config = AutoConfig.from_pretrained(path, **options)
        made: nn.Module = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
        return made

    with quiet_loading(), torch.device("meta"):
        return read_pretrained(source, read)


def _reserved(table: nn.Embedding) -> int:
    """Rows in front of the first position.

    RoBERTa and its kin count from behind the padding token's id, BART from its `offset`.
    """
    before = 0 if table.padding_idx is None else table.padding_idx + 1
    return int(getattr(table, "offset", before))
