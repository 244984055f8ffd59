"""Reading a config: YAML, `--set`, paths, and complaints that name the field but no secret."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from evokd.config.embedded import anchored_model
from evokd.config.errors import ConfigError
from evokd.config.model import Config, refuse_unknown_roles
from evokd.config.nearest import meant_field, meant_value
from evokd.config.plugins import anchored_plugin, load_plugins
from evokd.config.teachers import spelt_out
from evokd.config.yaml_text import SCIENTIFIC

SECTIONS = ("rivals", "dasd", "methods")
FILES = ("train", "dev", "test", "pool")
"""Fields of `task.data` that name a file, or a split of the hub data set."""
"""Parts of a config that methods check themselves."""
METHOD_PATHS = ("dasd.adapter", "methods.evokd_yoked.run")
"""Settings in them that are paths, relative to the config file as all paths are."""


def load_config(path: Path, overrides: Iterable[str] = ()) -> Config:
    """Read a YAML config and apply `a.b=value` overrides (values are YAML).

    Paths are relative to the config file and come out absolute. Plug-ins are not imported, so a
    run directory of somebody else's can be looked at: `use_plugins` does that.

    Raises:
        ConfigError: naming the field and what was expected.
    """
    return made_config(read_yaml(path), path.resolve().parent, str(path), overrides)


def made_config(
    raw: Mapping[str, Any], base: Path, origin: str = "config", overrides: Iterable[str] = ()
) -> Config:
    """The same of a mapping.

    Args:
        raw: As a config file has it; it is not changed.
        base: What paths in it are relative to.
        origin: Stands in messages.
        overrides: `a.b=value`.

    Raises:
        ConfigError: naming the field and what was expected.
    """
    made = copy.deepcopy(dict(raw))
    for item in overrides:
        override(made, item)
    return resolve_paths(parse_config(made, origin), base.resolve())


def use_plugins(config: Config) -> None:
    """Import the plug-ins of a config, and check the roles that it names against theirs.

    Raises:
        ConfigError: one that can't be imported, or a role that none of them registers.
    """
    load_plugins(config.plugins)
    try:
        refuse_unknown_roles(config)
    except ValidationError as error:
        raise ConfigError(explain(error, "config", Config)) from None


def parse_config(raw: Mapping[str, Any], origin: str = "config") -> Config:
    """Check a mapping; `origin` stands in the message."""
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(explain(error, origin, Config)) from None


def resolve_paths(config: Config, base: Path) -> Config:
    """Make the paths of data, pack and student absolute, against the config's folder."""
    data = config.task.data
    if data.hub:
        hub = _existing(data.hub, base)
        data = data.model_copy(update={"hub": hub})
    else:
        data = data.model_copy(
            update={
                key: str((base / value).resolve())
                for key in FILES
                if (value := getattr(data, key)) is not None
            }
        )
    return config.model_copy(
        update={
            "task": config.task.model_copy(update={"data": data}),
            "plugins": tuple(anchored_plugin(one, base) for one in config.plugins),
            "teachers": config.teachers.anchored(base),
            "prompts": config.prompts.model_copy(
                update={"pack": _existing(config.prompts.pack, base, only_paths=True)}
            ),
            "student": config.student.model_copy(
                update={"model": _existing(config.student.model, base)}
            ),
            **_method_paths(config.model_dump(include=set(SECTIONS)), base),
        }
    )


def anchored(raw: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """A mapping that may be only a part of a config, with its paths as `resolve_paths` has them.

    For layers that come from several files: each is anchored at its own before they are merged.
    """
    made: dict[str, Any] = copy.deepcopy(dict(raw))
    data = _section(_section(made, "task"), "data")
    if isinstance(data.get("hub"), str):
        data["hub"] = _existing(data["hub"], base)
    else:
        for key in FILES:
            if isinstance(data.get(key), str):
                data[key] = str((base / data[key]).resolve())
    if isinstance(made.get("plugins"), list):
        made["plugins"] = [_plugin(one, base) for one in made["plugins"]]
    prompts, student = _section(made, "prompts"), _section(made, "student")
    if isinstance(prompts.get("pack"), str):
        prompts["pack"] = _existing(prompts["pack"], base, only_paths=True)
    if isinstance(student.get("model"), str):
        student["model"] = _existing(student["model"], base)
    if "teachers" in made:
        made["teachers"] = _teachers(made["teachers"])
        _anchor_models(_section(made, "teachers"), base)
    return made | _method_paths({name: made[name] for name in SECTIONS if name in made}, base)


def _plugin(name: Any, base: Path) -> Any:
    return anchored_plugin(name, base) if isinstance(name, str) else name


def _anchor_models(teachers: Mapping[str, Any], base: Path) -> None:
    """Make the paths of embedded models absolute, in place."""
    for endpoints in teachers.values():
        for one in endpoints if isinstance(endpoints, list) else [endpoints]:
            if isinstance(one, dict) and isinstance(one.get("embedded"), str):
                one["embedded"] = anchored_model(one["embedded"], base)


def _teachers(raw: Any) -> Any:
    """Short forms spelt out, so that a part of one can be set, or a path in it found.

    Raises:
        ConfigError: a text that stands for no endpoint.
    """
    try:
        return spelt_out(raw)
    except ValueError as error:
        raise ConfigError(f"teachers: {error}") from None


def _method_paths(sections: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """The raw sections of methods, with the settings that are paths made absolute."""
    made = copy.deepcopy(dict(sections))
    for key in METHOD_PATHS:
        *parents, last = key.split(".")
        found: Any = made
        for part in parents:
            found = _section(found, part)
        if isinstance(found.get(last), str):
            found[last] = str((base / found[last]).resolve())
    return made


def _section(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A mapping inside; an empty one where there is none (what is wrong is said by the model)."""
    section = raw.get(name)
    return section if isinstance(section, dict) else {}


def _existing(name: str, base: Path, only_paths: bool = False) -> str:
    """A name stays a name unless it is a folder beside the config (packs: unless a slash)."""
    if only_paths and "/" not in name:
        return name
    folder = (base / name).resolve()
    return str(folder) if folder.is_dir() or only_paths else name


class _Loader(yaml.SafeLoader):
    """Its numbers are those of YAML 1.2.

    A key that stands twice is refused, as YAML 1.2 asks: of two values the last would count, and
    the setting that somebody reads further up would be none. What `<<` brings may be replaced.
    """

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping as it is written; merges are resolved later."""
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue
            name, line = (key.tag, key.value), key.start_mark.line + 1
            if name in lines:
                said = f"the key {key.value[:60]!r} of line {lines[name]} stands again"
                raise yaml.composer.ComposerError(None, None, said, key.start_mark)
            lines[name] = line
        return node


_Loader.add_implicit_resolver(*SCIENTIFIC)


def parse_yaml(text: str) -> Any:
    """What a YAML text holds.

    Raises:
        YAMLError: no YAML, or a key that stands twice in one mapping.
    """
    return yaml.load(text, _Loader)  # a SafeLoader


def _problem(error: yaml.YAMLError) -> str:
    """What is wrong and where, without the line itself: it may hold a key."""
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or 'syntax error'}{where}"


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping.

    Raises:
        ConfigError: no such file, not YAML, or not a mapping.
    """
    try:
        raw = parse_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read ({error})") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {_problem(error)}") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: expected a mapping with a `task`, found {type(raw).__name__}")
    return raw


def override(raw: dict[str, Any], item: str) -> None:
    """Apply one `a.b=value`, in place.

    Raises:
        ConfigError: no `=`, no name, a value that is not YAML, a place that is not there.
    """
    key, sep, text = item.partition("=")
    if not sep or not key:
        raise ConfigError("--set: expected a.b=value, and an item has no `=` or no name before it")
    try:
        value = parse_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {key}: the value is not valid YAML: {_problem(error)}") from None
    put(raw, key, value)


def put(raw: dict[str, Any], key: str, value: Any) -> None:
    """Set the field `a.b.c` of a mapping, in place.

    Raises:
        ConfigError: a place in a list that is not there, or a text under `teachers` that stands
            for no endpoint.
    """
    *parents, last = key.split(".")
    if parents and parents[0] == "teachers":
        raw["teachers"] = _teachers(raw.get("teachers"))
    node: Any = raw
    for part in parents:
        node = _child(node, part, key)
    if isinstance(node, list):
        node[_index(node, last, key)] = value
    else:
        node[last] = value


def _child(node: Any, part: str, key: str) -> Any:
    """One step of a dotted path; a missing mapping is made on the way."""
    if isinstance(node, list):
        return node[_index(node, part, key)]
    child = node.get(part)
    if not isinstance(child, (dict, list)):
        child = node[part] = {}
    return child


def _index(items: list[Any], part: str, key: str) -> int:
    if not part.isdecimal() or int(part) >= len(items):
        raise ConfigError(f"--set {key}: {part!r} is no place in a list of {len(items)}")
    return int(part)


def explain(
    error: ValidationError,
    origin: str,
    model: type[BaseModel],
    section: str | None = None,
    names: Mapping[str, str] | None = None,
) -> str:
    """The fields that are wrong, one a line; no value that may be a secret.

    Args:
        error: What pydantic found.
        origin: Stands in front: the file.
        model: What was to be read; where a name is not known, it says which one is like it.
        section: Where in the config the model's fields stand; None: at its top.
        names: What fields are called in the config, where it is not their own name.
    """
    lines = []
    for item in error.errors():
        path = [str(part) for part in item["loc"]]
        meant = meant_field(model, path) if item["type"] == "extra_forbidden" else ""
        path[:1] = [(names or {}).get(part, part) for part in path[:1]]
        field = ".".join([section, *path] if section else path) or "config"
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = f"unknown field{meant}"
        elif item["type"] not in ("missing", "value_error") and not field.startswith("teachers"):
            # under `teachers` somebody may have put a key where it doesn't belong
            message += f", got {item['input']!r}"
            if item["type"] == "literal_error":
                message += meant_value(item["input"], item.get("ctx", {}).get("expected"))
        lines.append(f"{field}: {message}")
    return f"{origin}: " + "\n  ".join(lines)
