"""What a causal student learnt, as a folder: the adapters in PEFT's own format, and a manifest.

The manifest holds the hash of the weights, so that a file damaged or swapped since is refused
before it is parsed, and the fingerprint of the base model: the adapters of another one would load
without complaint wherever the shapes agree, and spoil every answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from peft import LoraConfig as PeftLora
from peft import PeftModel, TaskType, get_peft_model
from pydantic import Field

from evokd.config import ConfigError, LoraConfig
from student.folders import replacing
from student.manifest import WEIGHTS, SignedFolder, read_signed
from student.runtime import quiet_loading

ADAPTER = "adapter_model.safetensors"


class CausalManifest(SignedFolder):
    """What a folder of a causal student is."""

    kind: Literal["causal", "adapter"]
    """`causal`: to use, adapters merged. `adapter`: to go on training."""
    base_model: str
    """As the config named it."""
    fingerprint: str
    """Of the base model, see `student.causal.fingerprint`."""
    lora: LoraConfig
    stages: tuple[str, ...] = ()
    """One line for each stage it was trained in: rows, epochs, rate, seed."""
    max_length: int = Field(ge=1)
    """Tokens."""

    @property
    def weights(self) -> str:
        """Name of the weights file."""
        return ADAPTER if self.kind == "adapter" else WEIGHTS


def read_causal_manifest(folder: Path, kind: Literal["causal", "adapter"]) -> CausalManifest:
    """The manifest of a folder, after checking the hash of the weights beside it.

    Raises:
        ConfigError: no such folder, another kind, or weights whose hash is wrong.
    """
    return read_signed(folder, CausalManifest, kind)


def new_adapter(model: Any, lora: LoraConfig) -> Any:
    """Put fresh adapters on a frozen model; they change nothing until they are trained.

    Raises:
        ConfigError: `target_modules` that the model lacks, or its head among them.
    """
    _check_targets(model, lora)
    targets: Any = list(lora.target_modules) if lora.target_modules else None
    if targets == ["all-linear"]:
        targets = "all-linear"
    settings = PeftLora(
        task_type=TaskType.CAUSAL_LM,
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=targets,
    )
    try:
        with quiet_loading():
            wrapped = get_peft_model(model, settings)
    except ValueError as error:
        raise ConfigError(f"student.lora.target_modules: {error}") from error
    return wrapped


def _check_targets(model: Any, lora: LoraConfig) -> None:
    head = model.get_output_embeddings()
    names = [name for name, module in model.named_modules() if module is head]
    for target in lora.target_modules or ():
        if any(name == target or name.endswith(f".{target}") for name in names):
            raise ConfigError(
                f"student.lora.target_modules: {target} is the head, which can't be adapted: its "
                "weights are often those of the embeddings, and are applied to chosen positions"
            )


def write_adapter(model: Any, manifest: CausalManifest, folder: Path) -> None:
    """Save a wrapped model's adapters; the folder appears whole or not at all."""
    with replacing(folder) as new, quiet_loading():
        model.save_pretrained(new, save_embedding_layers=False)  # "auto" asks the hub
        manifest.write(new)


def check_adapter(own: CausalManifest, folder: Path) -> CausalManifest:
    """The manifest of saved adapters, if a student can go on from them.

    Args:
        own: What the student would write itself.
        folder: That `write_adapter` wrote.

    Raises:
        ConfigError: none there, damaged, or of another base model or LoRA.
    """
    manifest = read_causal_manifest(folder, "adapter")
    if manifest.fingerprint != own.fingerprint:
        raise ConfigError(
            f"{folder}: adapters of another base model ({manifest.base_model}, fingerprint "
            f"{manifest.fingerprint[:12]}) than student.model {own.base_model} (fingerprint "
            f"{own.fingerprint[:12]}); train stage 1 again, or set student.model to theirs"
        )
    if manifest.lora != own.lora:
        raise ConfigError(
            f"{folder}: adapters made with another student.lora ({manifest.lora!r}) than "
            f"{own.lora!r}"
        )
    return manifest


def read_adapter(model: Any, folder: Path) -> Any:
    """A bare model wrapped in saved adapters that `check_adapter` found right, trainable."""
    with quiet_loading():
        return PeftModel.from_pretrained(model, str(folder), is_trainable=True)
