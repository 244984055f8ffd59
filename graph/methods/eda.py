"""EDA (Wei & Zou 2019) as a rival: edits of each seed text, one pass, no tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from evokd.augment.eda import check_language
from evokd.augment.synonyms import load_synonyms
from evokd.config.strict import Strict
from graph.methods.rival import Rival

if TYPE_CHECKING:
    from evokd.tasks.task import Task
    from prompts.pack import Pack


class EdaSettings(Strict):
    """EDA with its published rates."""

    alpha: float = Field(0.1, gt=0, le=1)
    """Share of words that each of the four operations changes."""
    variants: int = Field(9, ge=1)
    """New texts a seed text."""


class Eda(Rival):
    """Variants of the seed texts, with their labels."""

    name = "eda"
    settings_type = EdaSettings
    section = "rivals.eda"
    indifferent = frozenset({"budget"})
    source = "augmenter"

    @property
    def once(self) -> bool:
        """See `Rival`."""
        return True

    def check(self, task: Task, pack: Pack) -> None:
        """See `Method`: English texts only, and the synonyms must be there."""
        super().check(task, pack)
        check_language(self.config.task.language)
        load_synonyms()
