"""What the agents may know of the task: no rows but the seed shots, least of all test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evokd.tasks.example import Example

LANGUAGES = {"en": "English", "fr": "French", "zh": "Chinese", "de": "German", "es": "Spanish"}


@dataclass(frozen=True, slots=True)
class Brief:
    """The task as prompts see it."""

    labels: tuple[str, ...]
    descriptions: Mapping[str, str]
    domain: str
    language: str
    """BCP 47 code of the texts."""
    seeds: tuple[Example, ...]
    """The seed shots."""

    def variables(self, directive: str | None = None) -> dict[str, Any]:
        """The variables every template gets."""
        return {
            "labels": self.labels,
            "descriptions": {label: self.descriptions.get(label, "") for label in self.labels},
            "domain": self.domain,
            "language": LANGUAGES.get(self.language, self.language),
            "seeds": self.seeds,
            "directive": directive,
        }
