"""A tiny random Llama with a byte-level BPE vocabulary and chat template of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from student.runtime import quiet_loading

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CORPUS = (
    "The sum of 6 and 7 is 13. So the answer is 13.",
    "A kettle boils water. The answer is (A). <think>Let me see.</think>",
    "Because birds fly, the answer is B. Every question has one answer.",
)
FAST: Any = PreTrainedTokenizerFast  # untyped
SPECIAL = ["<|end|>", "<|im_start|>", "<|im_end|>"]


def save_causal(folder: Path, seed: int = 0, **changes: Any) -> Path:
    """Make a base model folder; `changes` go to its config."""
    tokenizer = make_tokenizer()
    shape = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 256,
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "initializer_range": 0.3,  # so that its next tokens are anything but equally likely
    }
    with quiet_loading(), torch.random.fork_rng():
        torch.manual_seed(seed)
        LlamaForCausalLM(LlamaConfig(**{**shape, **changes})).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


def make_tokenizer() -> Any:
    """Byte-level BPE: 256 bytes, some merges, three control tokens."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    backend.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(
            vocab_size=320, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
        ),
    )
    return FAST(
        tokenizer_object=backend,
        eos_token="<|im_end|>",
        pad_token="<|end|>",
        chat_template=TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def make_wordpiece_like() -> Any:
    """SentencePiece-like BPE with byte fallback: ▁ for spaces, <0x..> for what it doesn't know."""
    fallback = {f"<0x{byte:02X}>": byte for byte in range(256)}
    letters = sorted(set("".join(CORPUS).replace(" ", "\u2581")) | {"\u2581"})
    vocab = fallback | {letter: 256 + i for i, letter in enumerate(letters)}
    backend = Tokenizer(models.BPE(vocab=vocab, merges=[], byte_fallback=True))
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    return FAST(tokenizer_object=backend, pad_token="<0x00>")
