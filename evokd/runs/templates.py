"""The templates that a run asked with: their hashes, and their sources where a pack has them."""

from __future__ import annotations

from dataclasses import dataclass

from evokd.runs.run import Run, mapping
from evokd.runs.totals import pairs_of
from prompts.sources import sources_of


@dataclass(frozen=True)
class UsedTemplate:
    """A template of a run."""

    name: str
    """`evokd/en/labeler`."""
    sha: str
    """SHA-256 of its source; of one with another inside, of both hashes."""
    source: str | None
    """As the pack has it now; None where it has none of this hash."""

    @property
    def role(self) -> str:
        """The last part of its name, which is the role's in most packs."""
        return self.name.rpartition("/")[2]


def read_templates(run: Run) -> list[UsedTemplate]:
    """The templates of a run's calls, in the order of their first use.

    Raises:
        Unreadable: the ledger is damaged.
    """
    return [_found(run, name, sha) for name, sha in pairs_of(run, "template", "template_sha")]


def _found(run: Run, name: str, sha: str) -> UsedTemplate:
    pack = str(mapping(run.config.get("prompts")).get("pack") or "")
    kind = str(mapping(run.config.get("task")).get("kind") or "")
    sources = sources_of(name, sha, pack, kind)
    if sources is None:
        return UsedTemplate(name, sha, None)
    return UsedTemplate(name, sha, "\n".join(_titled(file, text) for file, text in sources.items()))


def _titled(file: str, source: str) -> str:
    return f"{{# {file} #}}\n{source}"


def matched(
    a: list[UsedTemplate], b: list[UsedTemplate]
) -> list[tuple[UsedTemplate | None, UsedTemplate | None]]:
    """Templates of two runs in pairs of one role; those of equal hash first, the rest in order."""
    pairs: list[tuple[UsedTemplate | None, UsedTemplate | None]] = []
    for role in dict.fromkeys(one.role for one in (*a, *b)):
        ours = [one for one in a if one.role == role]
        theirs = [one for one in b if one.role == role]
        for one in list(ours):
            twin = next((other for other in theirs if other.sha == one.sha), None)
            if twin:
                pairs.append((one, twin))
                ours.remove(one)
                theirs.remove(twin)
        for at in range(max(len(ours), len(theirs))):
            pairs.append(
                (ours[at] if at < len(ours) else None, theirs[at] if at < len(theirs) else None)
            )
    return pairs
