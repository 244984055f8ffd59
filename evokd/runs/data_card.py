"""What a run says of its accepted rows: the rows themselves, and the card that goes with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from evokd.config import ConfigError, TaskKind
from evokd.runs.formatting import count, dollars
from evokd.runs.run import Run, read_run
from evokd.runs.totals import pairs_of, read_totals
from evokd.store.dataset_card import DatasetCard
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.weights import licence_of
from evokd.tasks.label_sets import decode
from evokd.tasks.undescribed import without_todo


def accepted_rows(run: RunDir) -> list[dict[str, Any]]:
    """The lines of synthetic.jsonl.

    Raises:
        ConfigError: the file is damaged, or there is no row.
    """
    try:
        rows = read_lines(run.synthetic)
    except ValueError as error:
        raise ConfigError(f"{run.synthetic}: can't be read ({error})") from None
    if not rows:
        raise ConfigError(f"{run.path}: this run has accepted no row (yet); nothing to export")
    return rows


def real_rows(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows whose text people wrote: of a pool, or edits of seed texts (EDA), which no call made."""
    return [row for row in rows if row.get("kind") == "pool" or not row.get("calls")]


def data_card(run: RunDir, rows: list[dict[str, Any]]) -> DatasetCard:
    """What the run says of its rows."""
    config, about = run.config(), run.run()
    head = read_run(run.path)
    billed = read_totals(head, "edge")["billed"]
    last = (read_lines(run.metrics) or [{}])[-1]
    teachers = pairs_of(head, "agent", "model")
    return DatasetCard(
        name=config.name,
        run=str(about.get("id", "")),
        method=config.method,
        kind=config.task.kind,
        language=config.task.language,
        domain=config.task.domain,
        labels=without_todo(config.task).labels,
        rows=_counted(rows, config.task.kind),
        real=(pooled := sum(row.get("kind") == "pool" for row in rows)),
        edited=len(real_rows(rows)) - pooled,
        teachers=teachers,
        licences=licences(model for _, model in teachers),
        prompts=pairs_of(head, "template", "template_sha"),
        tokens={
            "billed prompt": count(billed["prompt_tokens"]),
            "billed completion": count(billed["completion_tokens"]),
            "cost in USD": dollars(billed["usd"]),
        },
        by_agent=tokens_by_agent(head),
        kept=sum(row.get("kept", True) for row in rows) if any("kept" in r for r in rows) else None,
        scores=[
            (split, name, f"{value:.4f}")
            for split in ("dev", "test")
            for name, value in (last.get(split) or {}).items()
        ],
        versions={str(k): str(v) for k, v in (about.get("versions") or {}).items()},
    )


def _counted(rows: list[dict[str, Any]], kind: TaskKind) -> Counter[str]:
    """Rows by label; of sets of labels, rows that have each of them."""
    labels = [str(row["label"]) for row in rows]
    if kind == "multilabel":
        return Counter(name for label in labels for name in decode(label))
    return Counter(labels)


def licences(models: Iterable[str]) -> dict[str, str]:
    """Model → its licence, of those that the catalogue knows."""
    return {model: found for model in models if (found := licence_of(model)) is not None}


def tokens_by_agent(run: Run) -> list[tuple[str, str, str, str]]:
    """(agent, calls, prompt tokens, completion tokens), as billed.

    Raises:
        Unreadable: the ledger is damaged.
    """
    return [
        (
            str(row["agent"]),
            count(row["calls"]),
            count(row["prompt_tokens"]),
            count(row["completion_tokens"]),
        )
        for row in read_totals(run, "agent")["rows"]
        if row["calls"]  # others only hand on
    ]
