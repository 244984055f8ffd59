"""`evokd export`: a run's rows as a Hugging Face dataset, its books and trace as CSV or Parquet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from evokd.cli.screen import remark, show
from evokd.config import ConfigError
from evokd.runs.data_card import accepted_rows, data_card
from evokd.runs.formatting import several
from evokd.runs.notes import read_notes
from evokd.store.dataset import write_dataset
from evokd.store.exports import into, write_tables
from evokd.store.run_dir import RunDir

ExportFormat = Literal["dataset", "csv", "parquet"]


def export(directory: Path, form: ExportFormat, out: Path, *, notes: bool = False) -> None:
    """Write the export into a new or empty folder and say what is in it.

    Args:
        directory: Of the run.
        form: What is written.
        out: The folder.
        notes: Of a dataset: what readers noted of the rows goes along, as columns.

    Raises:
        ConfigError: no run there, nothing to export yet, or the folder is not empty.
    """
    run = RunDir.open(directory)
    if form == "dataset":
        rows = accepted_rows(run)
        card = data_card(run, rows)
        if notes:
            rows, card = _with_notes(run, rows), replace(card, notes=True)
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


def _with_notes(run: RunDir, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their notes; what of these can't be read is told."""
    found = read_notes(run.path)
    if found.remark:
        remark(found.remark)
    noted = [(row, found.get("row", str(row["row"]))) for row in rows]
    return [
        {**row, "note": note.verdict or None, "note_text": note.text or None} if note else row
        for row, note in noted
    ]
