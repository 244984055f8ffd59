"""The pool in the loop: how a round's texts are shared out, and what the config must say for it.

retriever: round(pool_share * n), as far as the pool reaches
writers:   the rest, the easy one as large a part as ever, round(rewrite * part) of each rewritten
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.records import Passage
from evokd.config import Config, ConfigError, TaskKind

if TYPE_CHECKING:
    from graph.core.run_context import RunContext
    from prompts.pack import Pack

RETRIEVER = "retriever"
REWRITTEN_KINDS: frozenset[TaskKind] = frozenset({"classification", "multi"})
"""Kinds of which a passage can be said anew for a class: a pair is judged by how its parts stand to
each other."""


@dataclass(frozen=True, slots=True)
class PoolShare:
    """What a round takes from the pool, as far as there is anything left."""

    share: float = 0.0
    left: int = 0
    """Texts of the pool that were never taken."""

    def labelled(self, texts: int) -> int:
        """Of so many texts of a round, those that come from the pool."""
        return min(self.left, round(self.share * texts))


NO_POOL = PoolShare()


def pool_share(run: RunContext, state: Mapping[str, Any]) -> PoolShare:
    """What the round after this state can take from the pool."""
    share = run.config.loop.pool_share
    if not share:
        return NO_POOL
    taken = sum(len(run.records(ref, Passage)) for ref in state.get("taken", []))
    return PoolShare(share, len(run.task.pool) - taken)


def check_pool(config: Config, *, retrieves: bool) -> None:
    """Refuse texts of the pool where there is none, or no place for them in the graph.

    Args:
        config: Of the run.
        retrieves: The method's graph has a place for a retriever.

    Raises:
        ConfigError: naming the keys.
    """
    loop = config.loop
    given = {"loop.pool_share": loop.pool_share, "loop.rewrite": loop.rewrite}
    asked = [key for key, share in given.items() if share > 0]
    if not asked:
        return
    key = " and ".join(asked)
    if not retrieves:
        raise ConfigError(
            f"config: `{key}` needs EvoKD or one of its controls: method {config.method} has no"
            " place for texts of the pool; leave it out"
        )
    if config.task.data.pool is None:
        raise ConfigError(
            f"config: `{key}` takes texts from `task.data.pool`, which is not set: name a file of"
            " texts there, or leave it out"
        )
    if loop.pool_share and not loop.switches.separate_labels:
        raise ConfigError(
            "config: `loop.pool_share` with `loop.switches.separate_labels: false`: nobody would"
            " label a real text; leave one of them out (`loop.rewrite` works without labelers)"
        )
    if loop.pool_share and loop.written_in is not None:
        raise ConfigError(
            "config: `loop.pool_share` with `loop.written_in`: texts of the pool are in"
            " `task.language` and pass no translator; leave one of them out"
        )
    if loop.rewrite and config.task.kind not in REWRITTEN_KINDS:
        raise ConfigError(
            f"config: `loop.rewrite` does not work with task.kind {config.task.kind}: what the"
            " passage says is no text of a class, but a whole of parts; leave it out"
        )
    if loop.rewrite and loop.written_in is not None:
        raise ConfigError(
            "config: `loop.rewrite` with `loop.written_in`: texts of the pool are in"
            " `task.language` already; leave one of them out"
        )


def check_rewriting(config: Config, pack: Pack) -> None:
    """Refuse a pack that would drop the passage.

    Raises:
        ConfigError: it has no such template, or that doesn't show what is to be rewritten.
    """
    from prompts.pack import REWRITE

    if not config.loop.rewrite:
        return
    if REWRITE not in pack.templates:
        raise ConfigError(
            f"loop.rewrite needs {REWRITE}.j2 in the pack {pack.name}"
            " (the shipped packs have one to begin with)"
        )
    for variable in ("passage", "target"):
        if variable not in pack.asks(REWRITE):
            raise ConfigError(
                f"loop.rewrite: {REWRITE}.j2 of the pack {pack.name} doesn't show `{variable}`, so"
                " nothing would be rewritten; use another pack, or leave it out"
            )
