"""`track`: the experiment trackers that a run tells of itself (`evokd/tracking`)."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator

from evokd.config.errors import ConfigError
from evokd.config.strict import Several

TrackerName = Literal["trackio", "mlflow", "wandb", "tensorboard"]
"""Also the package that is imported for it, and the extra of evokd's that installs that."""


def _several(raw: Any) -> Any:
    return [raw] if isinstance(raw, str) else raw


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"holds {', '.join(twice)} more than once")
    return names


Track = Annotated[
    tuple[TrackerName, ...], BeforeValidator(_several), AfterValidator(_once), Several()
]
"""Names of trackers; a single one may stand alone."""


def refuse_missing(names: Iterable[TrackerName]) -> None:
    """Trackers whose package isn't there.

    Raises:
        ConfigError: naming them, and the line that installs them.
    """
    missing = [name for name in names if not is_installed(name)]
    if missing:
        said = " and ".join(missing)
        isnt = "is not installed" if len(missing) == 1 else "are not installed"
        raise ConfigError(
            f"track: {said} {isnt}: {how_to_install(missing)}, or leave"
            f" {'it' if len(missing) == 1 else 'them'} out"
        )


def is_installed(name: TrackerName) -> bool:
    """Whether a tracker's package is there; a folder of that name (`wandb/`) is none."""
    spec = find_spec(name)
    return spec is not None and spec.origin is not None


def how_to_install(names: Iterable[str]) -> str:
    """The command."""
    return f"pip install 'evokd[{','.join(names)}]'"
