"""How an embedded teacher is named, and how its server is set up.

A name of the catalogue (`evokd models`), a path to a GGUF, or `hub:owner/repo/file.gguf`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from evokd.config.strict import Strict

HUB = "hub:"
"""How a file of the Hugging Face hub begins."""
_ON_HUB = re.compile(r"hub:[\w.-]+/[\w.-]+/(?:[\w.+-]+/)*[\w.+-]+\.gguf", re.ASCII)


class ServerConfig(Strict):
    """The embedded server of one model; endpoints with the same model and settings share one."""

    slots: int = Field(8, ge=1, le=256)
    """Requests that it works on at once; `concurrency` is how many are sent."""
    context: int = Field(2048, ge=128)
    """Tokens a slot: a prompt and its reply. Memory grows with slots × context."""
    threads: int | None = Field(None, ge=1)
    """None: as many as the process may use cores."""
    gpu_layers: int | None = Field(None, ge=0)
    """Layers on a GPU; None: as many as llama.cpp finds room for, none in a build without one."""


def is_model_path(reference: str) -> bool:
    """Whether an `embedded` is a path; names of the catalogue hold no slash and no ending."""
    return not reference.startswith(HUB) and ("/" in reference or reference.endswith(".gguf"))


def anchored_model(reference: str, base: Path) -> str:
    """An `embedded` with its path, if it is one, made absolute against the config's folder."""
    return str((base / reference).resolve()) if is_model_path(reference) else reference


def model_title(reference: str) -> str:
    """What books and tables call the model: a path by its file's name."""
    return Path(reference).name if is_model_path(reference) else reference.removeprefix(HUB)


def _well_formed(reference: str) -> str:
    if reference.startswith(HUB) and (not _ON_HUB.fullmatch(reference) or "/../" in reference):
        raise ValueError(f"expected {HUB}owner/repo/file.gguf")
    if not reference.strip() or "\0" in reference:
        raise ValueError(
            f"expected a name of `evokd models`, a path to a GGUF, or {HUB}owner/repo/file.gguf"
        )
    return reference


Embedded = Annotated[str, AfterValidator(_well_formed)]
"""What `teachers.X.embedded` holds."""
