"""How many texts the token budget still carries, from the analysis to the last vote on them.

A text that nobody can label any more is tokens for nothing, and so is a rest that buys no text. So
each round is cut to what can be written *and* labelled, and takes in a rest that is less than half
a round. While a round writes, what its votes will cost is set aside (`Budget.set_aside`).

What a round will cost is foretold from the last ones, role by role:

    cost(n) = calls(n) · base + n · slope

with the base tokens of a prompt (instructions, classes) and the slope a text adds to it and to the
reply. A half-full call costs its base all the same, which is what counts when little is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.batches import even_parts
from agents.records import Draft
from evokd.config import LoopConfig
from evokd.ledger.totals import sums_of_a_round
from evokd.teacher.tokens import count
from graph.core.pool_share import NO_POOL, RETRIEVER, PoolShare, pool_share

if TYPE_CHECKING:
    from graph.core.node_context import NodeContext
    from graph.core.run_context import RunContext

RoundCost = dict[str, list[int]]
"""Role → calls, prompt tokens, completion tokens; `texts` → how many there were; and where some
came from the pool, `pool` → how many, and their tokens."""
TEXTS = "texts"
POOL = "pool"
FIXED = ("analyst",)
"""Roles that cost the same however many texts a round has."""
WRITERS = ("easy_generator", "hard_generator", "writer", "paraphraser")
FRAME = 6
"""Tokens around a text in a list of them: its number and quotation marks."""
SPARE = 1.05
"""Votes may cost that much more than foretold, before a text goes without."""
REWRITTEN = 1.15
"""A round may cost that much more than foretold, for what the critic sends back."""
LEAST = 8
"""Where nothing is written, a rest below one in so many of a usual round's texts is left: it would
cost a training, and earn a row or two."""
REMEMBERED = 3
"""Rounds whose costs foretell the next one's."""


@dataclass(frozen=True, slots=True)
class RoleCost:
    """What one role costs for n texts."""

    size: int
    """Texts of one call."""
    voters: int
    base: float
    slope: float

    def of(self, texts: int) -> float:
        """Tokens."""
        return self.voters * len(even_parts(texts, self.size)) * self.base + texts * self.slope


@dataclass(frozen=True, slots=True)
class CostModel:
    """What a round of n texts costs, in tokens."""

    fixed: float
    writers: tuple[RoleCost, ...]
    voters: tuple[RoleCost, ...]
    pool: PoolShare = NO_POOL
    """Texts of the pool cost nobody's writing."""

    def votes(self, texts: int) -> float:
        """What comes after they are written."""
        return sum(role.of(texts) for role in self.voters)

    def of(self, texts: int) -> float:
        """The whole round; the writers share the texts out evenly."""
        each, rest = divmod(texts - self.pool.labelled(texts), max(1, len(self.writers)))
        shares = (each + (number < rest) for number in range(len(self.writers)))
        written = sum(role.of(n) for role, n in zip(self.writers, shares, strict=True) if n)
        return self.fixed + written + self.votes(texts)

    def safely(self, texts: int) -> float:
        """With what is set aside for votes, and room for one reply as long as the longest."""
        slack = max((role.slope * role.size / 2 for role in self.writers), default=0)
        return self.of(texts) + (SPARE - 1) * self.votes(texts) + slack


def foretell(
    rounds: Sequence[RoundCost],
    sizes: Mapping[str, tuple[int, int]],
    pool: PoolShare = NO_POOL,
) -> CostModel | None:
    """The model of the rounds that were; None while no text is known.

    What the critic sends back is left out: near the end it is not written again.

    Args:
        rounds: Costs of closed rounds.
        sizes: Role → texts of one call, and voters.
        pool: What the next round can take from the pool.
    """
    texts = sum(one[TEXTS][0] for one in rounds)
    if not texts:
        return None
    spent = {
        role: [sum(one.get(role, [0, 0, 0])[at] for one in rounds) for at in range(3)]
        for role in {role for one in rounds for role in one} - {TEXTS, POOL}
    }
    fixed = max(sum(sum(one.get(role, [0, 0])[1:]) for role in FIXED) for one in rounds)
    real, tokens = (sum(one.get(POOL, [0, 0])[at] for one in rounds) for at in range(2))
    written = sum(spent[role][2] for role in WRITERS if role in spent)
    length = (written + tokens) / texts + FRAME
    writing = sorted(role for role in WRITERS if role in spent)
    share = max(1, texts - real) / max(1, len(writing))
    writers = tuple(_cost(spent[role], share, sizes.get(role, (1, 1)), 0) for role in writing)
    voting = sorted(spent.keys() - {*FIXED, *WRITERS})
    voters = tuple(_cost(spent[role], texts, sizes.get(role, (1, 1)), length) for role in voting)
    return CostModel(fixed, writers, voters, pool)


def _cost(
    spent: Sequence[int],
    texts: float,
    size: tuple[int, int],
    length: float,
) -> RoleCost:
    """One role: `length` tokens of each text stand in its prompts."""
    calls, prompt, completion = spent
    base = max(0.0, (prompt - size[1] * texts * length) / calls) if calls else 0.0
    slope = (prompt + completion - calls * base) / texts
    return RoleCost(*size, base, slope)


def affordable_texts(node: NodeContext, state: Mapping[str, Any]) -> dict[str, int]:
    """Texts of this round by generator; the same in a resumed run, for the state alone decides."""
    shared_out: dict[str, int] | None = state.get("texts")
    if shared_out is not None:
        return shared_out
    return shares_of(node.run.config.loop, texts_to_write(node, state))


def shares_of(loop: LoopConfig, total: int) -> dict[str, int]:
    """So many texts, shared out between the generators."""
    shares = texts_of_a_round(loop)
    easy = round(total * shares["easy_generator"] / sum(shares.values()))
    return {"easy_generator": easy, "hard_generator": total - easy}


def writers_texts(state: Mapping[str, Any]) -> bool:
    """Whether anything is left to write in this round."""
    shared_out: dict[str, int] | None = state.get("texts")
    return shared_out is None or any(n for name, n in shared_out.items() if name != RETRIEVER)


def texts_to_write(node: NodeContext, state: Mapping[str, Any], usual: int | None = None) -> int:
    """All texts of this round, at least one.

    Args:
        node: Whose.
        state: Of the loop.
        usual: Texts of a round that nothing cuts short; None: as many as EvoKD's.
    """
    costs, spent = state.get("costs", []), state.get("closed_tokens", 0)
    return max(1, affordable(node.run, costs, spent, usual, pool_share(node.run, state)))


def affordable(
    run: RunContext,
    rounds: Sequence[RoundCost],
    spent: int,
    usual: int | None = None,
    pool: PoolShare = NO_POOL,
) -> int:
    """Texts of the round after `spent` tokens; 0 ends the run.

    Before the first round is closed nothing is known of the cost of a text: no cut.
    """
    limit, loop = run.config.budget.tokens, run.config.loop
    usual = sum(texts_of_a_round(loop).values()) if usual is None else usual
    model = foretell(rounds, sizes(run), pool)
    if limit is None or model is None:
        return usual
    left = limit - spent
    if loop.rounds is None:
        most, next_one = 2 * usual, REWRITTEN * model.of(usual) + model.safely(usual // 2)
    else:
        most, next_one = usual, model.safely(usual)
    if next_one <= left:
        return usual
    found = next((n for n in range(most, 0, -1) if model.safely(n) <= left), 0)
    return found if model.writers or found >= usual // LEAST else 0


def set_votes_aside(node: NodeContext, state: Mapping[str, Any], texts: int) -> None:
    """Keep the tokens that labelling this wave takes from those who write."""
    model = foretell(state.get("costs", []), sizes(node.run))
    if model is not None:
        node.run.metering.budget.set_aside(int(model.votes(texts) * SPARE), WRITERS)


def with_this_round(
    node: NodeContext, state: Mapping[str, Any], texts: int
) -> list[dict[str, list[int]]]:
    """The rounds that foretell the next one, this one the last; `texts` are all that it judged."""
    rows = sums_of_a_round(node.run.metering.ledger.db, node.edge.round)
    drafts = (row for ref in state.get("all_drafts", []) for row in node.run.records(ref, Draft))
    real = [count(draft.text) for draft in drafts if draft.kind == "pool"]
    pool = {POOL: [len(real), sum(real)]} if real else {}
    return [*state.get("costs", []), {**rows, TEXTS: [texts], **pool}][-REMEMBERED:]


def sizes(run: RunContext) -> dict[str, tuple[int, int]]:
    """Texts of one call, and how many are asked about each, by role."""
    manifest, loop = run.pack.manifest, run.config.loop
    each = manifest.generator.texts_per_call
    found = {
        "easy_generator": _of_a_call(each or loop.n_easy, loop.rewrite),
        "hard_generator": _of_a_call(each or loop.n_hard, loop.rewrite),
    }
    found |= dict.fromkeys(("writer", "paraphraser"), each or loop.n_hard)
    found |= {"labeler": manifest.labeler.texts_per_call, "critic": manifest.critic.texts_per_call}
    if manifest.translator is not None:
        found["translator"] = manifest.translator.texts_per_call
    voters = len(run.pool.of("labeler"))
    return {role: (size, voters if role == "labeler" else 1) for role, size in found.items()}


def texts_of_a_round(loop: LoopConfig) -> dict[str, int]:
    """What each generator usually writes in a round; a rival's writer writes as many in all."""
    easy = loop.n_easy if loop.switches.easy else 0
    return {
        "easy_generator": easy * loop.calls_per_round,
        "hard_generator": loop.n_hard * loop.calls_per_round,
    }


def _of_a_call(size: int, rewritten: float) -> int:
    """Texts of a call in the mean, where a share of them are rewritten, one a call."""
    return max(1, round(1 / (rewritten + (1 - rewritten) / size))) if rewritten else size
