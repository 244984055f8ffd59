"""One execution of one node: its hop, the artefacts it reads, the desk it may ask at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from agents.brief import Brief
from evokd.config import Role
from evokd.ledger.budget import BudgetReached
from evokd.ledger.hop import Hop
from evokd.store.events import Event, Warned
from evokd.tasks.example import Example
from evokd.tasks.forms import Form
from evokd.teacher.booked_desk import BookedDesk
from evokd.teacher.tokens import count
from graph.state import Ref

if TYPE_CHECKING:
    from graph.bench import Bench


class Record(Protocol):
    """Something that travels as JSON."""

    def to_json(self) -> dict[str, Any]: ...
    @classmethod
    def from_json(cls, data: Any) -> Any: ...


R = TypeVar("R", bound=Record)


class Visit:
    """What a node gets besides the state. Reading an artefact adds to the edge's freight."""

    def __init__(self, bench: Bench, hop: Hop) -> None:
        self.bench, self.hop = bench, hop
        self.freight = 0

    def read(self, ref: Ref, kind: type[R]) -> list[R]:
        """The records behind a reference; their tokens moved along the edge."""
        self.freight += self.bench.weigh(ref)
        return list(self.bench.records(ref, kind))

    def read_part(self, ref: Ref, kind: type[R], start: int, end: int) -> list[R]:
        """Some of the records, and only their freight: a fan-out hands each its own slice."""
        lines = self.bench.text(ref).splitlines()[start:end]
        self.freight += count("\n".join(lines))
        return [kind.from_json(json.loads(line)) for line in lines]

    def read_all(self, refs: Sequence[Ref], kind: type[R]) -> list[R]:
        """Records of several artefacts, in order."""
        return [record for ref in refs for record in self.read(ref, kind)]

    def carry(self, refs: Iterable[Ref]) -> None:
        """Book the freight of artefacts that are known from an earlier round."""
        self.freight += sum(self.bench.weigh(ref) for ref in refs)

    def put(self, records: Iterable[Record]) -> Ref:
        """Store records, get their reference."""
        return self.bench.artefacts.put(record.to_json() for record in records)

    def desk(self, role: Role) -> BookedDesk:
        """A desk that books on this hop."""
        return BookedDesk(self.bench.books, self.bench.pool.of(role), role, self.hop)

    @property
    def brief(self) -> Brief:
        """What agents may know of the task in this round."""
        return self.bench.brief_at(self.hop.round)

    @property
    def form(self) -> Form:
        """What a text and a label are in this round."""
        return self.bench.form_at(self.hop.round)

    @property
    def seeds(self) -> tuple[Example, ...]:
        """The seed shots that are known in this round."""
        return self.bench.seeds_at(self.hop.round)

    def emit(self, event: Event) -> None:
        """Write a trace event of this node."""
        self.bench.emit(event.model_copy(update={"round": self.hop.round, "node": self.hop.target}))

    def stop(self, reached: BudgetReached | None) -> dict[str, str]:
        """State update for a budget that was reached; an agent's own limit only passes it over."""
        if reached is None:
            return {}
        self.bench.books.tell_budget(self.hop, reached.limit, reached.agent, True)
        if reached.agent is not None:
            self.emit(Warned(text=f"{reached}; {reached.agent} is passed over"))
            return {}
        return {"stop": str(reached)}


def weigh(text: str) -> int:
    """Tokens of a payload, estimated."""
    return count(text)
