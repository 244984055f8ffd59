"""All looks at a config, in the order in which they need one another."""

from __future__ import annotations

from collections.abc import Iterator

from evokd.config import Config, ConfigError
from evokd.config.tracking import refuse_missing
from evokd.tasks.task import Task
from graph.checking.data import look_at_rows, look_at_task
from graph.checking.endpoints import endpoints_of, look_at_endpoints
from graph.checking.finding import Finding, looked
from graph.checking.rehearsal import look_at_budget, look_at_prompts, rehearse
from graph.checking.student import look_at_student
from graph.core.method import Method
from graph.methods import method_of
from graph.packs import named, pack_of
from graph.session import check


def look_at(config: Config) -> Iterator[Finding]:
    """Everything that can be known before a run of a config spends; nothing is written.

    Raises:
        ConfigError: a method, or settings of it, that can't be: there is nothing to look at then.
    """
    method = method_of(config)
    task, rows = look_at_rows(config.task)
    yield rows
    if task is None:
        yield Finding("labels, prompts, student, budget", "skipped", "they need the data")
    else:
        yield from looked("shots", lambda: look_at_task(config.task, task, method))
        yield from _look_at_work(config, task)
        yield from looked("student", lambda: look_at_student(method, task))
    if config.track:
        yield from looked("track", lambda: _look_at_trackers(config))
    yield from look_at_endpoints(endpoints_of(config))


def _look_at_trackers(config: Config) -> Iterator[Finding]:
    refuse_missing(config.track)
    yield Finding("track", "ok", f"installed: {', '.join(config.track)}")


def _look_at_work(config: Config, task: Task) -> Iterator[Finding]:
    try:
        config, choice = named(config)
        method: Method = check(config)
        pack = pack_of(config)
        found = rehearse(method, task, pack)
    except ConfigError as error:
        yield Finding("prompts", "failed", str(error))
        yield Finding("budget", "skipped", "it needs the prompts")
        return
    yield from look_at_prompts(method, choice, pack, found)
    for remark in method.remarks():
        yield Finding("settings", "warning", remark)
    yield look_at_budget(method, task, pack, found)
