"""LLM2LLM (Lee et al. 2024, arXiv 2403.15042): more rows like the seed rows that were wrong.

Each step the student is trained from base on seed and all written rows, and takes the seed rows as
an examination; only gold rows provoke new ones, `rows_per_error` each, labelled as the gold row is.
The teacher sees text and label, never the wrong answer. A student that gets every seed row right
leaves nothing to do, which at one shot is soon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from agents.ballot import DuplicateIndex
from agents.records import Marked
from agents.writer import WriteRequest
from evokd.augment.rouge import RougeIndex
from evokd.config import ConfigError, TaskKind
from evokd.config.strict import Strict
from evokd.tasks.example import Example
from graph.core.method import SPENT
from graph.methods.rival import Rival
from graph.methods.sungen import SENTENCE
from student.encoder.training_plan import TrainingPlan, warm_up_plan

if TYPE_CHECKING:
    from graph.core.node_context import NodeContext
    from graph.core.run_context import RunContext


class Llm2LlmSettings(Strict):
    """Its settings."""

    steps: int = Field(10, ge=1)
    """Rounds that the seed errors are asked about."""
    rows_per_error: int = Field(1, ge=1)
    """New texts for each row that the student gets wrong."""
    rouge: float = Field(0.95, gt=0, le=1)
    """ROUGE-L above which a new row repeats an old one."""


class LLM2LLM(Rival):
    """Texts like the seed rows that the student gets wrong."""

    name = "llm2llm"
    settings_type = Llm2LlmSettings
    section = "rivals.llm2llm"
    refuses: ClassVar[Mapping[TaskKind, str]] = {
        "ner": f"{SENTENCE}a text written like a wrong one can't take over its answer"
    }
    source = "writer"
    between = "examiner"

    def check_config(self) -> None:
        super().check_config()
        if self.config.student.update != "retrain":
            raise ConfigError(
                "config: `method: llm2llm` trains from base at every step: set"
                " `student.update: retrain`"
            )

    def requests(self, node: NodeContext, state: Mapping[str, Any]) -> Sequence[WriteRequest]:
        rows = node.read(state["feedback"], Marked)
        wrong = [Example(row.row, row.text, row.label) for row in rows if row.mark == "wrong"]
        return write_requests(
            wrong, rows=self.settings.rows_per_error, per_call=node.texts_per_call
        )

    def repetition(self) -> Callable[[], DuplicateIndex]:
        """The published filter."""
        return lambda: RougeIndex(self.settings.rouge)

    def warm_up(self, run: RunContext, rows: Sequence[Example]) -> TrainingPlan:
        """All steps at once: it fine-tunes before it looks for errors, and may find none."""
        return warm_up_plan(self.config.student, rows, whole=True)

    def spent(self, number: int, examined: Sequence[Marked] | None = None) -> str | None:
        """Without a wrong seed row, or after the last step, it is done."""
        if examined is None:
            return None
        if not any(row.mark == "wrong" for row in examined):
            return f"{SPENT}: the student gets every seed row right"
        if number >= self.settings.steps:
            return f"{SPENT}: {number} steps done"
        return None


def write_requests(wrong: Sequence[Example], *, rows: int, per_call: int) -> list[WriteRequest]:
    """Calls for `rows` texts like each seed row that was wrong."""
    return [
        WriteRequest(row.label, min(per_call, rows - start), (row.text,), (row.id,))
        for row in wrong
        for start in range(0, rows, per_call)
    ]
