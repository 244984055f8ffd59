"""What a run is made of, however it was given: a file, a mapping, a config; and where it goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

from evokd.config import Config, dump_yaml, made_config, parse_yaml, read_yaml, use_plugins

Source = str | PathLike[str] | Mapping[str, Any] | Config
"""A config: path of its YAML file, a mapping as such a file holds it, or one that is read."""
Settings = Mapping[str, Any] | Iterable[str]
"""Fields that are other: `{"loop.rounds": 2}`, or as on the command line `["loop.rounds=2"]`."""


def config_of(source: Source, settings: Settings = ()) -> Config:
    """The config, with its plug-ins imported.

    Paths are relative to the config file; those of a mapping to the current directory.

    Raises:
        ConfigError: naming the field and what was expected.
    """
    raw, base, origin = raw_of(source)
    config = made_config(raw, base, origin, overrides_of(settings))
    use_plugins(config)
    return config


def raw_of(source: Source) -> tuple[Mapping[str, Any], Path, str]:
    """The mapping, what its paths are relative to, and its name in messages.

    Raises:
        ConfigError: a file that can't be read.
    """
    if isinstance(source, Config):
        return parse_yaml(source.to_yaml()), Path(), "config"
    if isinstance(source, Mapping):
        return source, Path(), "config"
    path = Path(source)
    return read_yaml(path), path.resolve().parent, str(path)


def overrides_of(settings: Settings) -> list[str]:
    """As `a.b=value`; values in JSON, which is YAML."""
    if isinstance(settings, str):
        return [settings]
    if not isinstance(settings, Mapping):
        return list(settings)
    return [f"{name}={_flow(value)}" for name, value in settings.items()]


def _flow(value: Any) -> str:
    """A value as YAML on one line."""
    text = dump_yaml(value, flow=True, lines=False)
    return text.removesuffix("...\n").rstrip("\n")


def claimed(parent: Path, name: str) -> Path:
    """`PARENT/NAME-TIME`, made now so that no other process takes it; numbered where one has."""
    first = parent / f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    path, number = first, 1
    while True:
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:
            number += 1
            path = first.with_name(f"{first.name}-{number}")
