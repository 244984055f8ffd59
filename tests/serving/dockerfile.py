"""A Dockerfile as a list of instructions, as far as ours goes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

BUILDS = ("FROM", "ARG", "ENV", "RUN", "WORKDIR", "COPY")
SERVES = ("USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD")
KNOWN = frozenset(BUILDS + SERVES)


class Instruction(NamedTuple):
    """`RUN pip install x` → RUN, `pip install x`."""

    name: str
    rest: str

    @property
    def words(self) -> Sequence[str]:
        """Of the exec form, or by spaces."""
        if self.rest.startswith("["):
            return [str(word) for word in json.loads(self.rest)]
        return self.rest.split()


def instructions(file: Path) -> list[Instruction]:
    """Comments dropped, lines that end with a backslash joined."""
    lines = [
        line
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    found = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        found.append(Instruction(name, " ".join(rest.split())))
    return found
