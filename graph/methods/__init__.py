"""The methods, one object each: EvoKD, its controls, the rivals, reasoning distillation.

A new method is a file here and a line in `METHODS`; users add theirs by `evokd.method`, or an
entry point of the group `evokd.methods`. `method_of(config)` is the way in: it checks what the
config says of its method, and of all others.
"""

from __future__ import annotations

from typing import Any

from evokd.config import Config, ConfigError, use_plugins
from evokd.config.loading import SECTIONS
from evokd.config.nearest import did_you_mean
from evokd.config.registry import Registry
from graph.core.loop_method import LoopMethod
from graph.core.method import SPENT, Method
from graph.methods.attrprompt import AttrPrompt
from graph.methods.auggpt import AugGPT
from graph.methods.curate_refine import CurateRefine
from graph.methods.dasd import Dasd
from graph.methods.eda import Eda
from graph.methods.evokd import EvoKD
from graph.methods.evokd_init import EvoKDInit
from graph.methods.evokd_oracle import EvoKDOracle
from graph.methods.evokd_shuffled import EvoKDShuffled
from graph.methods.evokd_yoked import EvoKDYoked
from graph.methods.full_shot import FullShot
from graph.methods.lean import Lean
from graph.methods.llm2llm import LLM2LLM
from graph.methods.loss_ranked import LossRanked
from graph.methods.no_aug import NoAug
from graph.methods.overgenerate import Overgenerate, renamed
from graph.methods.planted import Planted, PlantedOther
from graph.methods.pool import Pool
from graph.methods.progen import ProGen
from graph.methods.static import Static
from graph.methods.sungen import SunGen
from graph.methods.zerogen import ZeroGen

__all__ = [
    "METHODS",
    "SPENT",
    "LoopMethod",
    "Method",
    "method_of",
    "renamed",
    "resolved",
    "sections",
]

_OURS: dict[str, type[Method]] = {
    method.name: method
    for method in (
        EvoKD,
        EvoKDInit,
        EvoKDShuffled,
        LossRanked,
        NoAug,
        Eda,
        ZeroGen,
        SunGen,
        ProGen,
        AugGPT,
        Static,
        LLM2LLM,
        FullShot,
        Dasd,
        EvoKDYoked,
        EvoKDOracle,
        Planted,
        PlantedOther,
        Overgenerate,
        Pool,
        AttrPrompt,
        CurateRefine,
        Lean,
    )
}
METHODS: Registry[type[Method]] = Registry("method", "evokd.methods", _OURS, Method)
"""By name; studies list them in this order and draw each by its place, so new ones come last, and
those of users behind them."""


def method_of(config: Config) -> Method:
    """The method of a config, with its settings read and checked.

    Raises:
        ConfigError: no such method, settings (of any method) that can't be, or a plug-in that
            can't be imported.
    """
    use_plugins(config)
    found = METHODS.get(renamed(config))
    if found is None:
        raise ConfigError(
            f"method: expected one of {', '.join(METHODS.known)}, got {config.method!r}"
            f"{did_you_mean(config.method, METHODS.known)}"
        )
    _check_keys(config)
    sections(config)
    return found(config)


def sections(config: Config, *, changed_only: bool = False) -> dict[str, dict[str, Any]]:
    """The sections of all methods, checked, with defaults filled in.

    Args:
        config: With the sections as they were given.
        changed_only: Leave out what is a default.

    Raises:
        ConfigError: naming the field.
    """
    found: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    single: dict[str, Any] = {}
    for method in METHODS.values():
        values = method.read_settings(config).model_dump(mode="json", exclude_defaults=changed_only)
        if method.section is not None and values:
            _put(found, method.section, values)
        single |= {key: values[field] for key, field in method.keys.items() if field in values}
    for key, value in single.items():  # behind the sections, as configs have them
        _put(found, key, value)
    return found


def resolved(config: Config) -> Config:
    """The config with the settings of all methods spelt out, as a run directory keeps it."""
    return config.model_copy(update={**sections(config), "method": renamed(config)})


def _put(found: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for part in parents:
        found = found.setdefault(part, {})
    found[last] = value


def _check_keys(config: Config) -> None:
    """Keys of the shared sections that no method knows."""
    known = {key for m in METHODS.values() for key in (m.section, *m.keys, *m.accepted_keys) if key}
    for name in ("rivals", "methods"):
        for key in getattr(config, name):
            if f"{name}.{key}" not in known:
                meant = did_you_mean(key, (k.removeprefix(f"{name}.") for k in known))
                raise ConfigError(f"config: {name}.{key}: unknown field{meant}")
