"""Methods and roles of one's own: registered in code, or by an installed package's entry points.

```toml
[project.entry-points."evokd.methods"]
weakest = "my_package.weakest:Weakest"       # the class, whose `name` is `weakest`
[project.entry-points."evokd.roles"]
judge = "my_package.judge:JUDGE"             # what `evokd.role("judge")` gave
```
Entry points are found everywhere, in worker processes of studies too. Code that is no package is
named under `plugins` in a config or a study (a module, or the path of a .py file), which works
everywhere as well. What a notebook registers is known to that notebook's own runs alone.
"""

from __future__ import annotations

from typing import TypeVar

from evokd.config import ConfigError
from evokd.config.roles import ROLES, RoleSpec
from graph.core.method import Method
from graph.methods import METHODS

M = TypeVar("M", bound=type[Method])


def method(cls: M) -> M:
    """Class decorator: register a method, so that `method: NAME` of a config finds it.

    Subclass `evokd.plugins.LoopMethod`, or one of ours (`EvoKD`, `ZeroGen`), and give it a `name`.
    Raise its `revision` when it behaves otherwise than before, or a study takes old cells for new.

    Raises:
        ConfigError: no `name` of its own, or one that is taken.
    """
    name = cls.__dict__.get("name")
    if not isinstance(name, str) or not name.replace("_", "a").isalnum():
        raise ConfigError(f"method {cls.__name__}: expected a `name` of letters, digits and _")
    METHODS.add(name, cls)
    return cls


def role(
    name: str,
    *,
    whose: str = "a method of your own",
    needed: bool = True,
    style: str = "roles",
) -> RoleSpec:
    """Register a role, so that configs can give it a teacher and a budget, and nodes ask in it.

    Its prompt is the template `NAME.j2` of the pack; how it is asked (`max_tokens`, `temperature`,
    `reply`) stands in the pack's pack.yaml under `roles: {NAME: …}`.

    Args:
        name: Of the role; `node.client(name)` asks in it.
        whose: Who has it, for messages.
        needed: A run without one usable reply to it has failed; else it is passed over.
        style: Section of pack.yaml that says how it is asked where `roles` says nothing, such as
            `critic`.

    Raises:
        ConfigError: a name that can't be, or is taken.
    """
    if not name.isidentifier() or name == "default":
        raise ConfigError(f"role {name!r}: expected a name of letters, digits and _")
    spec = RoleSpec(name, style, whose, optional=True, needed=needed)
    ROLES.add(name, spec)
    return spec
