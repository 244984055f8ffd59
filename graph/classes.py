"""Which classes analyst and writers are shown in the next round; all, while they are few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from agents.brief import Brief
from agents.records import Marked
from agents.shortlist import confusions, shortlist
from evokd.baselines.plans import UNGUIDED
from evokd.config import Config
from evokd.tasks.forms.multi import SEPARATOR, heads_of
from graph.visit import Visit


def next_classes(visit: Visit, feedback: Iterable[Marked], labels: Iterable[str]) -> list[str]:
    """The shortlist of the next round, from its feedback and the labels of all accepted rows."""
    number = visit.hop.round + 1
    form = visit.bench.form_at(number)
    rows = Counter(name for label in labels for name in form.classes(label))
    return listed(visit.bench.config, visit.bench.brief_at(number), feedback, rows, number)


def listed(
    config: Config,
    brief: Brief,
    feedback: Iterable[Marked],
    rows: Mapping[str, int],
    number: int,
) -> list[str]:
    """The shortlist of round `number`; empty where all classes fit.

    Methods that hand nothing back to the writers get a list that is balanced and no more.
    """
    confused = Counter[str]()
    if config.method not in UNGUIDED:
        confused = confusions(feedback, brief.form)
    most, key = config.loop.prompt_classes, f"{config.seed}/{number}"
    found: list[str] = []
    for own in _stretches(brief):
        short = shortlist(own, confused=confused, rows=rows, most=most, key=key)
        found += short or own
    return found if len(found) < len(brief.labels) else []


def _stretches(brief: Brief) -> Iterable[Sequence[str]]:
    """Classes that share one limit: those of each head, where there are several."""
    if brief.form.kind != "multi":
        return [brief.labels]
    heads = heads_of(brief.labels).items()
    return [[f"{head}{SEPARATOR}{name}" for name in names] for head, names in heads]
