"""`evokd init`: a config from a file of data. Reads, guesses, asks if somebody is there, writes.

What is guessed stands in `evokd.tasks.guessing`, the text of the config in `evokd.cli.sketch`.
Nothing is written before the config was read back and its task was loaded.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from evokd.cli.asking import Ask, ask_person, at_terminal, say
from evokd.cli.init_columns import check_header, label_column, require_texts, text_column
from evokd.cli.init_labels import described, renamed
from evokd.cli.init_teacher import DEFAULT, endpoint_of
from evokd.cli.sketch import Sketch, sketched
from evokd.config import ConfigError, parse_config, parse_yaml, resolve_paths
from evokd.config.providers import prefixed
from evokd.tasks.guessing import (
    count_labels,
    label_name,
    label_notes,
    look_at,
    text_notes,
)
from evokd.tasks.guessing_sets import guess_sets
from evokd.tasks.loading import load_file
from evokd.tasks.task import Task, draw_shots, load_task
from evokd.tasks.text import normalise

SHOTS = 5
"""Rows of each class to begin with, where there are as many."""
SHOWN = 12
"""Labels that are listed."""


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The command line."""

    data: Path
    text: str | None
    label: str | None
    teacher: str | None
    model: str | None
    out: Path | None
    describe: Sequence[str]
    rename: Sequence[str]


def init(options: InitOptions) -> None:
    """Write a config for a file of data, and print what was decided and why.

    Raises:
        ConfigError: data that can't be read, no column that is a label, a config that exists.
    """
    out = options.out or options.data.with_suffix(".yaml")
    if out.exists():
        raise ConfigError(f"--out: {out} exists already, and is left as it is; name another file")
    if not out.parent.is_dir():
        raise ConfigError(f"--out: {out.parent} is no folder")
    ask = ask_person if at_terminal() else None
    sketch = _sketch(options, out.parent, ask)
    task = _loaded(sketch, out)
    sketch = replace(sketch, shots=min(SHOTS, _fewest(task)))
    task = _loaded(sketch, out)
    content = sketched(sketch, shlex.quote(out.name))
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise ConfigError(f"--out: {out}: can't be written ({error.strerror})") from None
    _say_end(sketch, task, out)


def _sketch(options: InitOptions, folder: Path, ask: Ask | None) -> Sketch:
    path = options.data
    rows = load_file(path).rows
    columns = look_at(rows)
    check_header(path, rows)
    text = text_column(options.text, columns, rows, path, ask)
    sets = guess_sets(rows, text, options.label)
    if sets is not None:
        say(f"label: column {sets.name!r}: {sets.why}")
        label, counts = sets.name, sets.counts()
        kept = [row for row, values in zip(rows, sets.values, strict=True) if values is not None]
        said = [str(sorted(values)) for values in sets.values if values is not None]
    else:
        label = label_column(options.label, columns, text, path, ask)
        counts = count_labels(row.get(label) for row in rows)
        kept = [row for row in rows if label_name(row.get(label))]
        said = [label_name(row[label]) for row in kept]
    require_texts(rows, text, path)
    told = label_notes(counts, len(rows)) if sets is None else sets.notes()
    for note in (*told, *text_notes([row[text] for row in kept], said)):
        say(f"note: {note}")
    label_map = renamed(options.rename, counts, ask)
    names = list(dict.fromkeys(label_map.get(name, name) for name in counts))
    descriptions = described(options.describe, names, ask)
    teacher = options.teacher or (_teacher(ask) if ask else DEFAULT)
    return Sketch(
        name=re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._") or "run",
        train=_relative(path, folder),
        text=text,
        label=label,
        labels=descriptions,
        label_map=label_map,
        unlabelled=len(kept) < len(rows),
        rows=len(kept),
        shots=1,
        teacher=endpoint_of(teacher, options.model, folder, ask),
        sets=sets is not None,
        separator=None if sets is None else sets.separator,
    )


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return str(path.resolve())


def _teacher(ask: Ask) -> str:
    question = "Teacher (embedded:NAME, the address of a server, or a model of OpenAI's)"
    return ask(question, DEFAULT)


def _loaded(sketch: Sketch, out: Path) -> Task:
    """The task of the config as it will be written, which proves that it can be read."""
    raw = parse_yaml(sketched(sketch, out.name))
    config = resolve_paths(parse_config(raw, str(out)), out.resolve().parent)
    task = load_task(config.task)
    draw_shots(task, config.task.shots, config.seed)
    return task


def _fewest(task: Task) -> int:
    """Different train texts of the class that has fewest."""
    texts: dict[str, set[str]] = {name: set() for name in task.labels}
    met: set[str] = set()
    for row in task.train:
        bare = normalise(row.text)
        if bare not in met:  # an equal text of another class is drawn for the first alone
            met.add(bare)
            for name in task.task_format.classes(row.label):
                texts[name].add(bare)
    return min(map(len, texts.values()))


def _say_end(sketch: Sketch, task: Task, out: Path) -> None:
    numbers = dict.fromkeys(task.labels, 0)
    for row in (*task.train, *task.test):
        for name in task.task_format.classes(row.label):
            numbers[name] += 1
    shown = [f"{name} ({count})" for name, count in list(numbers.items())[:SHOWN]]
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    say(f"labels: {', '.join(shown)}{more}")
    for line in task.remarks:
        if not line.startswith(("task.labels:", "task.data.no_label:")):
            say(f"test: {line.removeprefix('task.data.test: ')}")
    few = "" if sketch.shots == SHOTS else ": the smallest class has no more in train"
    say(f"shots: {sketch.shots} of each class{few}")
    say(f"teacher: {_titled(sketch.teacher)}")
    typer.echo()
    say(f"{out} is written. Next:")
    path = shlex.quote(str(out))
    if any(not line for line in sketch.labels.values()):
        say(f"  edit {path}: the lines of `labels` that say TODO tell the agents what to write")
    say(f"  evokd check {path}")
    say(f"  evokd run {path}")


def _titled(endpoint: Mapping[str, Any]) -> str:
    if "embedded" in endpoint:
        return f"{endpoint['embedded']}, on this machine (others: --teacher)"
    if "base_url" in endpoint:
        return f"{endpoint['model']} at {endpoint['base_url']}"
    provider, name = prefixed(endpoint["model"])
    whose, keys = (provider.name, provider.keys) if provider else ("OpenAI", ("OPENAI_API_KEY",))
    if not keys:
        return f"{name} of {whose}"
    there = [key for key in keys if os.environ.get(key, "").strip()]
    state = f"{there[0]} is set" if there else f"{keys[0]} is not set yet"
    return f"{name} of {whose}; {state}"
