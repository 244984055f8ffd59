"""What makes two cells the same: a hash of what the run depends on, wherever its files lie.

Into it goes every field of the run config that differs from its default, with paths replaced by
the SHA-256 of what lies there. So a moved repository, another name for a task or variant, and a
new field with a default change nothing; other rows in a data file do. Left out are the run's name,
who is told of it (`track`), what is only measured (`loop.representation`), and what the method does
not depend on: a budget changes nothing for a method that spends no tokens.
What the config does not say goes in as well: the method's revision, the text of the prompts that
it asks with, and the cell that it follows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evokd.config import Config, TaskKind
from evokd.store.fingerprint import fingerprint
from graph.methods import METHODS, method_of, renamed, sections
from graph.packs import named
from prompts.pack import (
    BRIEF,
    CONFIDENCE,
    ORDER,
    REASONED_LABELER,
    REPAIR,
    REWRITE,
    SUMMARY,
    Pack,
)

LENGTH = 12
"""Hex digits of an id."""
GIVEN = "with its defaults"
"""Stands in a hash for a section that is there and says nothing."""
SHARES = 2
"""Revision of how steps are shared out over rounds; the first counted the warm-up's as shares."""
FIRST_DEFAULT = "small"
"""Pack of the cells that named none, before `auto`: it stands in no id, so that theirs stay."""


class MadeBy(NamedTuple):
    """What made a cell, beyond its config."""

    revision: int
    """The method's, see `graph.core.method.Method`."""
    pack: str | None
    """SHA-256 of the templates and settings that its roles are asked with; None: it asks nobody."""


class PackCache:
    """What would make cells now; each pack is read once."""

    def __init__(self) -> None:
        self._packs: dict[tuple[str, TaskKind, bool, bool], Pack] = {}

    def made_by(self, config: Config) -> MadeBy:
        """What would make a cell.

        Raises:
            ConfigError: no such method, settings that can't be, or no such pack.
        """
        method = method_of(config)
        if not method.roles:
            return MadeBy(method.revision, None)
        config, _ = named(config)
        loop = config.loop
        reasoned = loop.decoding.labeler != "sample"
        key = (config.prompts.model_dump_json(), config.task.kind, loop.confidence, reasoned)
        if key not in self._packs:
            self._packs[key] = Pack.of(config)
        rewrites = (REWRITE,) if config.loop.rewrite else ()
        asked = (*method.roles, *method.templates, *rewrites)
        return MadeBy(method.revision, pack_sha(self._packs[key], asked))


def pack_sha(pack: Pack, roles: Sequence[str]) -> str:
    """SHA-256 of the prompts that these roles are asked with, and of how they are asked.

    Among the roles may stand templates that are no role's own (`Method.templates`).

    """
    asked = {*roles, REPAIR, BRIEF, SUMMARY, CONFIDENCE, REASONED_LABELER}
    document = {
        "templates": {role: sha for role, sha in pack.hashes.items() if role in asked},
        "manifest": settings_of(pack, roles),
    }
    return _sha(document)


def settings_of(pack: Pack, roles: Sequence[str]) -> dict[str, Any]:
    """How these roles are asked, the texts of the templates aside.

    What `evokd plan` expects of the pack's models and what the pack says of itself play no part.
    """
    manifest = pack.manifest.model_dump(mode="json", exclude={"description", "expected"})
    if not manifest["roles"]:  # so that ids from before there were any stay
        del manifest["roles"]
    if "attribute_proposer" not in roles:  # likewise: nobody else is asked so
        del manifest["attributes"]
    if ORDER not in roles:
        del manifest["orders"]
    return manifest


def cell_id(config: Config, by: MadeBy, follows: str | None = None) -> str:
    """The id of the cell that a resolved config describes.

    Args:
        config: Resolved.
        by: What makes it.
        follows: Id of the cell whose run it takes.
    """
    more: dict[str, Any] = {"made_by": by._asdict()}
    if follows is not None:
        more["follows"] = follows
    if config.student.steps is not None and config.student.update == "continue":
        more["shares"] = SHARES
    return _sha(_document(config) | more)[:LENGTH]


def old_id(config: Config) -> str:
    """The id that the cell had before ids knew what made it."""
    return _sha(_document(config))[:LENGTH]


def _document(config: Config) -> dict[str, Any]:
    document = config.model_dump(mode="json", exclude_defaults=True)
    for told in ("name", "track"):
        document.pop(told, None)
    document["method"], document["seed"] = renamed(config), config.seed
    document |= sections(config, changed_only=True)
    document.get("loop", {}).pop("representation", None)  # measured, and nothing goes by it
    if document.get("prompts", {}).get("pack") == FIRST_DEFAULT:
        document["prompts"].pop("pack")
    indifferent = METHODS[document["method"]].indifferent
    if "shots" in indifferent:
        document["task"].pop("shots", None)
    if "budget" in indifferent and "budget" in document:
        document["budget"].pop("tokens", None)
    hashed: dict[str, Any] = contents({key: _given(own) for key, own in document.items()})
    return hashed


def _given(value: Any) -> Any:
    """Empty sections within a section, named, since `contents` drops what is empty.

    `student.contrastive: {}` is one with all its defaults, and none of them is no section.
    """
    if isinstance(value, dict):
        return {key: _given(own) if own != {} else GIVEN for key, own in value.items()}
    return value


def _sha(document: Any) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def contents(value: Any) -> Any:
    """The document with absolute paths replaced by hashes."""
    if isinstance(value, dict):
        kept = {key: contents(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item != {}}
    if isinstance(value, list):
        return [contents(item) for item in value]
    if isinstance(value, str) and value.startswith("/") and "\n" not in value:
        # no path, after all, where nothing lies there: a directive such as /no_think
        return fingerprint(Path(value)) or value
    return value


def digest(*parts: Any) -> str:
    """A name for what these parts describe, paths by their content."""
    return _sha(contents(list(parts)))[:LENGTH]
