"""The rows: can they be read, is every class there, do train and test share any."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from evokd.config import ConfigError, TaskConfig
from evokd.runs.formatting import count, several
from evokd.tasks.example import Example
from evokd.tasks.formats import task_format_of
from evokd.tasks.formats.task_format import lacks_label, listed
from evokd.tasks.loading import load_tables
from evokd.tasks.task import Task, load_task
from evokd.tasks.text import normalise
from evokd.tasks.undescribed import still_to_describe, without_todo
from graph.checking.finding import Finding
from graph.core.method import Method

FEW_TEST_ROWS = 30
SHOWN = 3


def look_at_rows(config: TaskConfig) -> tuple[Task | None, Finding]:
    """The task, and whether its rows can be read; of rows that can't, all are counted."""
    try:
        task = load_task(config)
    except ConfigError as error:
        return None, Finding("data", "failed", _all_faults(config) or str(error))
    parts = [f"{count(len(task.train))} train", f"{count(len(task.test))} test"]
    parts += [] if task.dev is None else [f"{count(len(task.dev))} dev"]
    told = [line for line in task.remarks if line not in still_to_describe(config)]
    said = "; ".join([f"{', '.join(parts)} rows", *told])
    if len(task.test) < FEW_TEST_ROWS:
        point = 100 / len(task.test)
        return task, Finding(
            "data",
            "warning",
            f"{said}; with so few test rows one verdict moves accuracy by {point:.0f} points:"
            " give `task.data.test` more",
        )
    return task, Finding("data", "ok", said)


def look_at_task(config: TaskConfig, task: Task, method: Method) -> Iterator[Finding]:
    """Classes, seed shots, repetitions.

    Raises:
        ConfigError: too few rows for the shots.
    """
    if task.labels:
        yield _classes(task)
        described = _descriptions(config)
        if described is not None:
            yield described
    shots = method.shots(task)
    if shots:
        yield Finding("shots", "ok", f"{several(len(shots), 'seed row')} of train")
    yield _repetitions(task)


def _all_faults(config: TaskConfig) -> str | None:
    """Every row that can't be read, counted; None where the file itself can't."""
    task_format = task_format_of(config)
    try:
        tables = load_tables(config.data, task_format.columns(config.data))
    except ConfigError:
        return None
    faults: list[str] = []
    for table in tables.values():
        for number, row in enumerate(table.rows, 1):
            if config.data.no_label and lacks_label(row, config.data.no_label):
                continue
            try:
                task_format.read(row, f"{table.origin}: row {number}")
            except ConfigError as error:
                faults.append(str(error))
    if len(faults) < 2:
        return None
    kinds: dict[str, str] = {}
    for fault in faults:
        kinds.setdefault(re.sub(r"^.*?: row \d+: ", "", fault), fault)
    rest = f"\nand {len(kinds) - SHOWN} more kinds" if len(kinds) > SHOWN else ""
    return (
        f"{count(len(faults))} rows can't be read:\n"
        + "\n".join(list(kinds.values())[:SHOWN])
        + rest
    )


def _classes(task: Task) -> Finding:
    """How many rows each class has; a class that test lacks counts as 0 in macro-F1."""
    found = {name: _by_class(task, rows) for name, rows in _splits(task).items()}
    missing = {
        name: [label for label in task.labels if not counts[label]]
        for name, counts in found.items()
    }
    if any(missing.values()):
        where = "; ".join(f"{name} has no {listed(gone)}" for name, gone in missing.items() if gone)
        return Finding(
            "labels", "warning", f"{where}: add such rows, or take the label out of task.labels"
        )
    rare = min(task.labels, key=lambda label: found["train"][label])
    said = f"{len(task.labels)} classes, all in train and test{_together(task)}"
    return Finding("labels", "ok", f"{said}; fewest train rows: {found['train'][rare]} of {rare!r}")


def _together(task: Task) -> str:
    """Of sets of labels, how large they are."""
    if task.task_format.kind != "multilabel":
        return ""
    sizes = [len(task.task_format.classes(row.label)) for row in task.train]
    none = f", {several(sizes.count(0), 'row')} of train without any" if 0 in sizes else ""
    return f", {sum(sizes) / len(sizes):.1f} labels a train row{none}"


def _splits(task: Task) -> Mapping[str, Sequence[Example]]:
    return {"train": task.train, "test": task.test}


def _by_class(task: Task, rows: Sequence[Example]) -> Counter[str]:
    return Counter(name for row in rows for name in task.task_format.classes(row.label))


def _descriptions(config: TaskConfig) -> Finding | None:
    """Labels without a description that prompts could show; None for kinds that have none."""
    shown = without_todo(config)
    described = [shown.labels, *(head.labels for head in shown.heads.values())]
    texts = {name: text for labels in described for name, text in labels.items()}
    if not texts:
        return None
    empty = [name for name, text in texts.items() if not text.strip()]
    if not empty:
        return Finding("descriptions", "ok", "every label has one")
    return Finding(
        "descriptions",
        "warning",
        f"task.labels: nothing says what {listed(empty, 5)} mean; the teachers know no more than"
        " the name: write one line for each",
    )


def _repetitions(task: Task) -> Finding:
    """Rows that are equal once case, spaces and punctuation are taken off."""
    labels: defaultdict[str, list[str]] = defaultdict(list)
    for row in task.train:
        labels[normalise(row.text)].append(row.label)
    test = {normalise(row.text) for row in task.test}
    again = sum(len(found) - 1 for found in labels.values())
    torn = sum(len(set(found)) > 1 for found in labels.values())
    leaked = sum(len(found) for text, found in labels.items() if text in test)
    said = []
    if leaked:
        said.append(f"{several(leaked, 'train row')} equal a test row (never drawn as a shot)")
    if torn:
        what = "sets of labels" if task.task_format.kind == "multilabel" else "labels"
        said.append(f"{several(torn, 'train text')} with two {what} or more")
    if again:
        said.append(f"{several(again, 'train row')} repeat an earlier one")
    if not said:
        return Finding("repetitions", "ok", "no train row repeats another, or equals a test row")
    return Finding("repetitions", "warning" if leaked or torn else "ok", "; ".join(said))
