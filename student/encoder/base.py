"""Base models: from a name in the config to a network with a head for the task's labels.

`embedded:minilm` is verified by hash first, a folder is read as it is, anything else is a hub
name that is looked for in the local cache before the network. Only safetensors are read, and no
code that comes with a model is run.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Hashable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)

from evokd.config import ConfigError, LoraConfig, StudentConfig, TaskKind
from student.encoder import base_cache
from student.encoder.averaging import read_the_mean
from student.encoder.positions import check_length, most_tokens, skeleton
from student.heads import Head
from student.heads.label_set import LabelSetHead
from student.runtime import quiet_loading, seeded
from student.sources import ModelSource, locate, read_pretrained

AUTO = {
    "sequence": AutoModelForSequenceClassification,
    "token": AutoModelForTokenClassification,
}


@dataclass(frozen=True)
class Base:
    """A base model with a fresh head, on the CPU, in float32."""

    model: Any
    fingerprint: str
    """Hash of the tensors that were read from disk, head and adapters not among them."""


def load_tokenizer(source: ModelSource, max_length: int) -> Any:
    """The base model's tokenizer; it says `max_length` when it is saved.

    Raises:
        ConfigError: none found, no padding token, or texts longer than the model takes.
    """
    tokenizer: Any = read_pretrained(source, AutoTokenizer.from_pretrained)
    check_length(source, tokenizer.model_max_length, max_length)
    tokenizer.model_max_length = max_length
    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            raise ConfigError(f"student.model: the tokenizer of {source.name} can't pad")
        tokenizer.pad_token = tokenizer.eos_token  # decoders: masked, so any token will do
    return tokenizer


def check_base(config: StudentConfig) -> None:
    """Whether the base model takes texts of that length; its weights are not read.

    Raises:
        ConfigError: as `load_tokenizer`, or no model there.
    """
    source = locate(config.model)
    load_tokenizer(source, config.max_length)
    check_length(source, most_tokens(skeleton(source)), config.max_length)


def load_base(source: ModelSource, head: Head, seed: int, config: StudentConfig) -> Base:
    """The base model with a last layer for `head` and, if asked for, LoRA adapters.

    All that is random (head, adapters, a pooler the base model lacks) follows from `seed`. The
    base network read last is copied instead of read again, as long as its files are the same; see
    `student.encoder.base_cache`.

    Raises:
        ConfigError: not found, not safetensors, not an encoder, texts longer than it takes, LoRA
            that fits no layer, or a head that can't read the mean where it should.
    """
    key = _key(source, head)
    pristine = base_cache.recall(key)
    copied = True
    if pristine is None:
        pristine = _pristine(source, head, seed, key)
        copied = base_cache.keep(pristine)
    check_length(source, most_tokens(pristine.model), config.max_length)
    _renew_head(pristine.model, pristine.new, head, seed)
    model = copy.deepcopy(pristine.model) if copied else pristine.model
    if config.averages:
        read_the_mean(model, source)
    if config.lora is not None:
        with quiet_loading(), seeded(seed, torch.device("cpu")):
            model = _with_lora(model, config.lora, head)
    return Base(model, pristine.fingerprint)


def refill(model: Any, source: ModelSource, head: Head, seed: int) -> bool:
    """Give a network as the files have it, without LoRA, the weights that `load_base` gave it.

    Nothing is read or built, so only if the base network is still in memory; else nothing is
    changed, and the answer is False.
    """
    pristine = base_cache.recall(_key(source, head))
    if pristine is None:
        return False
    _renew_head(pristine.model, pristine.new, head, seed)
    model.load_state_dict(pristine.model.state_dict())
    return True


def _key(source: ModelSource, head: Head) -> Hashable:
    stamp = base_cache.stamp(source.path, local=source.local)
    return source, head.auto, _problem_type(head), head.outputs, stamp


def _pristine(
    source: ModelSource, head: Head, seed: int, key: Hashable
) -> base_cache.UntouchedBase:
    labels = head.outputs
    problem = {} if (name := _problem_type(head)) is None else {"problem_type": name}

    def read(path: str, **options: Any) -> tuple[Any, dict[str, Any]]:
        loaded: tuple[Any, dict[str, Any]] = AUTO[head.auto].from_pretrained(
            path,
            use_safetensors=True,
            dtype=torch.float32,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: i for i, label in enumerate(labels)},
            **problem,
            ignore_mismatched_sizes=True,  # a head of another task; checked below
            output_loading_info=True,
            **options,
        )
        return loaded

    with quiet_loading(), seeded(seed, torch.device("cpu")):
        model, info = read_pretrained(source, read)
    new = {*info["missing_keys"], *(key[0] for key in info["mismatched_keys"])}
    _check_body(source, model, new)
    return base_cache.UntouchedBase(key, model, frozenset(new), _fingerprint(model, new))


def _problem_type(head: Head) -> str | None:
    """What transformers calls it, whose pipeline goes by that.

    None where the outputs are neither a distribution nor decisions of their own: tags, one score.
    """
    if isinstance(head, LabelSetHead):
        return "multi_label_classification"
    one_of_several = head.auto == "sequence" and len(head.outputs) > 1
    return "single_label_classification" if one_of_several else None


def load_saved(folder: Path, kind: TaskKind) -> Any:
    """A saved student's network as it is, head included.

    Raises:
        ConfigError: files that don't make a model.
    """

    def read(path: str, **options: Any) -> Any:
        return AUTO["token" if kind == "ner" else "sequence"].from_pretrained(
            path, use_safetensors=True, dtype=torch.float32, **options
        )

    with quiet_loading():
        return read_pretrained(ModelSource(str(folder), str(folder), local=True), read)


def _in_body(model: Any, name: str) -> bool:
    """Whether a parameter belongs to the encoder itself; a pooler is part of the head's path."""
    return _in_encoder(model, name) and ".pooler." not in name


def _in_encoder(model: Any, name: str) -> bool:
    return name.startswith(f"{model.base_model_prefix}.")


def _check_body(source: ModelSource, model: Any, new: set[str]) -> None:
    lost = sorted(name for name in new if _in_body(model, name))
    if lost:
        raise ConfigError(
            f"student.model: {source.name} lacks {len(lost)} of the tensors its config.json "
            f"promises, or has them in another shape (first: {lost[0]})"
        )


def _fingerprint(model: Any, new: set[str]) -> str:
    digest = hashlib.sha256()
    for name, value in sorted(model.named_parameters()):
        if _in_body(model, name) and name not in new:
            digest.update(f"{name} {tuple(value.shape)}".encode())
            digest.update(value.detach().contiguous().numpy())
    return digest.hexdigest()


@torch.no_grad()
def _renew_head(model: Any, new: AbstractSet[str], head: Head, seed: int) -> None:
    """Draw the new layers from a generator of our own.

    New are the layers the base model had no weights for (head, pooler), and always the last one: a
    model that was fine-tuned on as many labels would otherwise bring a head in some other label
    order. A head that decides on each label begins at one label a text (`LabelSetHead.bias`).
    """
    start = head.bias if isinstance(head, LabelSetHead) else 0.0
    generator = torch.Generator().manual_seed(seed)
    std = float(getattr(model.config, "initializer_range", 0.02))
    for name, module in model.named_modules():
        if not isinstance(module, nn.Linear):
            continue
        last = not _in_encoder(model, name) and module.out_features == len(head.outputs)
        if last or f"{name}.weight" in new:
            module.weight.normal_(0.0, std, generator=generator)
            if module.bias is not None:
                module.bias.fill_(start if last else 0.0)


def _with_lora(model: Any, lora: LoraConfig, head: Head) -> Any:
    """Freeze the encoder, add adapters, keep the whole head trainable (PEFT: part of it)."""
    # here, for its import takes one to two seconds and most students are trained whole
    from peft import LoraConfig as PeftLora
    from peft import TaskType, get_peft_model

    modules = [
        name
        for name, child in model.named_children()
        if name != model.base_model_prefix and _has_any(child.parameters())
    ]
    settings = PeftLora(
        task_type=TaskType.TOKEN_CLS if head.auto == "token" else TaskType.SEQ_CLS,
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.target_modules) if lora.target_modules else None,
        modules_to_save=modules,
    )
    try:
        return get_peft_model(model, settings)
    except ValueError as error:
        raise ConfigError(f"student.lora.target_modules: {error}") from error


def _has_any(items: Iterable[object]) -> bool:
    return next(iter(items), None) is not None
