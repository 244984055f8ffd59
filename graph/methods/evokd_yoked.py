"""Control of EvoKD: the feedback is another run's, round for round.

A yoked design: the readers get rows that some student of this task got right and wrong, as hard
and as many as ever, only not *this* student's. What EvoKD earns beyond it is earned by aiming at
the student's own mistakes. In a study the other run is the EvoKD cell of the next seed.

The other run keeps what its readers were shown in `rounds/*/predictions.jsonl`: text, label,
prediction, margin, mark. A round without an accepted row has none there, and its readers kept what
they had, so the last rows before it are taken; so too once the other run has come to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.records import Mark, Marked
from evokd.config import Config, ConfigError, TaskConfig
from evokd.config.strict import Strict
from evokd.store.events import Warned
from evokd.store.run_dir import RunDir
from evokd.tasks.text import normalise
from graph.core.told import keep_told
from graph.methods.evokd import EvoKDLoop

if TYPE_CHECKING:
    from evokd.tasks.task import Task
    from graph.core.node_context import NodeContext
    from prompts.pack import Pack

FIELD = "methods.evokd_yoked.run"
PREFIX = "other-"
"""Before the ids of the other run's rows, which would else be those of rows of this one."""
FILE = "predictions.jsonl"


class YokedSettings(Strict):
    """Its settings."""

    run: str | None = None
    """Directory of a finished EvoKD run on the same task; needed."""


class EvoKDYoked(EvoKDLoop):
    """EvoKD with the feedback of another run."""

    name = "evokd_yoked"
    settings_type = YokedSettings
    section = "methods.evokd_yoked"
    follows = "evokd"
    marks = "yoked"

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._other: OtherRun | None = None
        self._invents = False

    def check(self, task: Task, pack: Pack) -> None:
        """See `Method`: the other run must be one that this can follow.

        Raises:
            ConfigError: none is named, or it is not a finished EvoKD run of this task.
        """
        super().check(task, pack)
        self._other = self._read()

    def stand_in(self) -> None:
        """See `Method`: without another run, the student's own verdicts are as many and as long."""
        self._invents = True

    def remarks(self) -> list[str]:
        """See `Method`."""
        other = self._other
        if other is None or other.seed != self.config.seed:
            return super().remarks()
        said = f"{FIELD}: {other.path} has the same seed, so round 1 gets its own feedback"
        return [*super().remarks(), said]

    def handed_on(self, fed: str) -> str:
        """See `EvoKDLoop`."""
        return f"{fed}, of another run"

    def tell(self, node: NodeContext, marked: Sequence[Marked]) -> Sequence[Marked]:
        """See `LoopMethod`: what the other run's student was told in the same round."""
        if self._invents:
            return marked
        if self._other is None:
            self._other = self._read()
        other, number = self._other, node.edge.round
        source, rows = other.feedback(number)
        if number == other.last + 1:
            said = f"{other.path} has {other.last} rounds; its last feedback is used again"
            node.emit(Warned(text=said))
        told = [
            replace(row, row=f"{PREFIX}{row.row}")
            for row in rows
            if normalise(row.text) not in node.run.off_limits
        ]
        keep_told(node, told, source=str(other.path), source_round=source)
        return told

    def _read(self) -> OtherRun:
        if self.settings.run is None:
            raise ConfigError(
                f"{FIELD}: expected the directory of a finished `{self.follows}` run; none is named"
            )
        return read_other(Path(self.settings.run), self.config, str(self.follows))


class _Line(BaseModel):
    """A line of predictions.jsonl."""

    model_config = ConfigDict(extra="ignore", strict=True)

    row: str
    text: str = Field(min_length=1)
    label: str
    predicted: str
    margin: float = Field(ge=0, le=1)
    mark: Mark
    kind: str = ""
    loss: float | None = None


class OtherRun:
    """The feedback of a finished run, by round."""

    def __init__(self, path: Path, seed: int, rounds: Sequence[Sequence[Marked]]) -> None:
        """Args.

        path: Its directory.
        seed: Its own.
        rounds: Marked rows of each round from 0; none where nothing was accepted.
        """
        self.path, self.seed = path, seed
        self._rounds = rounds
        self.last = len(rounds) - 1

    def feedback(self, number: int) -> tuple[int, Sequence[Marked]]:
        """The rows that its readers had after a round, and the round they are of."""
        for source in range(min(number, self.last), -1, -1):
            if self._rounds[source]:
                return source, self._rounds[source]
        return 0, ()


def read_other(path: Path, config: Config, method: str) -> OtherRun:
    """Read and check the run that is followed.

    Args:
        path: Its directory.
        config: Of the run that follows it.
        method: What it must have been.

    Raises:
        ConfigError: saying what is wrong with it.
    """
    try:
        directory = RunDir.open(path)
        run, theirs = directory.run(), directory.config()
    except ConfigError as error:
        raise ConfigError(f"{FIELD}: {error}") from None
    for wrong in _misfits(run, theirs, config, method):
        raise ConfigError(f"{FIELD}: {path}: {wrong}")
    folders = sorted(folder for folder in (path / "rounds").glob("[0-9]*") if folder.is_dir())
    if [folder.name for folder in folders] != [f"{n:03d}" for n in range(len(folders))]:
        raise ConfigError(f"{FIELD}: {path}/rounds: rounds are missing")
    rounds = [_rows(folder / FILE) for folder in folders]
    if len(rounds) < 2 or not any(rounds):
        raise ConfigError(f"{FIELD}: {path}: expected at least one round with feedback in it")
    return OtherRun(path, theirs.seed, rounds)


def _misfits(run: dict[str, Any], theirs: Config, ours: Config, method: str) -> list[str]:
    found = []
    if run.get("status") != "done":
        found.append(f"expected a finished run, its status is {run.get('status')!r}")
    if theirs.method != method:
        found.append(f"expected a run of method {method}, it is one of {theirs.method}")
    mine, other = _identity(ours.task), _identity(theirs.task)
    found += [f"is of another task: its task.{x} differs" for x in mine if mine[x] != other[x]]
    return found


def _identity(task: TaskConfig) -> dict[str, Any]:
    """What two tasks must have in common; how a label is described plays no part."""
    return {
        "kind": task.kind,
        "language": task.language,
        "labels": sorted(task.labels),
        "heads": {name: sorted(head.labels) for name, head in task.heads.items()},
        "introduce": task.introduce,
    }


def _rows(file: Path) -> list[Marked]:
    """The rows of a round.

    Raises:
        ConfigError: naming file and line.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{FIELD}: {file}: can't be read ({error})") from None
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(Marked(**_Line.model_validate_json(line).model_dump()))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "line"
            raise ConfigError(
                f"{FIELD}: {file}, line {number}: {where}: {first['msg']}; expected row, text,"
                f" label, predicted, margin and mark ({', '.join(get_args(Mark))})"
            ) from None
    return found
