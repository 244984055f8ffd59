"""Kinds of tasks: what a row's text and its answer are. A new kind is a new file here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evokd.config import ConfigError, TaskConfig, TaskKind
from evokd.tasks.forms.choice import LETTERS, Choice
from evokd.tasks.forms.classes import Classes
from evokd.tasks.forms.form import Form
from evokd.tasks.forms.multi import Multi
from evokd.tasks.forms.ner import Ner
from evokd.tasks.forms.pair import Pair
from evokd.tasks.forms.reasoning import Reasoning

__all__ = ["Form", "fitted", "form_of"]

FORMS: dict[TaskKind, type[Any]] = {
    "classification": Classes,
    "pair": Pair,
    "choice": Choice,
    "ner": Ner,
    "reasoning": Reasoning,
}


def form_of(config: TaskConfig) -> Form:
    """The form of a config's task.

    Raises:
        ConfigError: a value of `label_map` that is no class.
    """
    if config.kind == "multi":  # its heads have maps of their own
        return Multi(config)
    names = list(LETTERS if config.kind in ("choice", "reasoning") else config.labels)
    for value, name in config.data.label_map.items():
        if name not in names:
            known = ", ".join(map(repr, names[:10]))
            raise ConfigError(
                f"task.data.label_map.{value}: {name!r} is not in task.labels ({known})"
            )
    form: Form = FORMS[config.kind](config)
    return form


def fitted(form: Form, texts: Iterable[str]) -> Form:
    """The form, with what only the data tell: how many choices there are at most."""
    return form.fitted(texts) if isinstance(form, Choice | Reasoning) else form
