"""The trackers by name, one file each; a library is imported when its tracker is begun."""

from __future__ import annotations

import importlib
from typing import cast

from evokd.config.tracking import TrackerName, how_to_install, is_installed
from evokd.tracking.tracker import Tracker

_CLASSES: dict[TrackerName, str] = {
    "trackio": "Trackio",
    "mlflow": "MLflow",
    "wandb": "WeightsAndBiases",
    "tensorboard": "TensorBoard",
}


def tracker(name: TrackerName) -> Tracker:
    """A tracker that has not begun.

    Raises:
        ImportError: its package isn't there, or can't be imported.
    """
    if not is_installed(name):
        raise ImportError(f"not installed: {how_to_install([name])}")
    module = importlib.import_module(f"{__name__}.{name}")
    return cast(Tracker, getattr(module, _CLASSES[name])())
