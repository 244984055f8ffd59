"""MLflow: an experiment for a study or for runs of one name, a run for a run.

It goes where MLFLOW_TRACKING_URI says, else into `mlflow.db` (SQLite) in the run's or the study's
own folder. Statuses: done is FINISHED, failed FAILED, interrupted KILLED, waiting SCHEDULED.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import socket
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # it would report to its makers

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.exceptions import MlflowException

from evokd.tracking.tracker import End, Page, Scalar

STATUS: dict[End, str] = {
    "done": "FINISHED",
    "failed": "FAILED",
    "interrupted": "KILLED",
    "waiting": "SCHEDULED",
}
_PARAMS = 100
"""Most that one request takes."""
_CONNECT_S = 5.0
_STORES = "mlflow.store.db.utils"
"""It logs each table that it lays out."""


class MLflow:
    """A run in MLflow."""

    def __init__(self) -> None:
        self._address = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
        self.look = ""

    def started(self, page: Page, config: Mapping[str, Scalar], known: str | None) -> str:
        """See `Tracker`.

        Raises:
            OSError: the server does not answer, or the folder can't be written.
        """
        self._refuse_silence()
        if self._address:
            self._client = MlflowClient(self._address)
            experiment = self._experiment(page, None)
        else:
            with _laid_out(page.home):
                place = f"sqlite:///{page.home / 'mlflow.db'}"
                self._client = MlflowClient(place)
                experiment = self._experiment(page, (page.home / "mlflow").as_uri())
        run = self._known(known) or self._client.create_run(
            experiment, run_name=page.name, tags=_tags(page)
        )
        self._id = str(run.info.run_id)
        self._client.update_run(self._id, status="RUNNING")
        self._tell_config(run, config)
        self.look = (
            f"{self._address.rstrip('/')}/#/experiments/{experiment}/runs/{self._id}"
            if self._address.startswith("http")
            else f"mlflow ui --backend-store-uri {self._address or place}"
        )
        return self._id

    def round(self, number: int, values: Mapping[str, float]) -> None:
        """See `Tracker`."""
        self._refuse_silence()
        now = int(time.time() * 1000)
        metrics = [Metric(name, value, now, number) for name, value in values.items()]
        self._client.log_batch(self._id, metrics=metrics)

    def figure(self, path: Path) -> None:
        """See `Tracker`."""
        self._client.log_artifact(self._id, str(path), "figures")

    def ended(self, status: End, summary: Mapping[str, Scalar]) -> None:
        """See `Tracker`."""
        self._refuse_silence()
        told = {f"evokd.{key}": value for key, value in summary.items() if value is not None}
        told |= {"evokd.status": status, "mlflow.note.content": f"{status}: {summary['reason']}"}
        for key, value in told.items():
            self._client.set_tag(self._id, key, str(value))
        if status == "waiting":
            self._client.update_run(self._id, status=STATUS[status])
        else:
            self._client.set_terminated(self._id, STATUS[status])

    def _refuse_silence(self) -> None:
        """A server that is gone is found at once: MLflow's own client would try for minutes.

        Raises:
            OSError: nobody listens.
        """
        parts = urllib.parse.urlsplit(self._address)
        if parts.scheme in ("http", "https") and parts.hostname:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            try:
                socket.create_connection((parts.hostname, port), _CONNECT_S).close()
            except OSError as error:
                raise OSError(f"MLFLOW_TRACKING_URI: no server answers ({error})") from None

    def _experiment(self, page: Page, artefacts: str | None) -> str:
        found = self._client.get_experiment_by_name(page.project)
        if found is not None:
            return str(found.experiment_id)
        try:
            return str(self._client.create_experiment(page.project, artefacts))
        except MlflowException:  # another worker of the study was first
            found = self._client.get_experiment_by_name(page.project)
            if found is None:
                raise
            return str(found.experiment_id)

    def _known(self, id: str | None) -> Run | None:
        """The run of an earlier session; None where it is gone."""
        if id is None:
            return None
        with contextlib.suppress(MlflowException):
            run = self._client.get_run(id)
            if run.info.lifecycle_stage == "active":
                return run
        return None

    def _tell_config(self, run: Run, config: Mapping[str, Scalar]) -> None:
        """Parameters can't be changed: what is other than at the start becomes a tag."""
        before = run.data.params
        new = [Param(key, str(value)) for key, value in config.items() if key not in before]
        for start in range(0, len(new), _PARAMS):
            self._client.log_batch(self._id, params=new[start : start + _PARAMS])
        for key, value in config.items():
            if before.get(key, str(value)) != str(value):
                self._client.set_tag(self._id, f"config.{key}", str(value))


def _tags(page: Page) -> dict[str, str]:
    tags = {"evokd.run": page.id}
    return tags if page.group is None else tags | {"evokd.study": page.group}


@contextlib.contextmanager
def _laid_out(home: Path) -> Iterator[None]:
    """The folder, held while tables and experiment are made: workers of a study begin together."""
    home.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger(_STORES)
    level = logger.level
    with (home / ".mlflow.lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        logger.setLevel(logging.WARNING)
        try:
            yield
        finally:
            logger.setLevel(level)
