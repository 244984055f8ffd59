"""DASD (Yan et al. 2026, arXiv 2601.09088): a language model learns to reason from a teacher.

Its wing is `graph/dasd`, its pure core `evokd/dasd`, what its settings mean docs/design/dasd.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evokd.config import ConfigError, Role
from evokd.config.task import CAUSAL_KINDS
from evokd.dasd.settings import DasdConfig
from graph.core.method import Method
from graph.dasd.check import check_dasd
from graph.dasd.curriculum import Curriculum

if TYPE_CHECKING:
    from evokd.tasks.task import Task
    from graph.core.graph_builder import GraphBuilder
    from graph.core.run_context import RunContext
    from graph.dasd.causal_store import CausalStore
    from graph.dasd.services import DasdServices
    from prompts.pack import Pack


class Dasd(Method):
    """Two stages of chosen responses, and the students they are compared with."""

    name = "dasd"
    kinds = CAUSAL_KINDS
    settings_type = DasdConfig
    section = "dasd"
    comparable = False
    leads = True
    settings: DasdConfig
    _students: CausalStore | None = None
    _services: DasdServices | None = None

    def check_config(self) -> None:
        super().check_config()
        if self.config.student.steps is not None:
            raise ConfigError(
                "config: `student.steps`: method dasd counts epochs, `dasd.stage1.epochs`"
            )

    def check(self, task: Task, pack: Pack) -> None:
        super().check(task, pack)
        check_dasd(self.config, self.settings, pack)
        Curriculum.of(self.config, self.settings, task, pack)

    @property
    def roles(self) -> tuple[Role, ...]:
        return ("teacher_reasoner", *["finisher"] * (self.settings.mixed is not None))

    @property
    def batched(self) -> frozenset[Role]:
        """See `Method`: CoT-decoding asks for the first tokens, and then for each path."""
        decodes = self.settings.cot_decoding is not None
        return frozenset({"finisher"} if decodes else {"teacher_reasoner", "finisher"})

    @property
    def students(self) -> CausalStore:
        """The store of its student, made when it is first asked for."""
        if self._students is None:
            from graph.dasd.causal_store import CausalStore

            self._students = CausalStore(self.config, self.settings)
        return self._students

    async def prepare(self) -> None:
        """A model that won't do is found out before anything is spent."""
        await self.students.open()

    def stand_in(self) -> None:
        from graph.dry_run.students import SilentStudents

        self._students = SilentStudents(self.config, self.settings)

    def services(self, run: RunContext) -> DasdServices:
        """What its nodes work with, once a run."""
        if self._services is None:
            from graph.dasd.services import DasdServices

            self._services = DasdServices(run, self.settings, self.students, self.roles)
        return self._services

    def remarks(self) -> list[str]:
        if self.settings.trainer == "auto":
            return super().remarks()
        told = "`dasd.trainer` is not used any more: students train by evokd's own loop"
        return [*super().remarks(), told]

    def wire(self, run: RunContext) -> GraphBuilder:
        from graph.dasd.build import wire_dasd

        return wire_dasd(run, self.services(run))

    async def finish(self, run: RunContext, state: dict[str, Any]) -> None:
        from graph.dasd.finish import finish_dasd

        await finish_dasd(self.services(run), state)
