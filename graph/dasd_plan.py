"""What reasoning distillation will ask and pay for; nothing is asked, see `graph.plan`.

Prompts are the real ones. What can't be known is how long the teacher reasons: twice as long as the
pack's worked examples is taken for granted, and `at most` says what the limit would cost.
"""

from __future__ import annotations

from collections.abc import Iterator

from evokd.config import Config
from evokd.tasks.task import Task
from evokd.teacher.request import Prompt
from evokd.teacher.tokens import count, count_messages
from graph.course import Course
from graph.plan import Plan, RoundPlan
from graph.rehearsal import Ask
from prompts.pack import Pack

LONGER = 2
"""A response, in lengths of a worked example."""
LEAST = 64
"""Tokens of a response where the pack has no worked example."""
FIRST = 1
"""Tokens of CoT-decoding's first call."""


def plan_dasd(config: Config, task: Task, pack: Pack) -> Plan:
    """Estimate a run; its rounds are the stages."""
    course = Course.of(config, task, pack)
    stages = [RoundPlan(tuple(_asks(course, stage))) for stage in course.questions]
    return Plan(stages[0], stages[-1], len(stages), "method")


def _asks(course: Course, stage: str) -> Iterator[Ask]:
    """The requests of a stage, endpoints in turn."""
    config, wording, style = course.config, course.wording, course.wording.style
    endpoints = config.teachers.of("teacher_reasoner")
    decoding = config.dasd.cot_decoding
    samples = decoding.k if decoding else course.stage(stage).samples
    expected = _length(course)
    for number, question in enumerate(course.questions[stage]):
        for sample in range(samples + (decoding is not None)):
            endpoint = endpoints[0 if decoding else (number * samples + sample) % len(endpoints)]
            limit = endpoint.max_tokens or style.max_tokens
            limit = FIRST if decoding is not None and sample == 0 else limit
            prompt = _tokens(wording.to_teacher(question.text, endpoint.directive))
            completion = min(limit, expected)
            price, usd, most = endpoint.price, None, None
            if price is not None:
                usd = (prompt * price.prompt + completion * price.completion) / 1e6
                most = (prompt * price.prompt + limit * price.completion) / 1e6
            yield Ask("teacher_reasoner", endpoint.title, prompt, completion, limit, usd, most)


def _tokens(prompt: Prompt) -> int:
    return count_messages(prompt.messages)


def _length(course: Course) -> int:
    """Tokens of a response."""
    worked = course.wording.style.examples.get(course.wording.answers, ())
    sizes = [count(f"{one.reasoning} {one.answer}") for one in worked]
    return max(LEAST, LONGER * sum(sizes) // max(1, len(sizes)))
