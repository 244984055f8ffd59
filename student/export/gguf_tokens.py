"""A byte-level BPE in a GGUF: tokens, merges, control tokens, chat template.

llama.cpp cuts a text into words by code of its own, which the file names (`tokenizer.ggml.pre`). So
a tokenizer is taken only if its first step is one of those in `CUTS`, to the letter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf

from evokd.config import ConfigError

_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
CUTS: tuple[tuple[str, list[dict[str, Any]]], ...] = (
    ("smollm", [{"type": "Digits", "individual_digits": True}, _BYTES]),
    ("gpt-2", [_BYTES]),
)
"""llama.cpp's name, and the steps of tokenizer.json that do the same."""
CONTROL = {
    "bos_token": "add_bos_token_id",
    "eos_token": "add_eos_token_id",
    "unk_token": "add_unk_token_id",
    "pad_token": "add_pad_token_id",
}
"""Key of tokenizer_config.json → method of gguf's writer."""


def add_tokens(writer: gguf.GGUFWriter, folder: Path, size: int) -> None:
    """Put a saved tokenizer into a GGUF.

    Args:
        writer: Of the file.
        folder: With tokenizer.json and tokenizer_config.json.
        size: Rows of the network's embeddings; tokens that fill up to it are never written.

    Raises:
        ConfigError: not a byte-level BPE, or one that llama.cpp would cut otherwise.
    """
    whole, config = _read(folder / "tokenizer.json"), _read(folder / "tokenizer_config.json")
    model = whole.get("model") or {}
    cut = cut_of(whole)
    names, types = _tokens(whole, size)
    writer.add_tokenizer_model("gpt2")  # llama.cpp's name for every byte-level BPE
    writer.add_tokenizer_pre(cut)
    writer.add_token_list(names)
    writer.add_token_types(types)
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in model["merges"]])
    ids = {name: place for place, name in enumerate(names)}
    for key, method in CONTROL.items():
        token = config.get(key)
        token = token.get("content") if isinstance(token, dict) else token
        if token in ids:
            getattr(writer, method)(ids[token])
    writer.add_add_bos_token(False)  # the chat template writes it, if there is to be one
    writer.add_add_space_prefix(False)
    template = _template(folder, config)
    if template:
        writer.add_chat_template(template)


def cut_of(whole: Mapping[str, Any]) -> str:
    """llama.cpp's name of how a tokenizer.json cuts texts.

    Raises:
        ConfigError: it has none that is known here.
    """
    first = whole.get("pre_tokenizer") or {}
    steps = first.get("pretokenizers", [first])
    kind = (whole.get("model") or {}).get("type")
    if kind == "BPE" and not whole.get("normalizer"):
        for name, wanted in CUTS:
            if len(steps) == len(wanted) and all(map(_does, steps, wanted)):
                return name
    said = ", ".join(str(step.get("type")) for step in steps)
    known = ", ".join(name for name, _ in CUTS)
    raise ConfigError(
        f"--format gguf: llama.cpp's name for this tokenizer is not known here ({kind} after"
        f" {said}; known: {known}); its own convert_hf_to_gguf.py takes the folder `student`"
    )


def _does(step: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(step.get(key, True) == value for key, value in wanted.items())


def _tokens(whole: Mapping[str, Any], size: int) -> tuple[list[str], list[int]]:
    """Names and types of all tokens, by id."""
    kinds = gguf.TokenType
    names = [f"[PAD{place}]" for place in range(size)]
    types = [int(kinds.UNUSED)] * size
    added = {one["id"]: one for one in whole.get("added_tokens", ())}
    found = {place: name for name, place in whole["model"]["vocab"].items()}
    found |= {place: one["content"] for place, one in added.items()}
    for place, name in found.items():
        if place >= size:
            raise ConfigError(
                f"--format gguf: the token {name!r} has the number {place}, the network has {size}"
            )
        names[place] = name
        kind = kinds.NORMAL
        if place in added:
            kind = kinds.CONTROL if added[place].get("special") else kinds.USER_DEFINED
        types[place] = int(kind)
    return names, types


def _template(folder: Path, config: Mapping[str, Any]) -> str | None:
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    said = config.get("chat_template")
    return said if isinstance(said, str) else None


def _read(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: can't be read ({error})") from None
    return found
