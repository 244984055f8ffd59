"""The student: loaded as a run would, and one batch through it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from evokd.config import Config
from evokd.tasks.task import Task
from graph.checking.finding import Finding
from graph.core.loop_method import LoopMethod
from graph.core.method import Method

SAMPLED = 200
"""Train texts whose length is looked at."""
CUT_SHARE = 0.1


def look_at_student(method: Method, task: Task) -> Iterator[Finding]:
    """Load it, predict a batch of the longest train rows.

    Raises:
        ConfigError: a model that can't be had, or can't take such texts.
    """
    if not isinstance(method, LoopMethod):
        began = time.monotonic()
        asyncio.run(method.prepare())
        took = time.monotonic() - began
        yield Finding("student", "ok", f"{method.config.student.model}: loaded in {took:.1f} s")
        return
    yield _encoder(method.config, task)


def _encoder(config: Config, task: Task) -> Finding:
    from student.encoder.base import load_tokenizer
    from student.encoder.encoder import Encoder
    from student.sources import locate

    student, began = config.student, time.monotonic()
    encoder = Encoder.create(student, task.labels, config.seed, config.task.kind, task.descriptions)
    loaded = time.monotonic()
    texts = [row.text for row in task.train[:SAMPLED]]
    longest = sorted(texts, key=len)[-student.batch_size :]
    encoder.predict(longest)
    done = time.monotonic()
    said = (
        f"{student.model}: loaded in {loaded - began:.1f} s, a batch of {len(longest)} took"
        f" {done - loaded:.2f} s on {encoder.device}"
    )
    tokenizer = load_tokenizer(locate(student.model), student.max_length)
    ids = tokenizer(texts, truncation=False, verbose=False)["input_ids"]
    cut = sum(len(one) > student.max_length for one in ids)
    if cut > CUT_SHARE * len(texts):
        return Finding(
            "student",
            "warning",
            f"{said}; student.max_length: {cut} of {len(texts)} train texts are longer than"
            f" {student.max_length} tokens, and are cut: raise it",
        )
    return Finding("student", "ok", said)
