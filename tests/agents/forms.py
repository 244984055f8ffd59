"""Forms for tests, without data."""

from __future__ import annotations

from evokd.config import DataConfig, TaskConfig
from evokd.tasks.forms import Form, form_of


def classes(*labels: str) -> Form:
    """Classification into these labels."""
    return form_of(TaskConfig(labels=dict.fromkeys(labels, ""), data=DataConfig()))
