"""Soft labels in a run: which answers a distribution is over, and what of it can't work.

Refused before anything is spent is what the config, the pack and the method already tell: targets
for kinds of tasks that have none, and probabilities that nobody will give.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

from agents.distribution import SPREAD_KINDS
from agents.labeler import by_logprobs, votes_at_once
from agents.labeler_heads import MOST_ANSWERS
from evokd.config import Config, ConfigError, TaskKind
from evokd.tasks.formats.multi import combined, heads_of
from prompts.pack import CONFIDENCE

if TYPE_CHECKING:
    from agents.task_view import TaskView
    from evokd.tasks.formats import TaskFormat
    from graph.core.loop_method import LoopMethod
    from prompts.pack import Pack

HARD_ONLY: Mapping[TaskKind, str] = {
    "ner": "an answer is a list of entities, and votes on lists are no distribution over tags",
    "choice": "the choices are others in each question, so there is no common set of answers",
}
"""Kinds without soft targets, and why."""
NO_VALUE: Mapping[TaskKind, str] = {
    "ner": "a sentence has no single distribution that influence could be computed on",
    "choice": "its student scores choices one by one",
    "multi": "its student has several heads, and influence is computed on one",
    "multilabel": "its student makes a decision for each label, and influence is computed on one",
}
"""Kinds for which a row's helpfulness can't be computed (`student.selection.influence`)."""


def answers_of(task_format: TaskFormat) -> tuple[str, ...] | None:
    """All whole answers that rows keep a distribution over; None where they keep none.

    Nothing for sets of labels, nor for a task of several heads with more than `MOST_ANSWERS` whole
    answers: votes and log-probabilities name those they need.
    """
    if task_format.kind not in SPREAD_KINDS:
        return None
    if task_format.kind == "multilabel":
        return ()
    if task_format.kind != "multi":
        return tuple(task_format.labels)
    heads = heads_of(task_format.labels)
    if prod(map(len, heads.values())) > MOST_ANSWERS:
        return ()
    return combined(heads)


def check_settings(config: Config) -> None:
    """What is wrong with soft targets and row weights by the config alone.

    Raises:
        ConfigError: naming the fields.
    """
    kind, student, loop = config.task.kind, config.student, config.loop
    if student.targets == "soft" and kind in HARD_ONLY:
        raise ConfigError(
            f"student.targets: soft does not work with task.kind {kind}: {HARD_ONLY[kind]}; use"
            " hard"
        )
    if student.temperature != 1 and student.targets == "hard":
        raise ConfigError(
            "student.temperature: softens soft targets alone: set `student.targets: soft`, or"
            " leave it out"
        )
    if student.weights == "value" and kind in NO_VALUE:
        raise ConfigError(
            f"student.weights: value does not work with task.kind {kind}: {NO_VALUE[kind]}"
        )
    if student.weights == "level" and loop.difficulty is None:
        raise ConfigError(
            "student.weights: level needs `loop.difficulty`: without it no row has a level"
        )
    unknown = [
        at
        for at in student.weight_of
        if student.weights == "level" and at not in (loop.difficulty or ())
    ]
    if unknown:
        raise ConfigError(
            f"student.weight_of.{unknown[0]}: no level of `loop.difficulty`"
            f" ({', '.join(map(str, loop.difficulty or ()))})"
        )
    if loop.confidence and (kind not in SPREAD_KINDS or kind == "multilabel"):
        raise ConfigError(
            f"loop.confidence: does not work with task.kind {kind}: the rest of the probability"
            " has no fixed set of other answers to go to; leave it out"
        )


def check_sources(method: LoopMethod, pack: Pack, view: TaskView) -> None:
    """Whether somebody will say how probable labels are, where the student is to learn it.

    Raises:
        ConfigError: nobody will; says what to do.
    """
    config = method.config
    if config.loop.confidence:
        _check_confidence(method, pack, view)
    asked = [
        *["student.targets: soft"] * (config.student.targets == "soft"),
        *["student.weights: confidence"] * (config.student.weights == "confidence"),
    ]
    if not asked or not method.writes or tells_probabilities(method, pack, view):
        return
    if not method.votes:
        raise ConfigError(
            f"{asked[0]}: no labeler votes here (method {method.name}, or"
            " `loop.switches.separate_labels: false`), so rows have labels and no probabilities;"
            " leave it out, or take a method with a labeler (evokd)"
        )
    raise ConfigError(
        f"{asked[0]}: nobody tells probabilities: one labeler gives one vote in JSON on each text."
        " Let several vote (`teachers.labeler` with several endpoints, or `loop.completions: 3`"
        " with a `temperature` above 0), let it say how sure it is (`loop.confidence: true`), or"
        " use a pack whose labeler answers in log-probabilities (`prompts.pack: small`)"
    )


def tells_probabilities(method: LoopMethod, pack: Pack, view: TaskView) -> bool:
    """Whether votes will say more than one label of a row."""
    config = method.config
    if method.believes:
        return True
    if not method.votes:
        return False
    if config.loop.decoding.labeler != "sample":  # the paths' weights do
        return True
    labelers = config.teachers.of("labeler")
    wanted = config.loop.completions
    votes = sum(votes_at_once(pack, view, one.temperature, wanted) for one in labelers)
    return by_logprobs(pack, view) or CONFIDENCE in pack.templates or votes > 1


def _check_confidence(method: LoopMethod, pack: Pack, view: TaskView) -> None:
    if not method.votes:
        raise ConfigError(
            f"loop.confidence: no labeler is asked here (method {method.name}, or"
            " `loop.switches.separate_labels: false`); leave it out"
        )
    if by_logprobs(pack, view):
        raise ConfigError(
            f"loop.confidence: the labeler of pack {pack.name} answers in log-probabilities, which"
            " say how sure it is; leave it out"
        )
    if CONFIDENCE not in pack.templates:
        raise ConfigError(
            f"prompts.pack: {pack.name} has no {CONFIDENCE}.j2, which `loop.confidence` needs (the"
            " pack evokd has one to begin with)"
        )
    if answers_of(view.task_format) == ():
        raise ConfigError(
            f"loop.confidence: the heads have more than {MOST_ANSWERS} whole answers, too many to"
            " spread the rest of the probability over; leave it out"
        )
