"""A study's files, read and checked: results.jsonl, curves.csv, classes.csv, study.yaml.

The runner writes them; tables, figures and the page are made of what is read here. Unknown columns
are passed over, so that a runner may write more. A value that can't be right is refused with file,
line and field: a number that was guessed would end up in a table.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from evokd.config import ConfigError
from evokd.runs.representation import MEASURES
from evokd.studies.measures.area import BY_TOKENS, area, known_to_the_end
from evokd.tasks.predictions import TestPredictions

RESULTS, CURVES, CLASSES, STUDY = "results.jsonl", "curves.csv", "classes.csv", "study.yaml"
PREDICTIONS, REFERENCES = "predictions.jsonl", "references.jsonl"
MARGIN = 0.02
EDGE = "tokens:"
"""What the name of an edge's column begins with."""


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _text(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, str | dict) else str(value)


OptionalText = Annotated[str, BeforeValidator(_text)]
OptionalCount = Annotated[Annotated[int, Field(ge=0)] | None, BeforeValidator(_blank)]
_Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[_Score | None, BeforeValidator(_blank)]
Amount = Annotated[_Amount | None, BeforeValidator(_blank)]
Flag = Annotated[bool | None, BeforeValidator(_blank)]


class _CellRow(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    cell: str
    """Id of the cell, unique in the study."""
    method: str
    task: str
    variant: OptionalText = ""
    """What else sets the cell apart: a switch left out, a pack; empty or `full`: nothing."""
    shots: OptionalCount = None
    """Seed texts a class; None: the method does not depend on it."""
    seed: OptionalCount = None
    budget: OptionalCount = None
    """Billed tokens at most; None: the method does not depend on it."""
    real_texts: Flag = None
    """Whether it saw texts of a pool; None: nobody wrote it down, and the method tells."""


class CellResult(_CellRow):
    """One line of results.jsonl."""

    status: Literal["done", "failed"]
    reason: OptionalText = ""
    billed_tokens: OptionalCount = None
    useful_tokens: OptionalCount = None
    calls: OptionalCount = None
    macro_f1: Share = None
    accuracy: Share = None
    start_macro_f1: Share = None
    """Of the student that knows the seed shots only."""
    metric: OptionalText = ""
    """What `score` is."""
    score: Share = None
    """The task's metric on the test rows."""
    start_score: Share = None
    """That of the student that knows the seed shots only."""
    rounds: OptionalCount = None
    accepted: OptionalCount = None
    kept: OptionalCount = None
    """Of the accepted rows, those that were trained on; None: no policy chose (`loop.keep`)."""
    rejected: OptionalCount = None
    leaked: OptionalCount = None
    """Generated rows that were removed because a test row says the same."""
    steps: OptionalCount = None
    """Optimiser steps, warm-up included."""
    trained_tokens: OptionalCount = None
    slice_recall: Share = None
    """Of the positive control: recall on the test rows of the slice that is planted."""
    start_slice_recall: Share = None
    """That of the student that knows the seed shots only."""
    rest_recall: Share = None
    """Recall on the other test rows of its class."""
    start_rest_recall: Share = None
    ece: Share = None
    """Expected calibration error of the last student on the test rows, as it is."""
    brier: Amount = None
    nll: Amount = None
    """Nats."""
    temperature: Amount = None
    """None: none was fitted."""
    scaled_ece: Share = None
    """These with the temperature."""
    scaled_brier: Amount = None
    scaled_nll: Amount = None
    flat: Flag = None
    """The method ran out of things to do before its budget."""
    area: Share = None
    """Mean score over 20 to 100 % of the budget, see `evokd.studies.measures.area`."""
    filled: Amount = None
    """Share of the budget that was billed."""
    refits: OptionalCount = None
    """Students trained anew on the stored rows; the columns that follow are over them."""
    last_score: Share = None
    """Mean of the task's metric."""
    last_sd: Amount = None
    """Sample sd of one fit."""
    refit_area: Share = None
    refit_area_sd: Amount = None
    students: dict[str, dict[str, Any]] | None = None
    """Other students on the same rows: name → mean `score` of their refits, `sd`, or `reason`."""
    keeps: dict[str, dict[str, Any]] | None = None
    """What policies would have kept of the same rows: name → see `refit_keeps`."""
    label_accuracy: Share = None
    """Share of accepted rows whose label a full-data student gives, too."""
    judge_accuracy: Share = None
    """That student's own, on the test rows."""
    reference: OptionalText = ""
    """Name of its teacher's own score."""
    revision: OptionalCount = None
    """Of the method; None: of an unknown one."""
    pack_sha: OptionalText = ""
    """Of the prompts that were asked with."""
    switches: Any = None
    wall_s: Amount = None
    versions: dict[str, Any] | None = None
    run: OptionalText = ""
    """The run's directory, absolute or relative to the study's."""


class CurvePoint(_CellRow):
    """One line of curves.csv: a closed round; 0 is the warm-up."""

    round: int = Field(ge=0)
    billed_tokens: int = Field(ge=0)
    """Cumulative."""
    useful_tokens: OptionalCount = None
    score: Share = None
    dev_score: Share = None
    """The task's metric on dev rows; None where the task has none."""
    macro_f1: Share = None
    accuracy: Share = None
    accepted: OptionalCount = None
    rejected: OptionalCount = None
    steps: OptionalCount = None
    edges: dict[str, int] = {}
    """Edge → cumulative billed tokens."""
    representation: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
    """By key of `evokd.runs.representation.MEASURES`; what a round lacks is left out."""


class ClassRow(_CellRow):
    """One line of classes.csv: what a round wrote for a class."""

    round: int = Field(ge=0)
    name: str = Field(alias="class")
    rows: int = Field(ge=0)
    f1_before: Share = None
    """F1 of the class before the round's training."""


class TeacherScore(BaseModel):
    """One line of references.jsonl: what a teacher scored by itself."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    reference: str
    teacher: OptionalText = ""
    pack: OptionalText = ""
    rows: int = Field(ge=1)
    """Train rows that no cell had as a shot."""
    unlabelled: OptionalCount = None
    """Of these, the ones without a usable answer; they count as wrong."""
    metric: OptionalText = ""
    score: Share = None
    tokens: OptionalCount = None
    """Apart from the books of all arms."""


class StudyFile(NamedTuple):
    """What study.yaml says, as far as the report needs it."""

    name: str
    kind: str
    """few_shot, ablation, token_curve, adaptability, strategy; empty where not said."""
    command: str
    """What was typed; a line each."""
    cells: int | None
    """How many cells the whole study has; None where not said."""
    variants: tuple[str, ...]
    """Names of the variants, in the file's order."""
    unchanged: tuple[str, ...]
    """Those that override nothing."""
    source: str
    """The file as it is."""
    overrides: Mapping[str, Mapping[str, Any]] = {}
    """Variant → what it changes."""
    margin: float = MARGIN
    """Two methods are equivalent if their scores surely differ by less."""
    against: str = ""
    """The variant or method that all others are held against; empty where not said."""


@dataclass(frozen=True)
class StudyResults:
    """Everything that was read; of a cell (or a round of it) that is there twice, the last line."""

    study_file: StudyFile
    cells: tuple[CellResult, ...] = ()
    points: tuple[CurvePoint, ...] = ()
    classes: tuple[ClassRow, ...] = ()
    folder: Path = field(default_factory=Path)
    predictions: Mapping[str, TestPredictions] = field(default_factory=dict)
    """Cell → its students' answers to the test rows."""
    references: tuple[TeacherScore, ...] = ()

    @property
    def done(self) -> tuple[CellResult, ...]:
        """Cells that finished; only they enter a statistic."""
        return tuple(cell for cell in self.cells if cell.status == "done")

    @property
    def failed(self) -> tuple[CellResult, ...]:
        return tuple(cell for cell in self.cells if cell.status == "failed")

    def missing(self) -> int | None:
        """Cells that neither finished nor failed yet; None where the study does not say."""
        whole = self.study_file.cells
        return None if whole is None else max(0, whole - len(self.cells))


def read_results(folder: Path) -> StudyResults:
    """Read a study's folder; files that are not there yet are empty.

    Raises:
        ConfigError: no such folder, or a line that can't be right (file, line and field).
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such study folder")
    cells = {cell.cell: cell for cell in _json_lines(folder / RESULTS, CellResult)}
    done = {cell.cell for cell in cells.values() if cell.status == "done"}
    points = {(p.cell, p.round): p for p in _table(folder / CURVES, CurvePoint, _curve_row)}
    classes = {(c.cell, c.round, c.name): c for c in _table(folder / CLASSES, ClassRow)}
    by_cell: dict[str, list[CurvePoint]] = {}
    for point in sorted(points.values(), key=lambda point: point.round):
        by_cell.setdefault(point.cell, []).append(point)
    whole = [_with_area(cell, by_cell.get(cell.cell, ())) for cell in cells.values()]
    return StudyResults(
        study_file=read_study_file(folder / STUDY),
        cells=tuple(sorted(whole, key=lambda cell: cell.cell)),
        points=tuple(points[key] for key in sorted(points) if key[0] in done),
        classes=tuple(classes[key] for key in sorted(classes) if key[0] in done),
        folder=folder,
        predictions=_predictions(folder / PREDICTIONS),
        references=tuple(_json_lines(folder / REFERENCES, TeacherScore)),
    )


def _with_area(cell: CellResult, points: Sequence[CurvePoint]) -> CellResult:
    """The area of a cell whose runner did not write one, if its rounds give it."""
    if cell.area is not None or cell.status != "done" or not points:
        return cell
    scores = [point.macro_f1 if point.score is None else point.score for point in points]
    tokens = [point.billed_tokens for point in points]
    known = [score for score in scores if score is not None]
    if len(known) < len(scores):
        return cell
    if cell.budget is None:  # nothing is spent: one score, whatever the budget
        return cell if any(tokens) else cell.model_copy(update={"area": known[-1]})
    filled = (cell.billed_tokens or tokens[-1]) / cell.budget
    update: dict[str, Any] = {"filled": filled}
    by_tokens = cell.reason == BY_TOKENS
    if known_to_the_end(flat=bool(cell.flat), by_tokens=by_tokens, filled=filled):
        update["area"] = area(tokens, known, cell.budget, known[0])
    return cell.model_copy(update=update)


def _predictions(path: Path) -> dict[str, TestPredictions]:
    """What can be read: an interval less is better than no report."""
    found = {}
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    for line in text.split("\n"):
        with contextlib.suppress(ValueError, KeyError, TypeError):
            raw = json.loads(line)
            found[str(raw["cell"])] = TestPredictions.from_json(raw)
    return found


def read_study_file(path: Path) -> StudyFile:
    """Read study.yaml; without one the study is called after its folder."""
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    try:
        raw: Any = yaml.safe_load(source) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: expected keys and values, not {type(raw).__name__}")
    command = raw.get("command") or ""
    lines = command if isinstance(command, list) else [command]
    cells = raw.get("cells")
    variants = _variants(raw.get("grid"))
    return StudyFile(
        name=str(raw.get("name") or path.parent.resolve().name),
        kind=str(raw.get("kind") or ""),
        command="\n".join(str(line) for line in lines),
        cells=len(cells) if isinstance(cells, list) else cells if type(cells) is int else None,
        variants=tuple(variants),
        unchanged=tuple(name for name, changes in variants.items() if not changes),
        source=source,
        overrides={name: one for name, one in variants.items() if isinstance(one, dict)},
        margin=_margin(raw.get("study")),
        against=_against(raw.get("study")),
    )


def _margin(section: Any) -> float:
    given = section.get("margin") if isinstance(section, dict) else None
    return float(given) if isinstance(given, int | float) and 0 < given < 1 else MARGIN


def _against(section: Any) -> str:
    given = section.get("against") if isinstance(section, dict) else None
    return given if isinstance(given, str) else ""


def _variants(grid: Any) -> dict[str, Any]:
    found = grid.get("variant") if isinstance(grid, dict) else None
    return {str(name): value for name, value in found.items()} if isinstance(found, dict) else {}


Model = TypeVar("Model", bound=BaseModel)


def _json_lines(path: Path, model: type[Model]) -> Iterator[Model]:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
        except ValueError as error:
            if number == len(lines):  # no line end: the writer was killed in the middle of it
                return
            raise ConfigError(f"{path}: line {number}: not valid JSON: {error}") from None
        yield _checked(path, number, model, raw)


def _as_they_are(row: dict[str, Any]) -> dict[str, Any]:
    return row


def _table(
    path: Path,
    model: type[Model],
    shape: Callable[[dict[str, Any]], dict[str, Any]] = _as_they_are,
) -> Iterator[Model]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows = [(reader.line_num, row) for row in reader]
    if rows and not text.endswith("\n"):  # the writer was killed in the middle of the last line
        del rows[-1]
    for line, row in rows:
        yield _checked(path, line, model, shape(row))


def _curve_row(row: dict[str, Any]) -> dict[str, Any]:
    edges = {
        str(name).removeprefix(EDGE): value
        for name, value in row.items()
        if str(name).startswith(EDGE) and value
    }
    measures = {name: row[name] for name in MEASURES if row.get(name)}
    return {**row, "edges": edges, "representation": measures}


def _checked(path: Path, line: int, model: type[Model], raw: Any) -> Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "the line"
        raise ConfigError(f"{path}: line {line}: {name}: {first['msg']}") from None
