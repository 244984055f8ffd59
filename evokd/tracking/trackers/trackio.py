"""trackio: a project for a study or for runs of one name, on this machine (TRACKIO_DIR).

It knows no status: `status` stands among the run's settings, and `run/done` is 1 where it was done.
It keeps its own failures to itself, so what it has written is looked at when it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import trackio
from trackio.sqlite_storage import SQLiteStorage

from evokd.tracking.hush import hushed
from evokd.tracking.tracker import End, Page, Scalar

if TYPE_CHECKING:
    from trackio.run import Run


class Trackio:
    """A run in trackio."""

    def __init__(self) -> None:
        self.look = ""
        self._step = 0

    def started(self, page: Page, config: Mapping[str, Scalar], known: str | None) -> str:
        """See `Tracker`; trackio's name for it is the one that it was given."""
        self._page, self._config = page, dict(config)
        self._name = known or page.name
        self._run = self._open("running", None)
        self.look = f"trackio show --project {page.project}"
        return self._name

    def round(self, number: int, values: Mapping[str, float]) -> None:
        """See `Tracker`."""
        self._run.log(dict(values), step=number)
        self._step = number

    def figure(self, path: Path) -> None:
        """See `Tracker`."""
        self._run.log({f"figures/{path.stem}": trackio.Image(str(path))}, step=self._step)

    def ended(self, status: End, summary: Mapping[str, Scalar]) -> None:
        """See `Tracker`.

        Raises:
            OSError: not all of it is in trackio's database.
        """
        with hushed():
            self._run.finish()
        last = self._open(status, summary)  # settings go with the first values after a start
        last.log({"run/done": int(status == "done")}, step=self._step)
        with hushed():
            if status != "done":
                last.alert(status, str(summary["reason"]))
            last.finish()
        self._refuse_loss()

    def _open(self, status: str, summary: Mapping[str, Scalar] | None) -> Run:
        told = {f"end.{key}": value for key, value in (summary or {}).items()}
        with hushed():
            return trackio.init(
                self._page.project,
                name=self._name,
                group=self._page.group,
                config={**self._config, "status": status, **told},
                resume="allow",
                embed=False,
                auto_log_gpu=False,
                auto_log_cpu=False,
            )

    def _refuse_loss(self) -> None:
        if self._run.url is not None:  # a server's, by TRACKIO_SERVER_URL or TRACKIO_SPACE_ID
            return
        found = SQLiteStorage.get_max_step_for_run(
            self._page.project, self._name, run_id=self._run.id
        )
        if found is None or found < self._step:
            raise OSError(f"{trackio.utils.TRACKIO_DIR}: trackio could not write all of it")
