"""What names this machine: paths, homes and servers of a config, and a text without them.

A card shows the config, a student's files name the folder of their base model. On the hub such
names help nobody, and tell strangers about the machine and the people on it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evokd.store.markdown import md

SERVER = "[server]"
_ABSOLUTE = re.compile(r"(?:~?/[^/\s]+/|[A-Za-z]:[\\/])")


def names_here(config: Mapping[str, Any], *folders: Path) -> dict[str, str]:
    """Text → what stands in its place: paths by their last name, addresses of servers not at all.

    Args:
        config: A run's, as read from YAML.
        folders: Further paths of this machine.
    """
    home = str(Path.home())
    found = {} if home in ("/", ".") else {home: "~"}
    for key, value in _values(config):
        if key == "base_url":
            found[value] = SERVER
        elif _ABSOLUTE.match(value):
            found[value] = re.split(r"[\\/]+", value.rstrip("\\/"))[-1]
    for folder in folders:
        found[str(folder.resolve())] = folder.resolve().name
    return found


def without(names: Mapping[str, str], text: str) -> str:
    """The text with each name replaced, long ones first, as Markdown and JSON write them too."""
    for name in sorted(names, key=len, reverse=True):
        for form in {name, md(name), json.dumps(name)[1:-1]}:
            text = text.replace(form, names[name])
    return text


def _values(tree: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """(the key it stands under, text) of each text in a config."""
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            yield from _values(value, str(name))
    elif isinstance(tree, (list, tuple)):
        for value in tree:
            yield from _values(value, key)
    elif isinstance(tree, str) and tree:
        yield key, tree
