"""Several classes of one label set at once: a set of names as a canonical string, and back.

A label is a JSON list of names in the order of the config, without spaces, so that equal sets are
equal strings: `["late","refund"]`. The empty set is `[]`, an answer like any other.
"""

from __future__ import annotations

import functools
import json
import math
from collections import Counter
from collections.abc import Collection, Sequence

from evokd.tasks.differences import Difference

JOINT = " + "
"""Between the names of a set, as prompts and tables show it; no name holds it."""
NOTHING = "no label"
"""How an empty set is shown."""


def encode(names: Collection[str], labels: Sequence[str]) -> str:
    """A set of names as a label.

    Args:
        names: Of the set.
        labels: All names, in the order of the config.

    Raises:
        ValueError: a name that is none of them.
    """
    foreign = {*names} - {*labels}
    if foreign:
        raise ValueError(f"not in labels: {sorted(foreign)}")
    kept = [name for name in labels if name in names]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


@functools.lru_cache(maxsize=4096)
def decode(label: str) -> tuple[str, ...]:
    """The names of a label, in the order of the config.

    Raises:
        ValueError: no JSON list of texts.
    """
    found = json.loads(label)
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError(f"expected a JSON list of label names, got {label[:60]!r}")
    return tuple(found)


def words(label: str) -> str:
    """`late + refund`; an empty set is `no label`."""
    return JOINT.join(decode(label)) or NOTHING


def majority(answers: Sequence[str], labels: Sequence[str]) -> str | None:
    """The names that more than half of the answers have; None for a tie or no answer.

    Name by name: three voters that each miss another one outvote one another's slips, while as
    whole answers they are tied. A name that exactly half of them give is a tie.
    """
    if not answers:
        return None
    named = Counter(name for answer in answers for name in decode(answer))
    if any(2 * count == len(answers) for count in named.values()):
        return None
    return encode([name for name, count in named.items() if 2 * count > len(answers)], labels)


def differences(label: str, predicted: str) -> tuple[Difference, ...]:
    """The names that a predicted set misses, then those it has too much."""
    right, said = decode(label), decode(predicted)
    missed = (Difference("missed", name, "") for name in right if name not in said)
    extra = (Difference("extra", "", name) for name in said if name not in right)
    return (*missed, *extra)


def log_prior(answer: str, rows: Sequence[str], labels: Sequence[str]) -> float:
    """How probable a set is by how often each label stands in some rows, nats.

    Labels count as if they didn't hang together, and as if one row more had each, and one had not.
    """
    has = {*decode(answer)}
    total = len(rows) + 2
    counts = {name: 1 + sum(name in decode(row) for row in rows) for name in labels}
    shares = (counts[name] / total if name in has else 1 - counts[name] / total for name in labels)
    return sum(map(math.log, shares))


def changed(answer: str, old: str, new: str, labels: Sequence[str]) -> str:
    """An answer after what was overruled in another one: from `old` to `new`, name by name."""
    was, now = {*decode(old)}, {*decode(new)}
    kept = ({*decode(answer)} - (was - now)) | (now - was)
    return encode(kept, labels)
