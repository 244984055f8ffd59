"""Ask an exported student as any other.

exported = load_exported(folder)
exported.predict(["The lid cracked on day one."])
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evokd.config import ConfigError, StudentConfig
from student.encoder.encoder import Encoder
from student.export.manifest import ExportManifest, read_export
from student.export.onnx_network import OnnxNetwork
from student.export.static_network import StaticNetwork


def load_exported(folder: Path, threads: int | None = None) -> Encoder:
    """The student in a folder of `evokd export`, to predict with.

    It reads and answers as the student that it was exported from; only its network is another one,
    of which nothing but logits can be had.

    Args:
        folder: With its evokd.json.
        threads: To compute with; None: as many as the process may use.

    Raises:
        ConfigError: no exported encoder there, a damaged file, or no onnxruntime to read it.
    """
    manifest = read_export(folder)
    student = manifest.student
    if student is None:
        raise ConfigError(
            f"{folder}: holds a language model for llama.cpp; `teachers: {{default: {{embedded:"
            f" {folder / manifest.weights}}}}}` serves it, and so does any llama.cpp"
        )
    network = _network(manifest, folder, threads)
    exported = Encoder.around(network, student, folder, StudentConfig(threads=threads))
    exported.abstain_below = manifest.abstain_below
    return exported


def _network(manifest: ExportManifest, folder: Path, threads: int | None) -> Any:
    file = folder / manifest.weights
    if manifest.form == "static":
        return StaticNetwork.open(file)
    return OnnxNetwork.open(file, manifest.inputs, threads)
