"""The run directory: names of its files, who may write to it, and its status."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from evokd.config import Config, ConfigError, load_config
from evokd.store.artefacts import Artefacts, dumps, write_atomic
from evokd.store.sqlite import DamagedDatabase

LOCK = ".lock"
SERVING = "serving"
"""Status of a folder that is no run but the books of `evokd serve`, and the one task in them."""


class RunDir:
    """Paths and small files of one run; the databases are opened by those who own them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_file = path / "config.yaml"
        self.run_file = path / "run.json"
        self.ledger = path / "ledger.sqlite"
        self.checkpoints = path / "checkpoints.sqlite"
        self.events = path / "events.sqlite"
        self.batches = path / "batches.jsonl"
        self.metrics = path / "metrics.jsonl"
        self.synthetic = path / "synthetic.jsonl"
        self.calibration = path / "calibration.json"
        self.test_predictions = path / "test_predictions.json"
        self.student = path / "student"
        self.student_states = path / "student_states"

    @classmethod
    def create(cls, path: Path, config: Config, run: dict[str, Any]) -> RunDir:
        """Lay out a new run; of several processes that want the folder, one gets it.

        Raises:
            ConfigError: when the folder already holds anything, or another process is at it.
        """
        cls.refuse_taken(path)
        path.mkdir(parents=True, exist_ok=True)
        here = cls(path)
        with here.locked():  # between a look at the folder and the first file stands nobody
            cls.refuse_taken(path)
            here.save_config(config)
            here.save_run(run)
        return here

    @staticmethod
    def refuse_taken(path: Path) -> None:
        """A new run needs a folder that isn't there or is empty, but for a lock nobody holds.

        Raises:
            ConfigError: it holds something.
        """
        if path.exists() and not (path.is_dir() and {f.name for f in path.iterdir()} <= {LOCK}):
            raise ConfigError(
                f"--out {path}: is not empty; name another folder, or `evokd resume {path}`"
            )

    @classmethod
    def open(cls, path: Path) -> RunDir:
        """An existing run.

        Raises:
            ConfigError: when the folder holds no run.
        """
        here = cls(path)
        if not (here.config_file.is_file() and here.run_file.is_file()):
            raise ConfigError(f"{path}: holds no run (expected config.yaml and run.json in it)")
        return here

    def refuse_lost_books(self) -> None:
        """Once a round is closed all databases stand; an empty one would begin at nothing spent.

        Raises:
            DamagedDatabase: one is gone, or empty.
        """
        for file in (self.ledger, self.checkpoints, self.events):
            there = file.is_file()
            if self.metrics.is_file() and not (there and file.stat().st_size):
                raise DamagedDatabase(file, "is empty" if there else "is gone")

    @property
    def artefacts(self) -> Artefacts:
        return Artefacts(self.path / "artefacts")

    def config(self) -> Config:
        return load_config(self.config_file)

    def save_config(self, config: Config) -> None:
        write_atomic(self.config_file, config.to_yaml())

    def run(self) -> dict[str, Any]:
        """The content of run.json."""
        try:
            data = json.loads(self.run_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self.run_file}: can't be read ({error})") from None
        if not isinstance(data, dict):
            raise ConfigError(f"{self.run_file}: expected a JSON object")
        return data

    def save_run(self, run: dict[str, Any]) -> None:
        write_atomic(self.run_file, json.dumps(run, indent=2, ensure_ascii=False) + "\n")

    def write_round(self, number: int, name: str, rows: Iterable[Any]) -> None:
        """Write `rounds/001/<name>`: JSON lines, or one JSON document for a .json name."""
        folder = self.path / "rounds" / f"{number:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        values = list(rows)
        if name.endswith(".json"):
            text = json.dumps(values[0], indent=2, ensure_ascii=False) + "\n"
        else:
            text = "".join(f"{dumps(row)}\n" for row in values)
        write_atomic(folder / name, text, durable=False)

    def replace_lines(self, file: Path, number: int, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows of round `number`, dropping what an interrupted try at it had left.

        A node that ran twice (killed before its checkpoint) must not leave its lines twice.
        """
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        kept = [line for line in text.splitlines() if line]
        while kept and json.loads(kept[-1])["round"] >= number:  # rounds stand in order
            kept.pop()
        new = [dumps(row) for row in rows]
        write_atomic(file, "".join(f"{line}\n" for line in [*kept, *new]))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run against a second process; the lock goes with the process.

        Raises:
            ConfigError: when another process works on this run.
        """
        with (self.path / LOCK).open("w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigError(f"{self.path}: another process works on this run") from None
            yield


def read_lines(file: Path) -> list[dict[str, Any]]:
    """Rows of a JSON lines file; none when there is no such file."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
