"""One line of a check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from evokd.config import ConfigError

FindingState = Literal["ok", "warning", "failed", "skipped"]
"""`skipped`: it could not be looked at, since something that it needs has failed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what was found."""

    what: str
    state: FindingState
    text: str
    """With what to do where something is wrong; the config's field is named in it."""
    by_endpoint: bool = False
    """It failed at somebody else's server: the config may be right, and another day it works."""


def looked(what: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings of a look; a refusal is one, too."""
    try:
        yield from look()
    except ConfigError as error:
        yield Finding(what, "failed", str(error))
