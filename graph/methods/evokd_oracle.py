"""Control of EvoKD: labels from a student that has learnt the full training set.

It says what aim would earn if labels were right. Analyst, writers and critic work and are paid as
in EvoKD; in the labeler's place stands a student trained as `full_shot` trains its own, with the
run's seed, which spends nothing and sees no test row. The critic may turn a row down or send it
back, but its label doesn't outrank the oracle's: where it would relabel, the row is accepted as it
is. "Right" is as right as that student: its accuracy is `full_shot`'s. No rival, for it knows the
labels of all training rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evokd.config import ConfigError
from evokd.tasks.task import full_rows
from graph.methods.evokd import EvoKDLoop

if TYPE_CHECKING:
    from graph.core.run_context import RunContext


class EvoKDOracle(EvoKDLoop):
    """EvoKD with the labels of a student that knows all."""

    name = "evokd_oracle"
    introduces = False  # the oracle knows all labels from the beginning
    seat = "oracle"
    relabels = False

    def check_config(self) -> None:
        """See `Method`.

        Raises:
            ConfigError: the writers were to label their own texts.
        """
        super().check_config()
        if not self.config.loop.switches.separate_labels:
            raise ConfigError(
                "config: `method: evokd_oracle` needs `loop.switches.separate_labels: true`: a"
                " student stands in the labeler's place"
            )

    @property
    def votes(self) -> bool:
        """See `LoopMethod`: the oracle's vote is the only one."""
        return True

    async def labels(self, run: RunContext, texts: Sequence[str]) -> list[str]:
        """The oracle's labels."""
        return await run.students.full_labels(texts, full_rows(run.task))
