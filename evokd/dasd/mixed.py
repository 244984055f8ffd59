"""Mixed policy: what the student writes is cut, and the teacher writes the rest (section 1).

Published: the student answers training questions, capped at 1.5 times the teacher's length; answers
that the cap cut are cut again at a random point past half, and the teacher rewrites the tail. The
student's part counts in the loss: masking it hurt.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

HALF = 0.5


def cap(sizes: Sequence[int], times: float, least: int = 8) -> int:
    """Most tokens of the student's answer: so many times the mean of the teacher's responses.

    Args:
        sizes: Tokens of the teacher's responses.
        times: The factor.
        least: Where there is nothing to take a mean of, or next to nothing.
    """
    if not sizes:
        return least
    return max(least, math.ceil(times * sum(sizes) / len(sizes)))


def cut(text: str, seed: int, name: str) -> str:
    """The beginning of an answer, up to the end of a word past its half.

    Args:
        text: The student's answer.
        seed: Of the run.
        name: Of the question: each is cut elsewhere, the same in every process.
    """
    at = int(len(text) * random.Random(f"{seed}/{name}").uniform(HALF, 1.0))
    while 0 < at < len(text) and not text[at].isspace():
        at += 1
    return text[:at].rstrip()
