"""The roles: who may be asked, as one table. A new role is a row here, a module, its templates.

Users add theirs by `evokd.role`, or an entry point of the group `evokd.roles`.

Config (`teachers`, `budget.per_agent`), prompt packs, the dry run, the ledger and the viewer read
this table; `agents/roles.py` binds each row to the function that asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evokd.config.registry import Registry

Role = str
"""A name in `ROLES`; in the graph the node of that name asks in this role."""


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """One role."""

    name: Role
    style: str
    """Section of a pack's pack.yaml that says how the role is asked; a pack may say it of one role
    alone under `roles`."""
    whose: str
    """Who may have it: methods, or the setting that brings it in."""
    optional: bool = False
    """A pack may leave its template out; a graph that needs it then refuses the pack."""
    folder: str | None = None
    """Kind of task whose folder in a pack holds its template; None: any kind's."""
    needed: bool = True
    """A run without one usable reply to it has failed; else it is passed over, which is said."""


def _table(*rows: RoleSpec) -> Mapping[Role, RoleSpec]:
    return {row.name: row for row in rows}


_OURS = _table(
    RoleSpec("analyst", "analyst", "EvoKD and its controls", needed=False),
    RoleSpec("easy_generator", "generator", "EvoKD and its controls"),
    RoleSpec("hard_generator", "generator", "EvoKD and its controls"),
    RoleSpec("writer", "generator", "rivals that write for a class or like a row", optional=True),
    RoleSpec("paraphraser", "generator", "AugGPT, EvoKD + Init", optional=True),
    RoleSpec("attribute_proposer", "attributes", "method attrprompt", optional=True),
    RoleSpec("translator", "translator", "loop.written_in", optional=True),
    RoleSpec("labeler", "labeler", "EvoKD and its controls"),
    RoleSpec("critic", "critic", "EvoKD and its controls", needed=False),
    RoleSpec("teacher_reasoner", "reasoner", "method dasd", optional=True, folder="reasoning"),
    RoleSpec("finisher", "reasoner", "method dasd", optional=True, folder="reasoning"),
)
ROLES: Registry[RoleSpec] = Registry("role", "evokd.roles", _OURS, RoleSpec)
"""In the order that tables and configs list them, those of users last."""
