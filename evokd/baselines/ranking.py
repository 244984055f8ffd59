"""loss_ranked, a control: over-generate, keep what the student finds hardest, ask no analyst.

Kessler et al. 2025 (arXiv 2512.00884) find that in closed loops simple scores, the student's loss
first, are mostly best; so an analyst is worth its tokens only where it beats this.
"""

from __future__ import annotations

from collections.abc import Sequence


def hardest(losses: Sequence[float], keep: int) -> list[int]:
    """Indices of the `keep` largest losses, in the order of the rows; of equals the first."""
    ranked = sorted(range(len(losses)), key=lambda i: (-losses[i], i))
    return sorted(ranked[:keep])
