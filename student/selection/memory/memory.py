"""The interface of memory: which rows are kept, and which the student sees again.

    memory = MEMORIES["knn_shapley"](gold=seed_shots)
    memory.observe(3, rows, student)         # the rows of round 3, the student as it stands
    worth = memory.score(rows, seed_shots)   # higher is kept
    again = memory.sample(16, rng, incoming=batch)

Policies are pure but for what they ask of the student. What each needs, where and for which kinds
of task it serves, stands in its class attributes, so that a caller computes nothing in vain and
refuses clearly what can't work.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any, ClassVar, Literal, Self

from evokd.config import TaskKind
from evokd.tasks.example import Example
from student.selection.memory.draws import top
from student.selection.memory.student_view import Floats, StudentView

Need = Literal[
    "log_probabilities",
    "losses",
    "embeddings",
    "helpfulness",
    "losses_after_step",
    "head_gradients",
    "gold",
    "incoming",
]
"""Of the student, what `StudentView` calls so; gold rows; the rows that come in."""
Place = Literal["review", "keep"]
"""Old rows that are seen again; new rows that are trained on and stay."""
Stratum = Callable[[str], str]
"""Label → the class it counts under."""

ANY_KIND: frozenset[TaskKind] = frozenset(
    {"classification", "pair", "choice", "ner", "multi", "multilabel"}
)
ONE_SEQUENCE: frozenset[TaskKind] = ANY_KIND - {"choice"}
"""Kinds whose texts have one embedding."""
ONE_DISTRIBUTION: frozenset[TaskKind] = frozenset({"classification", "pair", "choice"})
"""Kinds whose answers are one distribution a text."""
ONE_CLASS: frozenset[TaskKind] = frozenset({"classification", "pair"})
"""Kinds whose texts have one embedding, and one label that means the same in all of them."""


class Memory(ABC):
    """Every row observed, once by id, in the order it came, and what a policy makes of them."""

    name: ClassVar[str]
    """As configs have it."""
    needs: ClassVar[frozenset[Need]] = frozenset()
    """Nothing of the student: it may be left out of `observe`."""
    kinds: ClassVar[frozenset[TaskKind]] = ANY_KIND
    """Kinds of task it serves; a caller refuses others before anything is spent."""
    places: ClassVar[frozenset[Place]] = frozenset({"review", "keep"})
    """Where it serves."""
    watches: ClassVar[bool] = False
    """Whether its scores grow over rounds. If so it must observe in each round, the old rows being
    checked then too, and its state must be kept; else rows, gold and student say it all."""

    def __init__(
        self,
        rows: Iterable[Example] = (),
        *,
        gold: Sequence[Example] = (),
        stratum: Stratum = str,
        seed: int = 0,
    ) -> None:
        """Args.

        rows: what is known to begin with, as if observed in round 0.
        gold: rows of sure labels that `sample` values the others towards: seed shots or dev rows,
            never test. Policies that don't need "gold" leave it alone.
        stratum: label → the class it counts under.
        seed: of what is random in scores; draws have a generator of their own.
        """
        self.gold = tuple(gold)
        self.stratum = stratum
        self.seed = seed
        self._student: StudentView | None = None
        self._begin()
        self._add(rows)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> tuple[Example, ...]:
        """All of it, oldest first."""
        return tuple(self._rows.values())

    @property
    def student(self) -> StudentView:
        """The student of the last `observe`, as it now stands.

        Raises:
            ValueError: there was none.
        """
        if self._student is None:
            wanted = ", ".join(sorted(self.needs - {"gold", "incoming"}))
            raise ValueError(f"{self.name}: needs the student ({wanted}); observe it first")
        return self._student

    def observe(
        self, round_number: int, rows: Iterable[Example], student: StudentView | None = None
    ) -> None:
        """Remember rows, and the student as it stands.

        A row whose id is known is passed over, and so is a round that was observed: a node may run
        twice. No rows at all hand over the student alone.
        """
        self._add(rows)
        if student is not None:
            self._student = student

    @abstractmethod
    def score(self, rows: Sequence[Example], gold: Sequence[Example]) -> Floats:
        """What each row is worth, float64 [rows]; higher is kept.

        Args:
            rows: Observed ones where the policy `watches`, else any. A row among them that is also
                gold is worth too much.
            gold: Rows of sure labels; none where the policy doesn't need them.

        Raises:
            ValueError: no student, no gold or no observation where the policy needs one.
        """

    def sample(self, n: int, rng: Random, incoming: Sequence[Example] = ()) -> list[Example]:
        """Draw `n` rows without replacement, or all when there are no more.

        Here: those of the highest score, the highest first, equal ones by chance. Where rows are
        valued towards gold, rows that are gold themselves come last, in random order. The draw
        depends on what was observed, the student, `n` and the state of `rng` alone.
        """
        known, last = self.rows, list[Example]()
        if "gold" in self.needs:
            own = {row.id for row in self.gold}
            last = [row for row in known if row.id in own]
            known = tuple(row for row in known if row.id not in own)
        worth = self.score(known, self.gold).tolist() if known and n > 0 else []
        drawn = [known[at] for at in top(worth, n, rng)]
        return drawn + rng.sample(last, max(0, min(n - len(drawn), len(last))))

    def state(self) -> dict[str, Any]:
        """The memory as JSON; `from_state` is the inverse."""
        return {
            "policy": self.name,
            "seed": self.seed,
            "rows": [row.to_json() for row in self.rows],
            "gold": [row.to_json() for row in self.gold],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *, stratum: Stratum = str) -> Self:
        """The memory whose `state` this was.

        What JSON can't hold is handed over again: `stratum` here, the student to `observe`.

        Raises:
            ValueError: the state of another policy.
        """
        if state["policy"] != cls.name:
            raise ValueError(f"{cls.name}: this is the state of {state['policy']!r}")
        gold = [Example.from_json(row) for row in state["gold"]]
        memory = cls(gold=gold, stratum=stratum, seed=int(state["seed"]))
        memory._restore(state)
        return memory

    def _begin(self) -> None:
        """Set what observing changes to what it is before the first row."""
        self._rows: dict[str, Example] = {}

    def _restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` holds beside seed and gold."""
        self._add(map(Example.from_json, state["rows"]))

    def _add(self, rows: Iterable[Example]) -> None:
        for row in rows:
            self._rows.setdefault(row.id, row)
