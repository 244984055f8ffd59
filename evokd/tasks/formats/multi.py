"""Several annotations at once: one text, one class of each head (topic and sentiment, say).

A label is a canonical JSON object, head → class, heads in the order of the config, so that equal
answers are equal strings. The classes of reports, shots and balance are `head: class`.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from evokd.config import ConfigError, DataConfig, TaskConfig, TaskKind
from evokd.tasks.example import Example
from evokd.tasks.formats.task_format import OneTextTask, label_of, text_of
from evokd.tasks.metrics import ClassScores, Scores, report, score

SEPARATOR = ": "
"""Between head and class; a head's name holds none."""
Heads = Mapping[str, tuple[str, ...]]
"""Head → its classes, both in the order of the config."""


class MultiTask(OneTextTask):
    """Text → one class of each head."""

    kind: TaskKind = "multi"
    contrast = True

    def __init__(self, config: TaskConfig) -> None:
        check(config)
        self.config = config
        self.heads: Heads = {name: tuple(head.labels) for name, head in config.heads.items()}
        self.labels = tuple(SEPARATOR.join(pair) for pair in _pairs(self.heads))

    def columns(self, data: DataConfig) -> Mapping[str, str]:
        heads = self.config.heads.items()
        return {"text": data.text} | {name_of(one): head.column or one for one, head in heads}

    def read(self, row: Mapping[str, Any], origin: str) -> tuple[str, str]:
        text = text_of(row["text"], f"{origin}: {self.config.data.text}")
        found = {}
        for name, head in self.config.heads.items():
            where, field = f"{origin}: {head.column or name}", f"task.heads.{name}"
            value = row[name_of(name)]
            found[name] = label_of(value, where, self.heads[name], head.label_map, field)
        return text, join(found)

    def classes(self, label: str) -> tuple[str, ...]:
        return tuple(SEPARATOR.join(pair) for pair in split(label).items())

    def paired(self, label: str, predicted: str) -> tuple[tuple[str | None, str | None], ...]:
        """Head by head."""
        return tuple(zip(self.classes(label), self.classes(predicted), strict=True))

    def words(self, label: str) -> str:
        return words(split(label))

    def other(self, text: str, label: str, rng: random.Random) -> str:
        """One head wrong; which, and how, is drawn."""
        found = split(label)
        head = rng.choice(list(self.heads))
        wrong = rng.choice([name for name in self.heads[head] if name != found[head]])
        return join(found | {head: wrong})

    @property
    def by_parts(self) -> Callable[[Sequence[str]], str | None]:
        return self.majority

    def majority(self, answers: Sequence[str]) -> str | None:
        """The class with most votes, head by head; None where any head is tied.

        Of three voters that each miss another head, all three are outvoted where they are wrong,
        while whole answers would give a tie.
        """
        votes = [split(answer) for answer in answers]
        found = {head: _most(vote[head] for vote in votes) for head in self.heads}
        agreed = {head: name for head, name in found.items() if name is not None}
        return join(agreed) if len(agreed) == len(found) else None

    def scores(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, float]:
        """Each head's macro-F1 and accuracy, their means, and the share of rows all right."""
        right = sum(row.label == one for row, one in zip(rows, predicted, strict=True))
        result = dict.fromkeys(Scores._fields, 0.0) | {"all_right": right / max(1, len(rows))}
        for head, gold, guess in self._by_head(rows, predicted):
            found = score(gold, guess, self.heads[head])
            for name, value in found._asdict().items():
                result[f"{head}.{name}"] = value
                result[name] += value / len(self.heads)
        return result

    def report(self, rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, ClassScores]:
        return {
            f"{head}{SEPARATOR}{name}": line
            for head, gold, guess in self._by_head(rows, predicted)
            for name, line in report(gold, guess, self.heads[head]).items()
        }

    def _by_head(
        self, rows: Sequence[Example], predicted: Sequence[str]
    ) -> Iterable[tuple[str, list[str], list[str]]]:
        """Head, its gold classes, its predicted ones."""
        gold, guess = [split(row.label) for row in rows], [split(one) for one in predicted]
        for head in self.heads:
            yield head, [one[head] for one in gold], [one[head] for one in guess]


def check(config: TaskConfig) -> None:
    """What only this kind can get wrong.

    Raises:
        ConfigError: naming the field.
    """
    if config.data.label_map:
        raise ConfigError(
            "task.data.label_map: with `kind: multi` each head has its own:"
            " task.heads.<name>.label_map"
        )
    for name, head in config.heads.items():
        if not re.fullmatch(r"[\w-]+", name):
            raise ConfigError(
                f"task.heads: {name!r}: expected a name of letters, digits, _ and - (scores are"
                f" called by it: topic.macro_f1)"
            )
        for value, label in head.label_map.items():
            if label not in head.labels:
                known = ", ".join(map(repr, list(head.labels)[:10]))
                raise ConfigError(
                    f"task.heads.{name}.label_map.{value}: {label!r} is not in"
                    f" task.heads.{name}.labels ({known})"
                )


def name_of(head: str) -> str:
    """A head's column by its field in the config, for messages."""
    return f"heads.{head}.column"


def join(found: Mapping[str, str]) -> str:
    """Head → class as a label; heads stand in the order of the config."""
    return json.dumps(dict(found), ensure_ascii=False, separators=(",", ":"))


@functools.lru_cache(maxsize=4096)
def _parsed(label: str) -> tuple[tuple[str, str], ...]:
    return tuple(json.loads(label).items())


def split(label: str) -> dict[str, str]:
    """A label as head → class."""
    return dict(_parsed(label))


def words(found: Mapping[str, str]) -> str:
    """`topic: sports; sentiment: positive`."""
    return "; ".join(SEPARATOR.join(pair) for pair in found.items())


def heads_of(labels: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The heads behind `head: class` names, as they stand in order."""
    heads: dict[str, tuple[str, ...]] = {}
    for label in labels:
        head, _, name = label.partition(SEPARATOR)
        heads[head] = (*heads.get(head, ()), name)
    return heads


def combinations(heads: Heads) -> list[dict[str, str]]:
    """Every answer once, ordered so that a stretch of them is balanced in each head.

    Neighbours differ in all heads, and of any two heads all pairs occur: a class of one head never
    goes with one class of the other.
    """
    rows: list[dict[str, str]] = [{}]
    for head, names in heads.items():
        period = math.lcm(len(rows), len(names))
        turns = range(math.gcd(len(rows), len(names)))
        rows = [
            rows[k % len(rows)] | {head: names[(k + turn) % len(names)]}
            for turn in turns
            for k in range(period)
        ]
    return rows


def combined(heads: Heads) -> tuple[str, ...]:
    """Every answer once, as a label."""
    return tuple(join(one) for one in combinations(heads))


def descriptions(config: TaskConfig) -> dict[str, str]:
    """`head: class` → its line; and of each whole answer in words, the lines of its classes."""
    lines = {
        f"{head}{SEPARATOR}{name}": line
        for head, given in config.heads.items()
        for name, line in given.labels.items()
    }
    heads = {name: tuple(head.labels) for name, head in config.heads.items()}
    whole = {
        words(one): "; ".join(lines[SEPARATOR.join(pair)] or pair[1] for pair in one.items())
        for one in combinations(heads)
    }
    return lines | whole


def _pairs(heads: Heads) -> Iterable[tuple[str, str]]:
    return itertools.chain.from_iterable(
        ((head, n) for n in names) for head, names in heads.items()
    )


def _most(names: Iterable[str]) -> str | None:
    counts = Counter(names).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]
