"""Each role of the table in `evokd/config/roles.py`, and the function that asks in it.

A new role is a row there, its function here, and a template in the packs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from agents.analyst import analyse
from agents.attributes import propose
from agents.critic import criticise
from agents.generator import write
from agents.labeler import label
from agents.reasoning.finisher import finish
from agents.reasoning.reasoner import reason
from agents.translator import translate
from agents.writer import compose
from evokd.config import Role

AGENTS: Mapping[Role, Callable[..., Awaitable[Any]]] = {
    "analyst": analyse,
    "easy_generator": write,
    "hard_generator": write,
    "writer": compose,
    "paraphraser": compose,
    "attribute_proposer": propose,
    "translator": translate,
    "labeler": label,
    "critic": criticise,
    "teacher_reasoner": reason,
    "finisher": finish,
}
"""Every function takes the client it may ask first, and gives back what came of it."""
