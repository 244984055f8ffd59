"""Labels whose description is still to be written: one that begins with TODO stands for none.

`evokd init` leaves such descriptions. No prompt shows them: a model that reads "TODO" learns less
of a class than from its name alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from evokd.config import TaskConfig
from evokd.tasks.formats.multi import SEPARATOR

TODO = "TODO"
SHOWN = 5
"""Labels that a line names."""


def undescribed(config: TaskConfig) -> tuple[str, ...]:
    """The labels whose description is still to be written; of `multi`, `head: label`."""
    of_heads = (
        f"{head}{SEPARATOR}{name}"
        for head, given in config.heads.items()
        for name in _open(given.labels)
    )
    return (*_open(config.labels), *of_heads)


def without_todo(config: TaskConfig) -> TaskConfig:
    """The config as models may see it: such descriptions are empty."""
    if not undescribed(config):
        return config
    heads = {
        name: head.model_copy(update={"labels": _emptied(head.labels)})
        for name, head in config.heads.items()
    }
    return config.model_copy(update={"labels": _emptied(config.labels), "heads": heads})


def still_to_describe(config: TaskConfig) -> list[str]:
    """What a user should know of it: one line, or none."""
    names = undescribed(config)
    if not names:
        return []
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return [
        f"task.labels: {', '.join(map(repr, names[:SHOWN]))}{more} still to be described (TODO):"
        " until then the agents know no more than the name"
    ]


def _open(labels: Mapping[str, str]) -> list[str]:
    return [name for name, line in labels.items() if line.startswith(TODO)]


def _emptied(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: "" if line.startswith(TODO) else line for name, line in labels.items()}
