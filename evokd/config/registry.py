"""A table that users can add to: ours, then what was registered, then installed plug-ins.

A plug-in is an entry point of an installed package. Its code is imported when its name is looked
up, never before: one that is broken breaks nobody who doesn't name it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from evokd.config.errors import ConfigError

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """By name; iterating gives ours first, and never imports a plug-in."""

    def __init__(self, noun: str, group: str, ours: Mapping[str, T], kind: type) -> None:
        """Begin with what comes with evokd.

        Args:
            noun: What an entry is, in messages: `method`.
            group: Of entry points: `evokd.methods`.
            ours: What comes with evokd, in its order.
            kind: What an entry must be, or a subclass of.
        """
        self._noun, self._group, self._kind = noun, group, kind
        self._ours, self._found = frozenset(ours), dict(ours)

    def __getitem__(self, name: str) -> T:
        """The entry of a name; a plug-in is imported for it.

        Raises:
            KeyError: no such name.
            ConfigError: a plug-in that can't be imported, or is none.
        """
        if name not in self._found:
            self._plug_in(name)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def ours(self) -> dict[str, T]:
        """What comes with evokd alone."""
        return {name: entry for name, entry in self._found.items() if name in self._ours}

    @property
    def known(self) -> list[str]:
        """All names, those of plug-ins that nobody has looked up among them."""
        return list(dict.fromkeys([*self._found, *(one.name for one in _installed(self._group))]))

    def add(self, name: str, entry: T) -> None:
        """Register an entry; the same one once more (a notebook's cell run again) replaces it.

        Raises:
            ConfigError: the name is taken.
        """
        old = self._found.get(name)
        if old is not None and (name in self._ours or not _is_same(old, entry)):
            whose = "evokd's own" if name in self._ours else f"already that of {_place(old)}"
            raise ConfigError(f"{self._noun} {name!r}: the name is {whose}; take another")
        self._found[name] = entry

    def _plug_in(self, name: str) -> None:
        points = [one for one in _installed(self._group) if one.name == name]
        if not points:
            return
        said = f"plug-in {name!r} ({self._group}: {', '.join(map(_described, points))})"
        if len(points) > 1:
            raise ConfigError(
                f"{said}: several packages give this {self._noun}; remove all but one"
            )
        try:
            entry: Any = points[0].load()
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
            raise ConfigError(f"{said}: can't be imported: {fault}") from error
        if not self._fits(entry) or getattr(entry, "name", None) != name:
            expected = f"a {self._noun} named {name!r}"
            raise ConfigError(f"{said}: expected {expected}, found {str(entry)[:100]}")
        self.add(name, entry)  # unless its module did so itself

    def _fits(self, entry: Any) -> bool:
        return isinstance(entry, self._kind) or (
            isinstance(entry, type) and issubclass(entry, self._kind)
        )


@functools.cache
def _installed(group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))


def _described(point: EntryPoint) -> str:
    package = f" of {point.dist.name}" if point.dist else ""
    return f"{point.value}{package}"


def _is_same(old: Any, new: Any) -> bool:
    """Equal, or the same class of the same file, imported anew or by another name."""
    return bool(old == new) or (isinstance(old, type) and _source(old) == _source(new))


def _source(entry: Any) -> tuple[str, str]:
    module = sys.modules.get(entry.__module__)
    return getattr(module, "__file__", None) or entry.__module__, entry.__qualname__


def _place(entry: Any) -> str:
    return f"{entry.__module__}.{entry.__qualname__}" if isinstance(entry, type) else repr(entry)
