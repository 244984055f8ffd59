"""`synthetic.jsonl` as a Hugging Face dataset folder: Parquet with one schema, and its card."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from evokd.store.dataset_card import DatasetCard, columns_of, render_dataset_card

SHARD = 100_000
"""Rows in a file."""
_WORDS = pa.list_(pa.string())
_VOTE = pa.struct(
    [
        ("voter", pa.int64()),
        ("label", pa.string()),
        ("reason", pa.string()),
        ("call", pa.string()),
        ("logprobs", pa.string()),
    ]
)
_LABELS = ("label", "intended_label", "person")
"""Columns with an answer; of sets of labels lists."""
_TYPES = {
    "round": pa.int64(),
    "probability": pa.float64(),
    "agreement": pa.float64(),
    "votes": pa.list_(_VOTE),
    "calls": _WORDS,
    "parents": _WORDS,
    "rewrites": _WORDS,
    "score": pa.float64(),
    "kept": pa.bool_(),
}


def write_dataset(folder: Path, rows: Iterable[Mapping[str, Any]], card: DatasetCard) -> None:
    """Write `data/*.parquet` and README.md into a folder that exists; `load_dataset` reads it."""
    data = folder / "data"
    data.mkdir()
    columns = columns_of(card.kept is not None, card.notes)
    # fixed: guessed from the rows, an empty list or a missing score would change it
    types = _TYPES | (dict.fromkeys(_LABELS, _WORDS) if card.kind == "multilabel" else {})
    schema = pa.schema([(name, types.get(name, pa.string())) for name in columns])
    flat = [flattened(row, columns, in_lists=card.kind == "multilabel") for row in rows]
    shards = max(1, -(-len(flat) // SHARD))
    for number in range(shards):
        part = flat[number * SHARD : (number + 1) * SHARD]
        name = f"train-{number:05d}-of-{shards:05d}.parquet"
        pq.write_table(pa.Table.from_pylist(part, schema=schema), data / name)
    (folder / "README.md").write_text(render_dataset_card(card), encoding="utf-8")


def flattened(
    row: Mapping[str, Any], columns: Iterable[str], *, in_lists: bool = False
) -> dict[str, Any]:
    """A line of synthetic.jsonl by the columns; probabilities as JSON, their keys are labels.

    Lines of earlier versions lack columns: these are empty. `in_lists`: answers are sets of labels,
    and stand there as lists of names; those of votes stay JSON.
    """
    values = {name: row.get(name) for name in columns}
    if in_lists:
        values |= {name: json.loads(row[name]) for name in _LABELS if row.get(name)}
    for name in ("calls", "parents", "rewrites"):
        values[name] = list(values[name] or ())
    values["distribution"] = _as_json(values["distribution"])
    values["votes"] = [
        {
            **{name: vote.get(name) for name in ("voter", "label", "reason", "call")},
            "logprobs": _as_json(vote.get("logprobs")),
        }
        for vote in values["votes"] or ()
    ]
    return values


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
