"""The pages of `docs/reference` that are made out of the code: config, study file, commands.

    python -m evokd.cli.reference docs/reference

`make reference` does that; a test compares what is committed with what the code says.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from evokd.cli.commands import app
from evokd.cli.schema import Schema, run_schema, study_schema, to_json

MADE = "<!-- made by `make reference` out of the code: edit the docstrings there -->\n"


def pages() -> dict[str, str]:
    """File name → text, of all that is made."""
    run, study = run_schema(), study_schema()
    return {
        "config.md": config_page("Config reference", _CONFIG_INTRO, run),
        "study.md": config_page("Study reference", _STUDY_INTRO, study),
        "cli.md": cli_page(),
        "config.schema.json": to_json(run),
        "study.schema.json": to_json(study),
    }


_CONFIG_INTRO = (
    "All keys of a run's config. Every key but `task` has a default; unknown keys are refused;"
    " paths are relative to the config file. `--set a.b=value` overrides a key, and the value is"
    " YAML. Your editor can check a config as you write it: see [JSON schema](schema.md)."
)
_STUDY_INTRO = (
    "All keys of a study file (`evokd study STUDY.yaml`). What a study measures and how it compares"
    " is told in [studies](../design/studies.md)."
)


def config_page(title: str, intro: str, schema: Schema) -> str:
    """A table for each section of a config."""
    parts = [f"{MADE}\n# {title}\n\n{intro}\n"]
    for path, section in _sections(schema, schema, ""):
        parts += [f"\n## {_heading(path)}\n", *_said(section), *_table(schema, section)]
    return "\n".join(parts) + "\n"


def _heading(path: str) -> str:
    return f"`{path}`" if path else "Top level"


def _said(section: Schema) -> list[str]:
    said = section.get("description")
    return [f"{said}\n"] if said and said != "Its settings." else []


def _sections(root: Schema, section: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Sections in the order of the config, each before those inside it, alike ones once."""
    waiting, met = [(path, section)], [section]
    while waiting:
        path, section = waiting.pop(0)
        yield path, section
        inside = []
        for name, value in section["properties"].items():
            step, found = object_of(root, value) or ("", {})
            if found.get("properties") and not any(found is one for one in met):
                met.append(found)
                inside.append((f"{path}.{name}{step}".lstrip("."), found))
        waiting[:0] = inside


def object_of(root: Schema, value: Schema) -> tuple[str, Schema] | None:
    """The object that a key holds, and the step to it: `.*` in a mapping, nothing in a list."""
    for way in (value, *value.get("anyOf", ())):
        if "$ref" in way:
            return "", root["$defs"][way["$ref"].rsplit("/", 1)[1]]
        if "properties" in way:
            return "", way
        for inner in (way.get("additionalProperties"), *way.get("patternProperties", {}).values()):
            if isinstance(inner, dict) and (found := object_of(root, inner)) is not None:
                return f".*{found[0]}", found[1]
    return None


def _table(root: Schema, section: Schema) -> list[str]:
    lines = ["| key | what it may be | default | meaning |", "|---|---|---|---|"]
    required = section.get("required", ())
    for name, value in section["properties"].items():
        if value.get("deprecated"):
            continue
        default = "**needed**" if name in required else _default(value)
        meaning = _cell(value.get("description") or _meaning(root, value))
        lines.append(f"| `{name}` | {_cell(_type(root, value))} | {default} | {meaning} |")
    return lines


def _meaning(root: Schema, value: Schema) -> str:
    found = object_of(root, value)
    return str(found[1].get("description", "")) if found else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _default(value: Schema) -> str:
    """A default that fits a cell; a section's own keys have theirs."""
    default = value.get("default")
    if isinstance(default, (dict, list)) and default:
        return "see below" if "$ref" in str(value) else f"`{_yaml(default)}`"
    return f"`{_yaml(default)}`" if "default" in value else ""


def _yaml(value: Any) -> str:
    import yaml

    text = yaml.safe_dump(value, default_flow_style=True, width=1000).strip()
    return text.removesuffix("\n...").strip()


def _type(root: Schema, value: Schema) -> str:
    """In words: `integer ≥ 1`, `one of …`, `list of text`."""
    if "$ref" in value:
        target = root["$defs"][value["$ref"].rsplit("/", 1)[1]]
        return "section" if "properties" in target else _type(root, target)
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(root, way) for way in value["anyOf"]))
    if "enum" in value:
        return ", ".join(f"`{_yaml(one)}`" for one in value["enum"])
    if "const" in value:
        return f"`{_yaml(value['const'])}`"
    kind = str(value.get("type", "anything"))
    if kind == "array":
        items = _type(root, value.get("items", {}))
        return f"list of ({items})" if " or " in items else f"list of {items}"
    if kind == "object":
        return "section" if value.get("properties") else "mapping"
    return {"string": "text", "boolean": "`true`, `false`"}.get(kind, kind) + _bounds(value)


def _bounds(value: Schema) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    return ",".join(f" {sign} {value[name]:g}" for name, sign in signs.items() if name in value)


def cli_page() -> str:
    """Every command with its arguments and options."""
    group = typer.main.get_command(app)
    parts = [f"{MADE}\n# Commands\n\n{group.help} {group.epilog}"]
    for name, command in commands(group, "evokd"):
        context = command.context_class(command, info_name=name)
        usage = command.get_usage(context).removeprefix("Usage: ")
        parts.append(f"\n## `{name}`\n\n{_paragraphs(command.help)}\n\n```\n{usage}\n```\n")
        if records := [one.get_help_record(context) for one in command.params]:
            parts += ["| argument, option | |\n|---|---|", *_rows(records), ""]
    return "\n".join(parts).rstrip("\n") + "\n"


def _paragraphs(text: str | None) -> str:
    return re.sub(r"\n(?!\n)[ \t]*", "\n", (text or "").strip())


def commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    """(full name, command) of each that is no secret, groups before their own."""
    for short, command in group.commands.items():
        if command.hidden:
            continue
        yield f"{name} {short}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{name} {short}")


def _rows(records: Iterable[tuple[str, str] | None]) -> Iterator[str]:
    """What `--help` says of each parameter; None is a hidden one."""
    for record in records:
        if record is not None:
            yield f"| `{_cell(record[0])}` | {_cell(record[1])} |"


def write(folder: Path) -> None:
    """Write all of it into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
