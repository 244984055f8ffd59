"""One execution of one node: its edge, the artefacts it reads, the client it may ask."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from agents.task_view import TaskView
from evokd.config import Role
from evokd.ledger.budget import BudgetReached
from evokd.ledger.edge import Edge
from evokd.store.artefacts import Ref
from evokd.store.events import Event, Warned
from evokd.tasks.example import Example
from evokd.tasks.formats import TaskFormat
from evokd.teacher.metered_client import MeteredClient
from evokd.teacher.tokens import count
from graph.core.run_context import R, Record, RunContext


class NodeContext:
    """What a node gets besides the state. Reading an artefact adds to the edge's freight."""

    def __init__(self, run: RunContext, edge: Edge) -> None:
        self.run, self.edge = run, edge
        self.freight = 0

    def read(self, ref: Ref, kind: type[R]) -> list[R]:
        """The records behind a reference; their tokens moved along the edge."""
        self.freight += self.run.weigh(ref)
        return list(self.run.records(ref, kind))

    def read_part(self, ref: Ref, kind: type[R], start: int, end: int) -> list[R]:
        """Some of the records, and only their freight: a fan-out hands each its own slice."""
        lines = self.run.text(ref).splitlines()[start:end]
        self.freight += count("\n".join(lines))
        return [kind.from_json(json.loads(line)) for line in lines]

    def read_all(self, refs: Sequence[Ref], kind: type[R]) -> list[R]:
        """Records of several artefacts, in order."""
        return [record for ref in refs for record in self.read(ref, kind)]

    def carry(self, refs: Iterable[Ref]) -> None:
        """Book the freight of artefacts that are known from an earlier round."""
        self.freight += sum(self.run.weigh(ref) for ref in refs)

    def put(self, records: Iterable[Record]) -> Ref:
        """Store records, get their reference."""
        return self.run.artefacts.put(record.to_json() for record in records)

    def client(self, role: Role, purpose: str | None = None) -> MeteredClient:
        """A client that books on this edge, or on one of its own whose source is a purpose."""
        edge = self.edge if purpose is None else replace(self.edge, source=purpose)
        return MeteredClient(self.run.metering, self.run.pool.of(role), role, edge)

    def rng(self) -> random.Random:
        """A generator of its own for every node and round: the same in a resumed run."""
        return random.Random(f"{self.run.config.seed}/{self.edge.round}/{self.edge.target}")

    @property
    def texts_per_call(self) -> int:
        """Texts that one call of a rival's writer asks for."""
        return self.run.pack.manifest.generator.texts_per_call or self.run.config.loop.n_hard

    @property
    def view(self) -> TaskView:
        """What agents may know of the task in this round."""
        return self.run.view_at(self.edge.round)

    @property
    def task_format(self) -> TaskFormat:
        """What a text and a label are in this round."""
        return self.run.task_format_at(self.edge.round)

    @property
    def seeds(self) -> tuple[Example, ...]:
        """The seed shots that are known in this round."""
        return self.run.seeds_at(self.edge.round)

    def emit(self, event: Event) -> None:
        """Write a trace event of this node."""
        self.run.emit(event.model_copy(update={"round": self.edge.round, "node": self.edge.target}))

    def stop(self, reached: BudgetReached | None) -> dict[str, str]:
        """State update for a budget that was reached; an agent's own limit only passes it over."""
        if reached is None:
            return {}
        self.run.metering.tell_budget(self.edge, reached.limit, reached.agent, True)
        if reached.agent is not None:
            self.emit(Warned(text=f"{reached}; {reached.agent} is passed over"))
            return {}
        return {"stop": str(reached)}
