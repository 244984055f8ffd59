"""A run as Python sees it: its state, tables, lineage, student; read anew each time it is asked."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from evokd.api.drawing import Drawing
from evokd.api.tables import TableName, frame, rows_of
from evokd.api.trace import Trace
from evokd.config import ConfigError
from evokd.config.task import CAUSAL_KINDS
from evokd.runs.files import Unreadable
from evokd.runs.formatting import count, ratio
from evokd.runs.lineage import Lineage
from evokd.runs.run import Run as Head
from evokd.runs.run import mapping, read_run
from evokd.runs.scores import metric_name
from evokd.runs.totals import read_edges
from evokd.store.run_dir import RunDir
from evokd.viewer.visible import visible

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS: dict[TableName, tuple[str, ...]] = {
    "metrics": ("round", "billed_tokens", "useful_tokens", "accepted", "rejected"),
    "calls": ("id", "round", "source", "target", "status", "prompt_tokens", "completion_tokens"),
    "rows": ("row", "round", "node", "kind", "text", "label", "verdict"),
    "edges": ("source", "target", "calls", "prompt_tokens", "completion_tokens"),
}
"""Of tables without a row yet."""


class Run:
    """A run directory, be it running, done or stopped: `evokd.load(dir)`, or what a run gives.

    Tables need pandas; `to_dicts` gives the same rows without. Raises `evokd.Unreadable` where a
    file of the run is missing or damaged.
    """

    def __init__(self, directory: Path) -> None:
        """Nothing is read yet; `evokd.load` checks that there is a run."""
        self.directory = directory
        """Where it lies."""
        self._student: Any = None

    @classmethod
    def load(cls, directory: str | PathLike[str]) -> Run:
        """See `load`."""
        return cls(RunDir.open(Path(directory)).path)

    @property
    def _head(self) -> Head:
        return read_run(self.directory)

    @property
    def name(self) -> str:
        """Of its config."""
        return str(self._head.info.get("name", self.directory.name))

    @property
    def status(self) -> str:
        """`done`, `running`, `failed`, `interrupted`, or `killed` where no process holds it."""
        return self._head.status

    @property
    def reason(self) -> str | None:
        """Why it ended; None while it runs."""
        said = self._head.info.get("reason")
        return None if said is None else str(said)

    @property
    def info(self) -> dict[str, Any]:
        """run.json: id, versions, seeds, times."""
        return self._head.info

    @property
    def config(self) -> dict[str, Any]:
        """The resolved config as written, paths absolute; to be changed and run again."""
        return copy.deepcopy(self._head.config)

    @property
    def score(self) -> float | None:
        """The task's metric on the test rows, in [0, 1], of the last round that was closed."""
        head = self._head
        return head.score(-1)

    @property
    def metrics(self) -> DataFrame:
        """One line a round; 0 is after the warm-up.

        `round`, `billed_tokens`, `useful_tokens`,
        `accepted` and `rejected` rows, `hard_error` and `easy_error` in [0, 1], scores in [0, 1]
        as `test.macro_f1`, `dev.accuracy`, …, and with `loop.representation` where the rows stand,
        as `representation.vendi`, … (`evokd.runs.representation`).
        """
        return self._frame("metrics")

    @property
    def calls(self) -> DataFrame:
        """One line an attempt of a call, as the ledger has them.

        `source` and `target` node,
        `model`, `status`, `prompt_tokens`, `completion_tokens`, `usd` (None: unknown), `seconds`.
        """
        return self._frame("calls")

    @property
    def rows(self) -> DataFrame:
        """One line a written text.

        `row` (its id), `round`, `node`, `text`, `label`, `verdict`
        (accept, relabel, reject, retry, open) with `reason`, and what the student `predicted`
        before it trained on it, with its `confidence` in [0, 1].
        """
        return self._frame("rows")

    @property
    def edges(self) -> DataFrame:
        """One line an edge: who handed the work over → who spent.

        `source`, `target`, `calls`
        (attempts), tokens by kind, `usd` (None: unknown).
        """
        return self._frame("edges")

    def to_dicts(self, table: TableName) -> list[dict[str, Any]]:
        """The rows of `metrics`, `calls`, `rows` or `edges`, without pandas."""
        return rows_of(self._head, table)

    def _frame(self, table: TableName) -> DataFrame:
        return frame(self.to_dicts(table), COLUMNS[table])

    def trace(self, row: str) -> Trace:
        """Where a row came from and what it led to.

        Args:
            row: Its id: `r001-h003`, or `train-12` of a seed shot.

        Raises:
            ConfigError: no such row.
        """
        run = RunDir.open(self.directory)
        if not run.events.is_file():
            raise ConfigError(f"{self.directory}: this run has no events yet")
        with Lineage(run) as lineage:
            back, forward = lineage.back(row), lineage.forward(row)
        if back is None or forward is None:
            raise ConfigError(
                f"{row}: no such row in this run; ids look like r001-h003 (column `row` of"
                " `.rows`), and those of seed shots like train-12"
            )
        return Trace(back, forward)

    def predict(
        self, texts: Sequence[str] | str, *, abstain_below: float | None = None
    ) -> list[dict[str, Any]]:
        """The student's verdicts, in the order of the texts; it is loaded once.

        Args:
            texts: Texts, or rows of data in JSON as `evokd predict` takes them (pairs and
                questions with choices are such rows).
            abstain_below: Least confidence of an answer, in (0, 1]; below it `label` is None,
                `abstained` True, and `likeliest` what it would have been.

        Returns:
            For each `{"text", "label", "confidence", "margin", "probabilities"}`, numbers in
            [0, 1], calibrated where the run fitted a temperature; `probabilities` by label for
            classification, pairs and choices alone. Of a student that reasons `{"text", "answer",
            "response", "finish"}`.

        Raises:
            ConfigError: no student yet, a text that is empty or no such row, or an `abstain_below`
                that is no confidence.
        """
        from evokd.runs.answers import answers, check_abstention, load_student

        check_abstention(abstain_below, "abstain_below")
        texts = [texts] if isinstance(texts, str) else list(texts)
        for number, text in enumerate(texts, 1):
            if not isinstance(text, str) or not text.strip():
                raise ConfigError(f"text {number}: expected a text, found {text!r:.60}")
        if not texts:
            return []
        config = RunDir.open(self.directory).config()
        if config.task.kind in CAUSAL_KINDS:
            if abstain_below is not None:
                raise ConfigError("abstain_below: a student that reasons has no confidence")
            from evokd.api.reasoning import Reasoner

            self._student = self._student or Reasoner.of(self.directory)
            found: list[dict[str, Any]] = self._student.answers(texts)
            return found
        from evokd.runs.typed import Typed

        self._student = student = self._student or load_student(self.directory)
        typed = Typed.of(student.kind, config)
        read = [typed.text(text, f"text {number}") for number, text in enumerate(texts, 1)]
        return answers(student, read, probabilities=True, abstain_below=abstain_below)

    @property
    def graph(self) -> Drawing:
        """The nodes that worked and the tokens along their edges, shown as a picture."""
        head = self._head
        books = read_edges(head)
        return Drawing(tuple(books.edges), books.last if head.status == "done" else None)

    def __repr__(self) -> str:
        return f"Run({str(self.directory)!r}, {self.status})"

    def _repr_html_(self) -> str:
        head = self._head
        metric = head.score_names[0]
        names = ["round", "billed tokens", "accepted", "rejected"]
        splits = [one for one in ("dev", "test") if any(line.get(one) for line in head.metrics)]
        names += [f"{split} {metric_name(metric)}" for split in splits]
        lines = [
            [
                str(line["round"]),
                *(count(line.get(key)) for key in ("billed_tokens", "accepted", "rejected")),
                *(ratio(mapping(line.get(split)).get(metric)) for split in splits),
            ]
            for line in head.metrics
        ]
        said = f"{head.info.get('name', head.name)}: {head.status}"
        said += f" ({head.info['reason']})" if head.info.get("reason") else ""
        return table(visible(said), names, lines, [self._tokens(head), *head.notes])

    def _tokens(self, head: Head) -> str:
        try:
            books = read_edges(head)
        except Unreadable as problem:
            return str(problem)
        return f"{count(books.tokens('billed'))} tokens in {count(books.calls)} calls"


def table(
    title: str, names: Sequence[str], lines: Sequence[Sequence[str]], below: Sequence[str] = ()
) -> str:
    """A small HTML table; everything is escaped."""
    head = _cells("th", names)
    body = Markup("").join(Markup("<tr>{}</tr>").format(_cells("td", line)) for line in lines)
    foot = Markup("").join(Markup("<div>{}</div>").format(visible(line)) for line in below)
    return str(
        Markup("<div><strong>{}</strong></div><table><tr>{}</tr>{}</table>{}").format(
            title, head, body, foot
        )
    )


def _cells(kind: str, words: Sequence[str]) -> Markup:
    one = Markup(f"<{kind} style='text-align:right'>{{}}</{kind}>")
    return Markup("").join(one.format(visible(word)) for word in words)


def load(directory: str | PathLike[str]) -> Run:
    """A run directory, be it running, done or stopped.

    Raises:
        ConfigError: the folder holds no run.
    """
    return Run.load(directory)
