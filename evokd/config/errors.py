"""What is said when a config can't work."""

from __future__ import annotations


class ConfigError(Exception):
    """The user's config, data or environment can't work: one clear message, exit code 2."""
