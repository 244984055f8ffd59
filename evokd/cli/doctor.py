"""`evokd doctor`: what is installed, reachable and verified. Contacts nothing but this machine."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import typer

from evokd.cli.exits import DONE, FAILED
from evokd.cli.screen import cell, dumps, show, table

PACKAGES = ("agents", "graph", "student", "prompts", "evokd")
"""Our root packages."""
VOCABULARY = "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken"
"""tiktoken names its copy on disk by the SHA-1 of this address."""
SETUP = "run `make setup`"

FindingState = Literal["ok", "note", "missing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination; `missing` makes the exit code 1."""

    state: FindingState
    what: str
    text: str
    """What was found, and what to do where something is missing."""


def examine(output: Literal["table", "json"] = "table") -> int:
    """Print all findings; gives the exit code."""
    found = [finding for look in LOOKS for finding in _safely(look)]
    bad = [item.what for item in found if item.state == "missing"]
    if output == "json":
        findings = [asdict(item) for item in found]
        typer.echo(dumps({"in_order": not bad, "findings": findings}, indent=2))
    else:
        _print(found, bad)
    return FAILED if bad else DONE


def _print(found: Sequence[Finding], bad: Sequence[str]) -> None:
    styles = {"ok": "green", "note": "yellow", "missing": "red"}
    made = table("state", "what", "found")
    for item in found:
        made.add_row(cell(item.state, styles[item.state]), cell(item.what), cell(item.text))
    show(made)
    show()
    show(f"Not in order: {', '.join(bad)}" if bad else "All is well.")


def _safely(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A broken library must not keep the rest from being looked at."""
    try:
        yield from look()
    except Exception as error:
        name = look.__name__.strip("_")
        yield Finding("missing", name, f"{type(error).__name__}: {error}; {SETUP}")


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    todo = "" if good else "; evokd needs 3.11 or newer: make a new environment with it"
    yield Finding("ok" if good else "missing", "python", f"{version} ({sys.executable}){todo}")


def _dependencies() -> Iterator[Finding]:
    """The runtime dependencies as evokd's own metadata lists them."""
    for line in metadata.requires("evokd") or ():
        if "extra ==" in line:
            continue
        match = re.match(r"[A-Za-z0-9._-]+", line)
        name = match[0] if match else line
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Finding("missing", name, f"not installed; {SETUP}, or pip install '{line}'")
            continue
        if _satisfies(line, version):
            yield Finding("ok", name, version)
        else:
            yield Finding("missing", name, f"{version}, but {line} is needed; {SETUP}")


def _satisfies(requirement: str, version: str) -> bool:
    try:
        from packaging.requirements import Requirement
    except ImportError:  # comes with transformers; without it the version stands unchecked
        return True
    return Requirement(requirement).specifier.contains(version, prereleases=True)


def _weights() -> Iterator[Finding]:
    from evokd.config import ConfigError
    from evokd.store.weights import EMBEDDED, place_of, verified

    for name, entry in EMBEDDED.items():
        what = f"weights {name}"
        try:
            path = verified(name)
        except ConfigError as error:
            # the default models come with evokd, the others are fetched by those who want them
            wanted = entry.package is not None or place_of(name).is_file()
            yield Finding("missing" if wanted else "note", what, str(error))
            continue
        size = path.stat().st_size / 1e6
        yield Finding("ok", what, f"{size:.0f} MB, SHA-256 {entry.sha256[:12]}… as expected")


def _synonyms() -> Iterator[Finding]:
    from evokd.augment.synonyms import load_synonyms
    from evokd.config import ConfigError

    try:
        load_synonyms()
    except ConfigError as error:
        yield Finding("note", "WordNet", f"{error} (only `method: eda` needs it)")
    else:
        yield Finding("ok", "WordNet", "EDA's synonyms, SHA-256 of every file as expected")


def _names() -> Iterator[Finding]:
    """No other distribution may own our root packages, as `openai-agents` owns `agents`."""
    root = Path(__file__).resolve().parents[2]
    owners = metadata.packages_distributions()
    for name in PACKAGES:
        trouble = name_trouble(name, root, owners.get(name, []))
        if trouble:
            yield Finding("missing", f"package {name}", trouble)
        else:
            yield Finding("ok", f"package {name}", f"from {root}")


def name_trouble(name: str, root: Path, owners: list[str]) -> str | None:
    """What is wrong with a root package; None where it is ours alone."""
    foreign = sorted({owner for owner in owners if owner.lower() != "evokd"})
    if foreign:
        return f"{foreign[0]} owns `{name}` too; pip uninstall {foreign[0]}"
    if name in sys.stdlib_module_names:
        return f"`{name}` is a name of Python's standard library; rename it"
    spec = importlib.util.find_spec(name)
    origin = Path(spec.origin).resolve() if spec and spec.origin else None
    if origin is None:
        return f"`{name}` can't be imported; {SETUP}"
    if origin.parent != root / name:  # the environment itself may lie inside the repository
        return f"`{name}` comes from {origin.parent}, not from {root}; remove the other one"
    return None


def _loopback() -> Iterator[Finding]:
    """The embedded teacher listens there."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
    except OSError as error:
        text = f"no port can be opened ({error}); allow it, the embedded teacher listens there"
        yield Finding("missing", "loopback", text)
        return
    yield Finding("ok", "loopback", f"127.0.0.1 can be listened on (tried port {port})")


def _key() -> Iterator[Finding]:
    """Whether there is a key; never what it is, and nobody is asked whether it is good."""
    if os.environ.get("OPENAI_API_KEY", "").strip():
        yield Finding("ok", "OPENAI_API_KEY", "set (not shown, not tried)")
    else:
        text = "not set: only `embedded` teachers, local servers and `api_key_env` will work"
        yield Finding("note", "OPENAI_API_KEY", text)


def _providers() -> Iterator[Finding]:
    """Packages of providers with a protocol of their own; each is for those who want it."""
    from evokd.config.providers import PROVIDERS

    for provider in PROVIDERS.values():
        if provider.extra is None:
            continue
        package, what = provider.module.replace("_", "-"), f"provider {provider.name}"
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
            text = f"not installed; `model: {provider.name}:…` needs pip install"
            yield Finding("note", what, f"{text} 'evokd[{provider.extra}]'")
            continue
        there = [name for name in provider.keys if os.environ.get(name, "").strip()]
        key = f"; {there[0]} is set (not shown, not tried)" if there else ""
        if provider.keys and not there:
            key = f"; {provider.keys[0]} is not set"
        yield Finding("ok", what, f"{package} {version}{key}")


def _compute() -> Iterator[Finding]:
    import torch

    from student.runtime import available_threads

    usable, cores = available_threads(), os.cpu_count() or 1
    yield Finding("ok", "threads", f"{usable} of {cores} cores may be used")
    if torch.cuda.is_available():
        yield Finding("ok", "CUDA", torch.cuda.get_device_name())
    else:
        yield Finding("note", "CUDA", "none: students train on the CPU, which is fine for MiniLM")


def _vocabulary() -> Iterator[Finding]:
    """Looked for on disk: asking tiktoken would download it."""
    file = vocabulary_file()
    if file is not None and file.is_file():
        yield Finding("ok", "tiktoken vocabulary", f"present in {file.parent}")
        return
    text = (
        "not on disk: it is fetched when first needed, else tokens are estimated from bytes"
        " (bills use the servers' own counts)"
    )
    yield Finding("note", "tiktoken vocabulary", text)


def vocabulary_file() -> Path | None:
    """Where tiktoken keeps its copy; None where keeping one is switched off."""
    for name in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if name in os.environ:
            folder = os.environ[name]
            break
    else:
        folder = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    if not folder:
        return None
    return Path(folder) / hashlib.sha1(VOCABULARY.encode()).hexdigest()


LOOKS = (
    _python,
    _dependencies,
    _weights,
    _synonyms,
    _names,
    _loopback,
    _compute,
    _vocabulary,
    _key,
    _providers,
)
