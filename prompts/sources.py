"""The source of a template by its hash, where the pack still has it.

A run keeps the name of each template that it asked with and the SHA-256 of its source, not the
source. The pack has it as long as nobody changed it; then nothing but the hash is left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from evokd.config import ConfigError, TaskKind
from prompts.pack import BRIEF, CONFIDENCE, HERE, layers_of, template_path

MOST_BYTES = 1_000_000
Sources = Mapping[str, str]
"""File name → source; more than one where another template stands inside the first."""


def sources_of(name: str, sha: str, pack: str = "", kind: str = "") -> Sources | None:
    """The files whose content has this hash; None where the pack has none.

    Args:
        name: As the ledger has it: `evokd/en/analyst`, `evokd/en/ner/labeler`.
        sha: SHA-256 of the source; of a template with another one inside, of both hashes.
        pack: `prompts.pack` of the config; a path for a pack of one's own.
        kind: `task.kind`.
    """
    parts = name.split("/")
    if len(parts) not in (3, 4) or any(part in ("", ".", "..") for part in parts):
        return None
    folder = Path(pack) if "/" in pack and Path(pack).name == parts[0] else HERE / parts[0]
    own = cast(TaskKind, parts[2] if len(parts) == 4 else "")
    try:
        written = [layer / parts[1] for layer in layers_of(folder)]
        inside = [template_path(written, one, cast(TaskKind, kind)) for one in (BRIEF, CONFIDENCE)]
        found = {
            file.name: file.read_text(encoding="utf-8")
            for file in (template_path(written, parts[-1], own), *inside)
            if file.is_file() and file.stat().st_size < MOST_BYTES
        }
    except (OSError, ValueError, ConfigError):
        return None
    return next((one for one in _candidates(parts[-1], found) if _sha(one) == sha), None)


def _candidates(role: str, found: Sources) -> Iterator[Sources]:
    """The template alone, and with what may stand inside it."""
    own = f"{role}.j2"
    if own not in found:
        return
    yield {own: found[own]}
    for more in (f"{BRIEF}.j2", f"{CONFIDENCE}.j2"):
        if more in found and more != own:
            yield {own: found[own], more: found[more]}


def _sha(sources: Sources) -> str:
    """As `Pack.prompt` books it."""
    hashes = [hashlib.sha256(source.encode()).hexdigest() for source in sources.values()]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
