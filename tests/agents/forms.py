"""Forms for tests, without data."""

from __future__ import annotations

from evokd.config import DataConfig, TaskConfig
from evokd.tasks.formats import TaskFormat, task_format_of


def classes(*labels: str) -> TaskFormat:
    """Classification into these labels."""
    return task_format_of(TaskConfig(labels=dict.fromkeys(labels, ""), data=DataConfig()))
