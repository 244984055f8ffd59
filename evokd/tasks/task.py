"""What is to be learnt: labels with their meaning, the rows, and the few-shot draws."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evokd.config import ConfigError, TaskConfig
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat, fitted, task_format_of
from evokd.tasks.formats.multi import descriptions
from evokd.tasks.formats.task_format import lacks_label
from evokd.tasks.loading import DataTable, Split, load_tables
from evokd.tasks.pool import PoolText, read_pool
from evokd.tasks.splitting import split_off
from evokd.tasks.text import normalise
from evokd.tasks.undescribed import still_to_describe, without_todo


@dataclass(frozen=True)
class Task:
    """A task with its rows in memory."""

    task_format: TaskFormat
    """What a row's text and its label are."""
    descriptions: Mapping[str, str]
    """Label → one line; empty where the config gives none."""
    language: str
    """Of the texts, BCP 47."""
    domain: str
    """Noun for one text in prompts."""
    metric: str
    """Name of the score that leads."""
    train: tuple[Example, ...]
    """All rows of the file but those split off; few-shot runs see `draw_shots` of them."""
    test: tuple[Example, ...]
    """For reporting only: never in a prompt, a stopping rule or a selection."""
    dev: tuple[Example, ...] | None
    """None where the config names no dev split."""
    unlabelled: Mapping[Split, int] = field(default_factory=dict)
    """Split → rows that were left out by `task.data.no_label`; splits without such rows are not in
    it. The others keep the numbers that they have in the file."""
    pool: tuple[PoolText, ...] = ()
    """Real texts without labels; none of them equals a test or dev row, or another one."""
    remarks: tuple[str, ...] = ()
    """What a user should know of the rows and the labels, a line each."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes in the order of the config, which is that of every table."""
        return self.task_format.labels


def load_task(config: TaskConfig) -> Task:
    """Read and check the data of a config whose paths are resolved.

    Raises:
        ConfigError: naming field, file, row and what was expected.
    """
    remarks = still_to_describe(config)
    config = without_todo(config)
    task_format = task_format_of(config)
    tables = load_tables(config.data, task_format.columns(config.data))
    no_label = config.data.no_label
    rows = {s: _examples(table, s, task_format, no_label) for s, table in tables.items()}
    left_out = {split: len(table.rows) - len(rows[split]) for split, table in tables.items()}
    unlabelled = {split: count for split, count in left_out.items() if count}
    remarks += _left_out(unlabelled)
    if config.choices is None:
        task_format = fitted(task_format, (row.text for part in rows.values() for row in part))
    if config.data.test is None:
        division = split_off(rows["train"], task_format, config.data)
        rows |= {"train": division.train, "test": division.test}
        remarks += division.said(config.data)
    pool: tuple[PoolText, ...] = ()
    if config.data.pool is not None:
        found = read_pool(config.kind, config.data, (*rows["test"], *rows.get("dev", ())))
        pool, remarks = found.texts, [*remarks, *found.said()]
    return Task(
        task_format=task_format,
        descriptions=descriptions(config) if config.heads else dict(config.labels),
        language=config.language,
        domain=config.domain,
        metric=config.metric,
        train=rows["train"],
        test=rows["test"],
        dev=rows.get("dev"),
        unlabelled=unlabelled,
        pool=pool,
        remarks=tuple(remarks),
    )


def _left_out(unlabelled: Mapping[Split, int]) -> list[str]:
    if not unlabelled:
        return []
    parts = ", ".join(f"{count} rows of {split}" for split, count in unlabelled.items())
    return [f"task.data.no_label: {parts} have no label and are left out"]


def full_rows(task: Task) -> tuple[Example, ...]:
    """The full training set: all train rows but those that equal a held-out one."""
    held_out = {normalise(row.text) for row in (*task.test, *(task.dev or ()))}
    return tuple(row for row in task.train if normalise(row.text) not in held_out)


def draw_shots(task: Task, k: int, seed: int) -> tuple[Example, ...]:
    """Draw k train rows of each class, classes in config order.

    A row of several classes (entity types) is drawn for the first that still needs one, and counts
    for that class alone. Letters of choices are places, not classes: one that is never right in
    train has no shots. Where a row may have no label at all, k of those are drawn as well, as far
    as train has them: a student that never met one would always name something.

    A row's rank is a hash of seed, label and text: the same on every machine and Python, the same
    whatever the order of the file, and the draw for k=1 is a part of that for k=3. Rows that equal
    a test row, or an earlier train row, after `normalise` are never drawn.

    Raises:
        ConfigError: when a class has fewer rows than that.
    """
    if task.task_format.kind == "reasoning":
        return ()  # its student learns what a teacher writes, not labelled rows
    if k < 1:
        raise ConfigError(f"task.shots: expected at least 1, got {k}")
    taken = {normalise(row.text) for row in task.test}
    pools: dict[str, list[Example]] = {label: [] for label in task.labels}
    bare_rows: list[Example] = []
    for row in task.train:
        bare = normalise(row.text)
        if bare not in taken:
            taken.add(bare)
            classes = task.task_format.classes(row.label)
            for label in classes:
                pools[label].append(row)
            if not classes and task.task_format.kind == "multilabel":
                bare_rows.append(row)
    drawn: dict[str, Example] = {}
    for label, rows in pools.items():
        if not rows and task.task_format.kind == "choice":
            continue
        pool = [row for row in rows if row.id not in drawn]
        if len(pool) < k:
            raise ConfigError(
                f"task.shots: class {label!r} has {len(pool)} train rows to draw from "
                f"(without repeats and rows of test), expected at least {k}"
            )
        drawn |= {row.id: row for row in sorted(pool, key=lambda row: _rank(row, seed))[:k]}
    drawn |= {row.id: row for row in sorted(bare_rows, key=lambda row: _rank(row, seed))[:k]}
    return tuple(drawn.values())


def _rank(row: Example, seed: int) -> tuple[str, str]:
    digest = hashlib.sha256(f"{seed}\0{row.label}\0{row.text}".encode())
    return digest.hexdigest(), row.id


def _examples(
    table: DataTable, split: Split, task_format: TaskFormat, no_label: Sequence[str]
) -> tuple[Example, ...]:
    rows = tuple(
        Example(f"{split}-{index}", *task_format.read(row, f"{table.origin}: row {index + 1}"))
        for index, row in enumerate(table.rows)
        if not (no_label and lacks_label(row, no_label))
    )
    if not rows:
        raise ConfigError(
            f"{table.origin}: no row has a label (task.data.no_label: {', '.join(no_label)}); the"
            " labels of many published test sets are kept secret: name another split or file"
        )
    return rows
