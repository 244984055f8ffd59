"""Several endpoints of a writing role take turns, each with its own directive."""

from __future__ import annotations

import math


def whose_turn(turn: int, members: int, period: int = 1) -> int:
    """Whose turn it is, from 0.

    Plain rotation would let two personas that write for two classes in turn each write one of them
    alone: persona and class would be one. So after each common round of both the members move on by
    one, until everybody has written for every class.

    Args:
        turn: Number of the call, from 0.
        members: Endpoints of the role.
        period: Classes that the calls are for in turn.
    """
    return (turn + turn // math.lcm(members, max(1, period))) % members
