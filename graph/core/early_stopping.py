"""Reasons to stop that dev scores give: no better one for some rounds, or little to be expected.

Test scores are never read here, and are not in the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evokd.config import LoopConfig
from evokd.runs.forecast import NEXT, forecast
from graph.core.node_context import NodeContext
from graph.core.state import LoopState


def early_stopping(
    state: LoopState, node: NodeContext, dev: float | None, stop: str | None
) -> dict[str, Any]:
    """The counters that the rules need, and the reason to stop where one of them gives it.

    Args:
        state: Before this round was closed.
        node: The trainer.
        dev: The round's dev score (the task's metric); None without dev rows.
        stop: Another reason, which goes first.
    """
    loop = node.run.config.loop
    if dev is None:
        return {}
    best = state.get("best_dev")
    better = best is None or dev > best
    stale = 0 if better else state.get("stale", 0) + 1
    update: dict[str, Any] = {"best_dev": dev if better else best, "stale": stale}
    reason = _stale(loop, stale)
    if loop.stop_below_gain is not None:
        here = [float(node.run.metering.budget.tokens), dev]
        update["dev_curve"] = [*state.get("dev_curve", []), here]
        reason = reason or little_to_come(update["dev_curve"], loop.stop_below_gain)
    return update if stop or reason is None else {**update, "stop": reason}


def _stale(loop: LoopConfig, stale: int) -> str | None:
    """PGKD's early stopping."""
    if loop.patience is None or stale < loop.patience:
        return None
    return f"no better dev score for {loop.patience} rounds"


def little_to_come(curve: Sequence[Sequence[float]], least: float) -> str | None:
    """The reason to stop where the next 1,000 tokens surely add less than `least`.

    Surely: by the upper end of the expected gain's interval. By the gain itself a curve that dips
    once stops the run; see docs/design/forecast.md for how often either would have been right.

    Args:
        curve: Billed tokens and dev score after each round; too few rounds give no reason.
        least: Score for 1,000 tokens.
    """
    found = forecast([tokens for tokens, _ in curve], [score for _, score in curve])
    gain = None if found is None else found.gain()
    if gain is None or gain.high >= least:
        return None
    return (
        f"the next {NEXT:,} tokens are expected to add {gain.value:.4f} to the dev score, at most"
        f" {gain.high:.4f} (95 %), less than loop.stop_below_gain: {least:g}"
    )
