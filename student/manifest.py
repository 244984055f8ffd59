"""`student.json`, beside the weights of a saved student or a checkpoint.

It holds the hash of the weights, so that a file damaged or swapped since is refused before it is
parsed, and what must agree for weights to fit a network.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evokd.config import ConfigError, LoraConfig, TaskKind
from evokd.store.weights import sha256_of
from student.folders import settle

MANIFEST = "student.json"
WEIGHTS = "model.safetensors"

StudentKind = Literal["student", "checkpoint"]


class SignedFolder(BaseModel):
    """What a folder of weights is, with the hash of its weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: ClassVar[str] = MANIFEST
    """Name of the manifest."""
    kind: str
    sha256: str = ""
    """Of the weights file; filled in by `write`."""

    @property
    def weights(self) -> str:
        """Name of the weights file."""
        return WEIGHTS

    def write(self, folder: Path) -> None:
        """Write the manifest for the weights that already lie in `folder`."""
        weights = folder / self.weights
        whole = self.model_copy(update={"sha256": sha256_of(weights)})
        file = folder / self.file
        file.write_text(whole.model_dump_json(indent=2) + "\n", encoding="utf-8")
        # safetensors gives its files to their owner alone; a student is as readable as the rest
        weights.chmod(file.stat().st_mode)


S = TypeVar("S", bound=SignedFolder)


def read_signed(folder: Path, form: type[S], kind: str) -> S:
    """The manifest of a folder, after checking the hash of the weights beside it.

    Raises:
        ConfigError: no such folder, another kind, or weights whose hash is wrong.
    """
    settle(folder)
    try:
        manifest = form.model_validate_json((folder / form.file).read_bytes())
        weights = folder / manifest.weights
        found = sha256_of(weights)
    except OSError as error:
        raise ConfigError(f"{folder}: holds no weights of kind {kind} ({error})") from None
    except ValidationError as error:
        raise ConfigError(f"{folder / form.file}: can't be read: {error}") from None
    if manifest.kind != kind:
        raise ConfigError(f"{folder}: holds weights of kind {manifest.kind}, expected {kind}")
    if manifest.sha256 != found:
        raise ConfigError(
            f"{weights}: not the file that was saved (SHA-256 {found}, expected "
            f"{manifest.sha256}), so it was not loaded"
        )
    return manifest


class StudentManifest(SignedFolder):
    """What a folder of an encoder's weights is."""

    kind: StudentKind
    """`student`: to use, adapters merged. `checkpoint`: to go on training."""
    task: TaskKind = "classification"
    """What the head is for."""
    labels: tuple[str, ...] = Field(min_length=1)
    """In the order of the head's outputs."""
    base_model: str
    """As the config named it."""
    fingerprint: str
    """Hash of the base model's tensors; empty when a loaded student was saved again."""
    lora: LoraConfig | None
    seed: int | None
    """What the head was drawn from."""
    max_length: int = Field(ge=1)
    """Tokens."""
    temperature: float | None = Field(None, gt=0, allow_inf_nan=False)
    """What the logits are divided by, of a student to use; None: nothing."""
    averages: bool = False
    """Whether the head reads the mean over the tokens, see `student.encoder.averaging`."""
    head_start: Literal["random", "labels"] = "random"
    """What the head began with."""
    thresholds: tuple[float, ...] | None = None
    """Of a set of labels: from which probability on each one is said, in their order; None for
    other kinds."""


def read_manifest(folder: Path, kind: StudentKind) -> StudentManifest:
    """See `read_signed`."""
    return read_signed(folder, StudentManifest, kind)
