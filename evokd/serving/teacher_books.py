"""The folder of a server's teacher: its ledger, its trace, and the rows that it labelled.

It has the files of a run directory, so that `evokd tokens`, `trace` and `view` read it: config.yaml
(the teacher's config), run.json (status `serving`), ledger.sqlite, events.sqlite; and rows.jsonl.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evokd.config import Config, ConfigError
from evokd.ledger.budget import Budget
from evokd.ledger.edge import Edge
from evokd.ledger.ledger import Ledger
from evokd.ledger.totals import totals
from evokd.serving.kept_rows import KeptRows
from evokd.serving.metrics import counted
from evokd.store.clock import now
from evokd.store.event_log import EventLog
from evokd.store.run_dir import SERVING, RunDir
from evokd.teacher.metering import Metering

ROWS = "rows.jsonl"


@dataclass(frozen=True)
class TeacherBooks:
    """The open folder; one process at a time."""

    run: RunDir
    metering: Metering
    events: EventLog
    rows: KeptRows
    edge: Edge

    def lines(self) -> list[str]:
        """What Prometheus is told of the ledger."""
        db = self.metering.ledger.db
        billed = totals(db, {SERVING}, "edge")["billed"]
        tokens = {name: billed[f"{name}_tokens"] for name in ("prompt", "completion")}
        calls = {
            str(row["status"]): int(row["calls"])
            for row in db.execute(
                "SELECT status, COUNT(*) AS calls FROM calls GROUP BY status ORDER BY status"
            )
        }
        said = "Tokens billed for the teacher, by the ledger; earlier processes are among them."
        return [
            *counted("evokd_teacher_tokens_total", said, "kind", tokens),
            *counted(
                "evokd_teacher_calls_total", "Attempts in the ledger, by status.", "status", calls
            ),
        ]


@contextlib.contextmanager
def open_books(folder: Path, config: Config) -> Iterator[TeacherBooks]:
    """Open the folder, or lay it out.

    Raises:
        ConfigError: it holds something else, another task, or another process is at it.
    """
    run = _laid_out(folder, config)
    with run.locked():
        run.save_config(config)
        rows = KeptRows(folder / ROWS)
        events = EventLog(run.events)
        ledger = Ledger(run.ledger)
        events.save_useful({SERVING})
        identity = str(run.run()["id"])
        metering = Metering(
            ledger=ledger,
            budget=Budget(config.budget, ledger.spent()),
            emit=events.add,
            seed=config.seed,
            repair_turns=config.loop.repair_turns,
        )
        # one task for good: a text that was answered before a kill is found in the journal
        edge = Edge("student", "labeler", identity, SERVING, 1, 0)
        try:
            yield TeacherBooks(run, metering, events, rows, edge)
        finally:
            ledger.close_database()
            events.close()


def _laid_out(folder: Path, config: Config) -> RunDir:
    run = {
        "id": uuid.uuid4().hex[:12],
        "name": config.name,
        "method": "serve",
        "seed": config.seed,
        "status": SERVING,
        "reason": "the books of `evokd serve`",
        "created_at": now(),
        "ended_at": None,
    }
    if not (folder / "run.json").is_file():
        return RunDir.create(folder, config, run)
    found = RunDir.open(folder)
    if found.run().get("status") != SERVING:
        raise ConfigError(f"--out {folder}: is a run; name another folder for the teacher's books")
    before, after = found.config().task, config.task
    if (before.kind, before.labels, before.heads) != (after.kind, after.labels, after.heads):
        raise ConfigError(
            f"--out {folder}: holds rows of another task (kind {before.kind}, or other labels);"
            " name another folder"
        )
    return found
