"""Kinds of tasks: what a row's text and its answer are. A new kind is a new file here."""

from __future__ import annotations

from evokd.config import ConfigError, TaskConfig
from evokd.tasks.forms.classes import Classes
from evokd.tasks.forms.form import Form
from evokd.tasks.forms.pair import Pair

__all__ = ["Form", "form_of"]

FORMS = {"classification": Classes, "pair": Pair}


def form_of(config: TaskConfig) -> Form:
    """The form of a config's task.

    Raises:
        ConfigError: a value of `label_map` that is no class.
    """
    for value, name in config.data.label_map.items():
        if name not in config.labels:
            known = ", ".join(map(repr, list(config.labels)[:10]))
            raise ConfigError(
                f"task.data.label_map.{value}: {name!r} is not in task.labels ({known})"
            )
    return FORMS[config.kind](config)
