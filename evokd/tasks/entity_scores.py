"""Strict scores of entities: one counts when its type and its extent are right, to the character.

Counted by `seqeval` in its strict mode over BIO2 tags of the text's words. Where an entity begins
or ends inside a word, the word is cut there first, so the tags say exactly what the spans say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evokd.tasks.example import Example
from evokd.tasks.metrics import ClassScores
from evokd.tasks.spans import cells, decode, to_tags


def entity_scores(rows: Sequence[Example], predicted: Sequence[str]) -> dict[str, float]:
    """Micro F1 of all entities, mean F1 of the types, share of texts that are right as a whole.

    `macro_f1` is over the types that occur in gold or among the predictions, as for classes.
    Where there is no entity in either, both F1 are 0.

    Raises:
        ValueError: no rows, unequal lengths, or a label that is none.
    """
    gold, guess = _tags(rows, predicted)
    right = sum(row.label == answer for row, answer in zip(rows, predicted, strict=True))
    return {
        "f1": float(_counted(gold, guess, "micro")[2]),
        "macro_f1": float(_counted(gold, guess, "macro")[2]) if _any(gold, guess) else 0.0,
        "accuracy": right / len(rows),
    }


def entity_report(
    rows: Sequence[Example], predicted: Sequence[str], types: Sequence[str]
) -> dict[str, ClassScores]:
    """Precision, recall, F1 and number of gold entities of every type, in the order of `types`."""
    gold, guess = _tags(rows, predicted)
    found = sorted({tag[2:] for tags in (*gold, *guess) for tag in tags if tag != "O"})
    columns = _counted(gold, guess, None) if found else ([], [], [], [])
    lines = {
        name: ClassScores(float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(found, *columns, strict=True)
    }
    return {name: lines.get(name, ClassScores(0.0, 0.0, 0.0, 0)) for name in types}


def _tags(
    rows: Sequence[Example], predicted: Sequence[str]
) -> tuple[list[list[str]], list[list[str]]]:
    if not rows or len(rows) != len(predicted):
        raise ValueError(f"expected as many predictions as gold rows, {len(predicted)}/{len(rows)}")
    gold, guess = [], []
    for row, answer in zip(rows, predicted, strict=True):
        truth, said = decode(row.label), decode(answer)
        found = cells(row.text, truth, said)
        gold.append(to_tags(found, truth))
        guess.append(to_tags(found, said))
    return gold, guess


def _any(gold: list[list[str]], guess: list[list[str]]) -> bool:
    return any(tag != "O" for tags in (*gold, *guess) for tag in tags)


def _counted(gold: list[list[str]], guess: list[list[str]], average: str | None) -> Any:
    """Precision, recall, F1 and support; by type in the order of the alphabet without `average`."""
    from seqeval.metrics.v1 import precision_recall_fscore_support
    from seqeval.scheme import IOB2

    return precision_recall_fscore_support(
        gold,
        guess,
        average=average,
        zero_division=0,  # type: ignore[arg-type]  # typed as text there, and a number all the same
        scheme=IOB2,
    )
