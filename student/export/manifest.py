"""`evokd.json`, beside an exported student: what it answers, and how sure it may be taken to be."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from evokd.config import ConfigError
from student.manifest import SignedFolder, StudentManifest, read_signed

ExportForm = Literal["onnx", "static", "gguf"]
Quantize = Literal["int8"]
WEIGHTS_OF: dict[ExportForm, str] = {
    "onnx": "model.onnx",
    "static": "model.safetensors",
    "gguf": "model.gguf",
}
"""Form → name of the file that holds the weights."""


class ExportManifest(SignedFolder):
    """What a folder of `evokd export` is."""

    file: ClassVar[str] = "evokd.json"
    kind: Literal["export"] = "export"
    form: ExportForm
    quantize: Quantize | None = None
    """What the weights are rounded to; None: nothing."""
    inputs: tuple[str, ...] = ()
    """Of an ONNX file: names of its inputs, int64 [rows, tokens] each."""
    student: StudentManifest | None = None
    """Of the encoder that was exported: kind of task, labels, temperature, tokens of a text. None
    for a language model, whose file says of itself what there is to know."""
    base_model: str
    """As the run's config named it."""
    abstain_below: float | None = Field(None, gt=0, le=1)
    """Least confidence of an answer where its user names none; None: all texts are answered."""

    @property
    def weights(self) -> str:
        """Name of the weights file."""
        return WEIGHTS_OF[self.form]


def is_exported(folder: Path) -> bool:
    """Whether a folder holds an exported student."""
    return (folder / ExportManifest.file).is_file()


def read_export(folder: Path) -> ExportManifest:
    """The manifest of an exported student, after checking the hash of its weights.

    Raises:
        ConfigError: none there, damaged, or weights other than those that were written.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: holds no exported student (no such folder)")
    return read_signed(folder, ExportManifest, "export")
