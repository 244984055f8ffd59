"""What is said when something can't work: before anything is spent, or in the middle of a run."""

from __future__ import annotations


class ConfigError(Exception):
    """The user's config, data or environment can't work: one clear message, exit code 2.

    Only for what can be known before anything is spent.
    """


class RunError(Exception):
    """A run that had begun can't go on: one clear message, exit code 1.

    Training that diverged, a checkpoint that is gone, a disk that is full: the config was fine.
    """
