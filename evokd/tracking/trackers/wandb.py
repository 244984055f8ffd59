"""Weights & Biases: a project for a study or for runs of one name; a study's runs are a group.

Without a key in the environment (WANDB_API_KEY) and without WANDB_MODE it works offline: `wandb
sync` sends what it wrote. It gets no console, no code, no command line and no machine's name.
All but `done` end with exit code 1, which W&B shows as failed; `status` stands in the summary.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # it would report to its makers
os.environ.setdefault("WANDB_SILENT", "true")  # the setting below comes too late for some of it

import wandb

from evokd.tracking.tracker import End, Page, Scalar


class WeightsAndBiases:
    """A run in W&B."""

    def __init__(self) -> None:
        self.look = ""
        self._step = 0

    def started(self, page: Page, config: Mapping[str, Scalar], known: str | None) -> str:
        """See `Tracker`; the id is the run's own, so a resumed session has it, too."""
        page.home.mkdir(parents=True, exist_ok=True)
        here = "offline" if is_offline(os.environ) else None
        settings = wandb.Settings(
            mode=here,
            silent=True,
            console="off",
            disable_git=True,
            save_code=False,
            x_disable_meta=True,
            x_disable_stats=True,
            x_save_requirements=False,
            init_timeout=30,
        )
        self._run = wandb.init(
            project=page.project,
            group=page.group,
            name=page.name,
            id=known or page.id,
            dir=str(page.home),
            config=dict(config),
            resume=None if here else "allow",
            reinit="create_new",
            settings=settings,
        )
        self._run.summary["status"] = "running"
        every = f"{shlex.quote(str(page.home))}/wandb/offline-run-*"  # a session has one each
        self.look = f"wandb sync {every}" if self._run.offline else str(self._run.url)
        return str(self._run.id)

    def round(self, number: int, values: Mapping[str, float]) -> None:
        """See `Tracker`."""
        self._run.log(dict(values), step=number)
        self._step = number

    def figure(self, path: Path) -> None:
        """See `Tracker`."""
        self._run.log({f"figures/{path.stem}": wandb.Image(str(path))}, step=self._step)

    def ended(self, status: End, summary: Mapping[str, Scalar]) -> None:
        """See `Tracker`."""
        self._run.summary.update({"status": status, **summary})
        self._run.finish(exit_code=0 if status == "done" else 1)


def is_offline(environment: Mapping[str, str]) -> bool:
    """Whether nothing asks for more than files: neither a key nor a mode is set."""
    return not any(environment.get(name, "").strip() for name in ("WANDB_API_KEY", "WANDB_MODE"))
