"""TensorBoard: event files in `tracking/tensorboard/RUN`, one folder a run.

It knows no status: the text `end` says how the run ended, and `run/done` is 1 where it was done.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from evokd.tracking.tracker import End, Page, Scalar


class TensorBoard:
    """A run in TensorBoard."""

    def __init__(self) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._open = SummaryWriter
        self.look = ""
        self._step = 0

    def started(self, page: Page, config: Mapping[str, Scalar], known: str | None) -> str:
        """See `Tracker`; a resumed session adds a file to the folder."""
        root = page.home / "tensorboard"
        name = known or page.name
        self._writer = self._open(str(root / name))
        self._writer.add_text("config", _table(config))
        self._writer.flush()
        self.look = f"tensorboard --logdir {shlex.quote(str(root))}"
        return name

    def round(self, number: int, values: Mapping[str, float]) -> None:
        """See `Tracker`."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, number)
        self._writer.flush()
        self._step = number

    def figure(self, path: Path) -> None:
        """See `Tracker`."""
        import numpy as np
        from PIL import Image

        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        self._writer.add_image(f"figures/{path.stem}", pixels, self._step, dataformats="HWC")

    def ended(self, status: End, summary: Mapping[str, Scalar]) -> None:
        """See `Tracker`."""
        self._writer.add_text("end", _table({"status": status, **summary}), self._step)
        self._writer.add_scalar("run/done", int(status == "done"), self._step)
        self._writer.close()


def _table(values: Mapping[str, Scalar]) -> str:
    """As a table in Markdown; what stands in a cell is text."""
    rows = [f"| {key} | {_cell(value)} |" for key, value in values.items() if value is not None]
    return "\n".join(["| | |", "|---|---|", *rows])


def _cell(value: Scalar) -> str:
    text = " ".join(str(value).split())
    for sign in "\\`*_|<>[]":
        text = text.replace(sign, f"\\{sign}")
    return text
