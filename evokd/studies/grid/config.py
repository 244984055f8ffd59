"""The study file: a base config, what changes in all cells, and the grid.

evokd study examples/studies/token_curve.yaml --workers 2
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from evokd.config import ConfigError, KeepConfig, Track, anchored, explain, override, read_yaml
from evokd.config.nearest import did_you_mean
from evokd.config.plugins import load_plugins
from evokd.config.strict import Several, Strict
from evokd.config.yaml_text import dump_yaml
from graph.methods import METHODS
from student.selection.memory import MEMORIES

StudyKind = Literal["few_shot", "ablation", "token_curve", "adaptability", "strategy"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
T = TypeVar("T")


def _several(raw: Any) -> Any:
    return raw if raw is None or isinstance(raw, (list, tuple)) else [raw]


Filled = Annotated[T, Field(min_length=1)]
Axis = Annotated[Filled[tuple[T, ...]] | None, BeforeValidator(_several), Field(None), Several()]
"""Values of one axis; a single value may stand alone; None: what the base config says."""


class TaskEntry(Strict):
    """A task with settings of its own, such as a student that reads its language."""

    config: str
    """A run config."""
    overrides: dict[str, Any] = Field({}, alias="set")
    """Dotted overrides, stronger than the study's `set`, weaker than variants."""


def _as_entry(raw: Any) -> Any:
    return {"config": raw} if isinstance(raw, str) else raw


def _known_method(name: str) -> str:
    if name not in METHODS:
        known = METHODS.known
        raise ValueError(f"expected one of {', '.join(known)}{did_you_mean(name, known)}")
    return name


class GridConfig(Strict):
    """The axes; a cell is one value of each."""

    method: Axis[Annotated[str, AfterValidator(_known_method)]]
    """Names in `graph/methods`."""
    task: (
        Filled[
            dict[
                Name,
                Annotated[
                    TaskEntry, BeforeValidator(_as_entry, json_schema_input_type=str | TaskEntry)
                ],
            ]
        ]
        | None
    ) = None
    """Name → a run config whose sections override the base's; its `task` replaces the base's."""
    shots: Axis[Annotated[int, Field(ge=1)]]
    """Seed texts per class."""
    seed: Axis[Annotated[int, Field(ge=0)]]
    """Each is a run; n in the tables."""
    budget: Axis[Annotated[int, Field(gt=0)]]
    """Billed tokens."""
    variant: dict[Name, dict[str, Any]] = Field({"default": {}}, min_length=1)
    """Name → dotted overrides: ablations, packs, teachers."""
    seeds_of: dict[Name, Annotated[tuple[int, ...], BeforeValidator(_several), Several()]] = Field(
        {}
    )
    """Variant → the seeds it has, where it has not all of `seed`; names that are no variant of this
    grid play no part."""

    @model_validator(mode="after")
    def _once(self) -> GridConfig:
        for name in ("method", "shots", "seed", "budget"):
            values = getattr(self, name) or ()
            twice = sorted({str(value) for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"`{name}` holds {', '.join(twice)} more than once")
        return self


class Resources(Strict):
    """What one cell takes, for Ray; local workers share the machine's cores."""

    cpus: float = Field(1, gt=0)
    """Cores of one cell."""
    gpus: float = Field(0, ge=0)
    """GPUs of one cell; a fraction shares one."""


class MeasureConfig(Strict):
    """What is measured besides what each run measures itself; none of it is in the arms' books."""

    refits: int = Field(0, ge=0)
    """Students trained anew on a finished cell's stored rows, from base, each with other seeds; 0
    and 1: none. The cell's last score is their mean."""
    refit_rounds: Literal["last", "all"] = "last"
    """`all`: the rows of each round as well, so that the area under the curve is a mean of refits,
    too; as dear as that many runs that retrain."""
    refit_students: dict[Name, dict[str, Any]] = Field({})
    """Name → dotted settings under `student`: as many refits with these on the same stored rows,
    `{soft: {student.targets: soft}}`; needs `refits`."""
    refit_keeps: dict[Name, KeepConfig] = Field({})
    """Name → `{policy, share | per_class}` as in `loop.keep`: students trained anew on the stored
    rows that the policy would have kept, on as many random ones, and on all."""
    keep_refits: int = Field(3, ge=2)
    """Students of each of these, each with other seeds. They leave the cell's last score alone."""
    judge: bool = False
    """Train a student on the full training set, one a data set and seed, and ask it about the
    accepted rows' labels."""
    against: str | None = None
    """The variant, or the method, that all others are held against; null: EvoKD as it is (DASD
    among students that reason)."""
    margin: float = Field(0.02, gt=0, lt=1)
    """Two methods are equivalent if their scores surely differ by less."""
    teacher_reference: int = Field(0, ge=0)
    """Held-out train rows that the first labeler labels without any example, for its own score."""

    @model_validator(mode="after")
    def _students(self) -> MeasureConfig:
        if self.refit_students and not self.fits:
            raise ValueError("`refit_students` needs `refits: 2` or more, to be held against")
        for name, settings in self.refit_students.items():
            wrong = [key for key in settings if not key.startswith("student.")]
            if wrong or not settings:
                raise ValueError(
                    f"`refit_students.{name}`: expected settings of the student, such as"
                    f" `student.targets: soft`, got {wrong or 'none'}: rows are stored, and nothing"
                    " else can be other"
                )
        return self

    @model_validator(mode="after")
    def _keeps(self) -> MeasureConfig:
        serving = [name for name, policy in MEMORIES.items() if "keep" in policy.places]
        for name, keep in self.refit_keeps.items():
            if keep.policy not in serving:
                raise ValueError(
                    f"`refit_keeps.{name}.policy`: expected one of {', '.join(serving)}, got"
                    f" {keep.policy!r}{did_you_mean(keep.policy, serving)}"
                )
        return self

    @property
    def fits(self) -> int:
        """How many students are trained anew."""
        return self.refits if self.refits > 1 else 0


class StudyConfig(Strict):
    """A whole study."""

    name: Name
    """Names the study's folder, and heads its page."""
    plugins: tuple[str, ...] = ()
    """Modules, or paths of .py files, that register methods and roles; all cells get them."""
    kind: StudyKind
    """What the tables and figures show."""
    base: str | None = None
    """A run config, relative to the study file."""
    config: dict[str, Any] | None = None
    """The base config itself, instead of a file."""
    overrides: dict[str, Any] = Field({}, alias="set")
    """Dotted overrides for all cells, stronger than base and task, weaker than variants."""
    grid: GridConfig
    whole: dict[str, Any] = Field({}, exclude=True)
    """Axes of the whole study, with `--set size=whole`: for somebody with a fast server, where
    `grid` is what a small machine can do. Tasks and variants are added to those of `grid`, other
    axes, and an empty mapping, take the place of what it has."""
    size: Literal["cut", "whole"] = Field("cut", exclude=True)
    """Which of the two is run."""
    study: MeasureConfig = MeasureConfig()
    resources: Resources = Resources()
    track: Track | None = None
    """Experiment trackers that are told of all cells: a group with a run for each. null: those that
    the run configs name. It changes no cell, and a finished one is not run again for it."""
    keep_students: bool = True
    """Keep each finished run's `student/` (90 MB with the embedded one)."""
    command: tuple[str, ...] = ()
    """Written by the runner: what was typed."""
    cells: int | None = None
    """Written by the runner: how many the grid has."""

    @field_validator("overrides", mode="before")
    @classmethod
    def _none(cls, raw: Any) -> Any:
        return {} if raw is None else raw

    @model_validator(mode="after")
    def _one_base(self) -> StudyConfig:
        if self.base is not None and self.config is not None:
            raise ValueError("expected `base` or `config`, not both")
        if self.base is None and self.config is None and self.grid.task is None:
            raise ValueError("expected `base`, `config` or `grid.task`: there is no task to run")
        return self

    def to_yaml(self) -> str:
        """The study as its folder keeps it."""
        empty = set() if self.plugins else {"plugins"}
        empty |= {"track"} if self.track is None else set()
        return dump_yaml(self.model_dump(mode="json", by_alias=True, exclude=empty))


def is_study(path: Path) -> bool:
    """Whether a YAML file is a study: a run config has no grid."""
    return "grid" in read_yaml(path)


def load_study(path: Path, overrides: Iterable[str] = ()) -> StudyConfig:
    """Read a study file; the files it names come out absolute.

    Raises:
        ConfigError: naming the field and what was expected.
    """
    return made_study(read_yaml(path), path.resolve().parent, str(path), overrides)


def made_study(
    given: Mapping[str, Any], here: Path, origin: str = "study", overrides: Iterable[str] = ()
) -> StudyConfig:
    """The same of a mapping, whose plug-ins are imported.

    Args:
        given: As a study file has it; it is not changed.
        here: What paths in it are relative to.
        origin: Stands in messages.
        overrides: `a.b=value`.

    Raises:
        ConfigError: naming the field and what was expected.
    """
    raw = copy.deepcopy(dict(given))
    if "grid" not in raw:
        raise ConfigError(f"{origin}: grid: missing (a run config goes to `evokd run`)")
    items = list(overrides)
    for item in items:
        _override(raw, item)
    if raw.get("size") == "whole":
        raw["grid"] = _whole(raw, origin)
        for item in items:
            if item.startswith("grid."):  # they are about the grid that is run
                _override(raw, item)
    raw |= {key: value for key, value in anchored(raw, here).items() if key == "plugins"}
    load_plugins(raw.get("plugins") or ())  # the grid may name their methods
    try:
        study = StudyConfig.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(explain(error, origin, StudyConfig)) from None
    tasks = study.grid.task
    if tasks is not None:
        tasks = {
            name: entry.model_copy(update={"config": str((here / entry.config).resolve())})
            for name, entry in tasks.items()
        }
    return study.model_copy(
        update={
            "base": None if study.base is None else str((here / study.base).resolve()),
            "grid": study.grid.model_copy(update={"task": tasks}),
        }
    )


_OVERRIDES = re.compile(r"(set|grid\.task\.[^.=]+\.set|grid\.variant\.[^.=]+)\.([^.=]+\.[^=]+)=")
"""A setting of cells, given one by one: the mapping of dotted overrides, and the dotted name."""


def _override(raw: dict[str, Any], item: str) -> None:
    """As in a run config; but `set.a.b=value` is one more dotted override of all cells.

    A section made of it would take the place of what the file sets beside it.
    """
    found = _OVERRIDES.match(item)
    own: Any = raw
    for part in found[1].split(".") if found else ():
        own = own.setdefault(part, {}) if isinstance(own, dict) else None
    if not found or not isinstance(own, dict):
        override(raw, item)
        return
    value: Any = {}
    override(value, item)
    for part in f"{found[1]}.{found[2]}".split("."):
        value = value[part]
    own.pop(found[2], None)  # it comes last, and so has the last word
    own[found[2]] = value


def _whole(raw: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """The grid with the axes of the whole study.

    Raises:
        ConfigError: the file has but one.
    """
    axes = raw.get("whole")
    if not isinstance(axes, dict) or not isinstance(raw["grid"], dict):
        raise ConfigError(f"{origin}: size: whole: the file has no `whole:` with axes of the grid")
    grid: dict[str, Any] = dict(raw["grid"])
    for name, axis in axes.items():
        below = grid.get(name)
        if axis and isinstance(axis, dict) and isinstance(below, dict):
            axis = {**below, **axis}
        grid[name] = axis
    return grid
