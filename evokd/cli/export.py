"""`evokd export`: a run's rows as a Hugging Face dataset, its books and trace as CSV or Parquet."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Literal

from evokd.cli.screen import show
from evokd.config import ConfigError, TaskKind
from evokd.runs.formatting import count, dollars, several
from evokd.runs.run import read_run
from evokd.runs.totals import pairs_of, read_totals
from evokd.store.dataset import write_dataset
from evokd.store.dataset_card import DatasetCard
from evokd.store.exports import into, write_tables
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.label_sets import decode
from evokd.tasks.undescribed import without_todo

ExportFormat = Literal["dataset", "csv", "parquet"]


def export(directory: Path, form: ExportFormat, out: Path) -> None:
    """Write the export into a new or empty folder and say what is in it.

    Raises:
        ConfigError: no run there, nothing to export yet, or the folder is not empty.
    """
    run = RunDir.open(directory)
    if form == "dataset":
        rows = _rows(run)
        card = card_of(run, rows)
        into(out, lambda folder: write_dataset(folder, rows, card))
        show(f"{out}: {several(len(rows), 'row')}; load_dataset({str(out)!r}) reads it")
        return
    written: dict[str, int] = {}

    def fill(folder: Path) -> None:
        written.update(write_tables(run, folder, form))
        if not written:
            raise ConfigError(f"{directory}: this run has no ledger and no events yet")

    into(out, fill)
    for table, rows_written in written.items():
        show(f"{out / f'{table}.{form}'}: {several(rows_written, 'row')}")


def _rows(run: RunDir) -> list[dict[str, Any]]:
    try:
        rows = read_lines(run.synthetic)
    except ValueError as error:
        raise ConfigError(f"{run.synthetic}: can't be read ({error})") from None
    if not rows:
        raise ConfigError(f"{run.path}: this run has accepted no row (yet); nothing to export")
    return rows


def _counted(rows: list[dict[str, Any]], kind: TaskKind) -> Counter[str]:
    """Rows by label; of sets of labels, rows that have each of them."""
    labels = [str(row["label"]) for row in rows]
    if kind == "multilabel":
        return Counter(name for label in labels for name in decode(label))
    return Counter(labels)


def card_of(run: RunDir, rows: list[dict[str, Any]]) -> DatasetCard:
    """What the run says of its rows."""
    config, about = run.config(), run.run()
    head = read_run(run.path)
    billed = read_totals(head, "edge")["billed"]
    last = (read_lines(run.metrics) or [{}])[-1]
    return DatasetCard(
        name=config.name,
        run=str(about.get("id", "")),
        method=config.method,
        kind=config.task.kind,
        language=config.task.language,
        domain=config.task.domain,
        labels=without_todo(config.task).labels,
        rows=_counted(rows, config.task.kind),
        real=sum(row.get("kind") == "pool" for row in rows),
        teachers=pairs_of(head, "agent", "model"),
        prompts=pairs_of(head, "template", "template_sha"),
        tokens={
            "billed prompt": count(billed["prompt_tokens"]),
            "billed completion": count(billed["completion_tokens"]),
            "cost in USD": dollars(billed["usd"]),
        },
        kept=sum(row.get("kept", True) for row in rows) if any("kept" in r for r in rows) else None,
        scores=[
            (split, name, f"{value:.4f}")
            for split in ("dev", "test")
            for name, value in (last.get(split) or {}).items()
        ],
        versions={str(k): str(v) for k, v in (about.get("versions") or {}).items()},
    )
