"""`plugins`: modules that register methods and roles, imported before a config is used.

A module's name, or the path of a Python file. They run with all rights of the user: a config that
names plug-ins is code. So looking at a run directory never imports them; running or resuming does.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from evokd.config.errors import ConfigError


def is_file(plugin: str) -> bool:
    """Whether a plug-in is named by its file rather than as a module."""
    return plugin.endswith(".py")


def anchored_plugin(plugin: str, base: Path) -> str:
    """The same with the path of a file made absolute."""
    return str((base / plugin).resolve()) if is_file(plugin) else plugin


def load_plugins(plugins: Iterable[str]) -> None:
    """Import them, each once a process.

    Raises:
        ConfigError: one that can't be imported, or registers a name that is taken.
    """
    for plugin in plugins:
        try:
            _from_file(Path(plugin)) if is_file(plugin) else importlib.import_module(plugin)
        except ConfigError as error:
            raise ConfigError(f"plugins: {plugin}: {error}") from error
        except Exception as error:
            raise ConfigError(
                f"plugins: {plugin}: can't be imported: {type(error).__name__}: {error}"
                " (expected a module's name, or the path of a .py file)"
            ) from error


def _from_file(path: Path) -> ModuleType:
    """The module of a file, by a name that no other file has."""
    path = path.resolve()
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
    name = f"evokd_plugin_{path.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # it ends in .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
