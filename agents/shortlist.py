"""Which classes a prompt lists when there are too many for all of them.

With 77 intents a list of names and descriptions is ten times the rest of a prompt, and a writer who
is to spread four texts over 77 classes spreads them at random. So analyst and writers get a round's
shortlist: what the student confuses, and what has the fewest rows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from agents.records import Marked
from evokd.tasks.formats import TaskFormat

CONFUSED_SHARE = 2 / 3
"""Most of a shortlist that confusions may take: a class that is never listed is never written, and
what has no rows is never seen to be confused."""


def shortlist(
    labels: Sequence[str],
    *,
    confused: Mapping[str, int],
    rows: Mapping[str, int],
    most: int | None,
    key: str,
) -> tuple[str, ...]:
    """At most `most` of the labels, in the order of `labels`; none where all fit.

    Confused classes come first, those with most errors before the others, and fill two thirds at
    most; then classes with the fewest rows. Ties are broken by a hash of `key`, label and nothing
    else, so the list is the same in a resumed run.

    Args:
        labels: All classes.
        confused: Class → errors it had a part in, as the gold or the predicted one.
        rows: Class → accepted rows so far.
        most: Length of the list; None: no limit.
        key: Of the run and the round.
    """
    if most is None or len(labels) <= most:
        return ()

    def lot(label: str) -> str:
        return hashlib.sha256(f"{key}\0{label}".encode()).hexdigest()

    errors = [label for label in labels if confused.get(label, 0) > 0]
    errors.sort(key=lambda label: (-confused[label], lot(label)))
    chosen = set(errors[: max(1, int(most * CONFUSED_SHARE))])
    rest = [label for label in labels if label not in chosen]
    rest.sort(key=lambda label: (rows.get(label, 0), lot(label)))
    chosen |= set(rest[: most - len(chosen)])
    return tuple(label for label in labels if label in chosen)


def confusions(rows: Iterable[Marked], task_format: TaskFormat) -> Counter[str]:
    """Class → student errors it had a part in.

    Of answers with several classes those that differ count; where only their places differ (entity
    spans), all of them.
    """
    found: Counter[str] = Counter()
    for row in rows:
        if row.mark in ("wrong", "confident"):
            gold, said = (
                set(task_format.classes(row.label)),
                set(task_format.classes(row.predicted)),
            )
            found.update(gold ^ said or gold | said)
    return found
