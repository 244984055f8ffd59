"""Which method makes no sense for which kind of task, and why."""

from __future__ import annotations

from collections.abc import Mapping

from evokd.config import Config, ConfigError, Method, TaskKind

_ONE_OUTPUT = "it needs a student with one output a class, and this one scores choices one by one"
_ONE_ANSWER = "it needs a student with one distribution a text, and this one has several heads"
_SENTENCE = "a sentence has any number of entities, so "

REFUSED: Mapping[TaskKind, Mapping[Method, str]] = {
    "choice": {"sungen": _ONE_OUTPUT, "progen": _ONE_OUTPUT},
    "ner": {
        "sungen": f"{_SENTENCE}its reverse cross-entropy, over one distribution a text, has none",
        "progen": f"{_SENTENCE}there is no class to show the most helpful rows of",
        "llm2llm": f"{_SENTENCE}a text written like a wrong one can't take over its answer",
    },
    "multi": {"sungen": _ONE_ANSWER, "progen": _ONE_ANSWER},
}


def check_kind(config: Config) -> None:
    """Refuse a method that the task's kind has no use for.

    Raises:
        ConfigError: saying why.
    """
    kind, method = config.task.kind, config.method
    reason = REFUSED.get(kind, {}).get(method)
    if reason is not None:
        raise ConfigError(f"method: {method} does not work with task.kind {kind}: {reason}")
