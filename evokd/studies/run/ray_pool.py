"""The cells of a study on a Ray cluster: one task is one whole run.

    pip install -e '.[ray]'; evokd study STUDY.yaml --ray auto

Every node needs evokd, the same version, the same paths of data, and its own keys in the
environment. A lost node loses no cell: Ray runs the task again elsewhere, and where the study's
folder is shared it goes on from the run directory. Where it is not, the run happens in the node's
temporary folder and comes back packed.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tarfile
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evokd.config import ConfigError
from evokd.store.artefacts import write_atomic
from evokd.studies.grid.cells import Cell
from evokd.studies.grid.config import Resources
from evokd.studies.run import cores
from evokd.studies.run.folder import StudyDir
from evokd.studies.run.interrupts import Interrupts
from evokd.studies.run.progress import CellProgress, ProgressListener, ended, stopping
from evokd.studies.run.queue import CellQueue, lost_reason
from evokd.studies.run.record import JsonRow, result_row
from evokd.studies.run.worker import Job, Terms, work_on
from evokd.studies.run.worker_pool import job_of

RETRIES = 5
"""Times that a cell is begun again when its node or process was lost."""
TICK_S = 0.5
DRAIN_S = 120.0
"""How long interrupted cells may take to end in order."""
MARK = ".ray"
"""A file in the study's folder; a node that reads the driver's word there shares the folder."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a task sends back."""

    row: JsonRow | None
    """None when it was interrupted."""
    packed: bytes | None
    """The run directory as a tar, where the node does not share the study's folder."""


def work_remotely(job: Job, word: str, cpus: int) -> Delivery:
    """The task: run a cell on this node.

    Args:
        job: The cell; paths are the driver's.
        word: What stands in the study's folder if this node shares it.
        cpus: Cores that the task may use.
    """
    shared = _shares(job.study, word)
    folder = job.study if shared else _scratch(job.study)
    os.environ["OMP_NUM_THREADS"] = str(cpus)
    with cores.claimed(cpus):
        row = work_on(replace(job, study=folder), lambda _: None)
    return Delivery(row, None if shared or row is None else pack(folder / job.run))


def _shares(study: Path, word: str) -> bool:
    try:
        return (study / MARK).read_text(encoding="utf-8") == word
    except OSError:
        return False


def _scratch(study: Path) -> Path:
    """This node's folder for the study: always the same, so that a cell can be resumed."""
    folder = Path(tempfile.gettempdir()) / f"evokd-study-{os.getuid()}" / study.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def pack(run: Path) -> bytes:
    """A run directory as a tar; empty when there is none."""
    if not run.is_dir():
        return b""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.add(run, arcname=".")
    return buffer.getvalue()


def unpack(packed: bytes, run: Path) -> None:
    """Put a packed run directory in its place; what was there is replaced."""
    part = run.with_name(f".{run.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(part, filter="data")
    shutil.rmtree(run, ignore_errors=True)
    part.rename(run)


class RayPool:
    """The cells as tasks of a cluster."""

    def __init__(
        self,
        address: str,
        study: StudyDir,
        cells: Sequence[Cell],
        resources: Resources,
        terms: Terms,
        hear: ProgressListener,
    ) -> None:
        self._address, self._study = address, study
        self._cells = CellQueue(cells, {row["cell"]: row["status"] for row in study.rows()})
        self._resources, self._terms, self._hear = resources, terms, hear
        self._interrupts = Interrupts()

    def work(self) -> bool:
        """Run all cells; False when it was interrupted.

        Raises:
            ConfigError: Ray is not installed, or no cluster answers.
        """
        ray = _import_ray()
        with _connected(ray, self._address), self._interrupts.heard(), self._marked() as word:
            tasks: dict[Any, Cell] = {}
            self._submit(ray, word, tasks)
            while tasks and not self._interrupts.count:
                self._collect(ray, tasks)
                self._submit(ray, word, tasks)
            if tasks:
                self._drain(ray, tasks)
        return not self._interrupts.count

    @contextlib.contextmanager
    def _marked(self) -> Iterator[str]:
        word, mark = uuid.uuid4().hex, self._study.path / MARK
        write_atomic(mark, word)
        try:
            yield word
        finally:
            mark.unlink(missing_ok=True)

    def _submit(self, ray: Any, word: str, tasks: dict[Any, Cell]) -> None:
        """Hand over the cells that can be run now; those that follow others wait for them."""
        cpus, gpus = self._resources.cpus, self._resources.gpus
        task = ray.remote(work_remotely).options(
            num_cpus=cpus, num_gpus=gpus, max_retries=RETRIES, retry_exceptions=False
        )
        while (cell := self._cells.next()) is not None:
            job = job_of(self._study, cell, self._terms)
            tasks[task.remote(job, word, max(1, int(cpus)))] = cell
        while (cell := self._cells.hopeless()) is not None:
            self._take(cell, Delivery(self._failed(cell, lost_reason(cell)), None))

    def _collect(self, ray: Any, tasks: dict[Any, Cell]) -> None:
        """Take in one task that has ended, if any."""
        ready, _ = ray.wait(list(tasks), num_returns=1, timeout=TICK_S)
        for ref in ready:
            cell = tasks.pop(ref)
            try:
                delivery: Delivery = ray.get(ref)
            except (ray.exceptions.TaskCancelledError, KeyboardInterrupt):
                delivery = Delivery(None, None)
            except ray.exceptions.RayError as error:
                said = " ".join(str(error).split())[:300]
                delivery = Delivery(self._failed(cell, f"{type(error).__name__}: {said}"), None)
            self._take(cell, delivery)

    def _failed(self, cell: Cell, reason: str) -> JsonRow:
        study = self._study
        return result_row(cell, study.run(cell), "failed", reason, study.relative(cell))

    def _take(self, cell: Cell, delivery: Delivery) -> None:
        self._cells.ended(cell, None if delivery.row is None else str(delivery.row["status"]))
        if delivery.row is None:
            self._hear(CellProgress("interrupted", cell))
            return
        if delivery.packed:
            unpack(delivery.packed, self._study.run(cell).path)
        self._study.append(delivery.row)
        self._hear(ended(cell, delivery.row))

    def _drain(self, ray: Any, tasks: dict[Any, Cell]) -> None:
        """Cancel: what has not begun is dropped, what has ends its step as after Ctrl-C."""
        for ref, cell in tasks.items():
            self._hear(stopping(cell, again=False))
            ray.cancel(ref, force=False, recursive=False)
        for _ in range(int(DRAIN_S / TICK_S)):
            if not tasks or self._interrupts.count > 1:
                return
            self._collect(ray, tasks)


def _import_ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    try:
        import ray
    except ImportError:
        raise ConfigError("--ray: Ray is not installed; pip install -e '.[ray]'") from None
    return ray


@contextlib.contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    """Connected to the cluster, unless the process is already."""
    if ray.is_initialized():
        yield
        return
    try:
        ray.init(address=address, log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ConfigError(f"--ray {address}: no cluster can be reached ({error})") from None
    try:
        yield
    finally:
        ray.shutdown()
