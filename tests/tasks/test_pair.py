"""Pairs: rows, what is wrong with them, and when two of them are the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import ConfigError, DataConfig, TaskConfig
from evokd.tasks.formats import task_format_of
from evokd.tasks.formats.pair import NearDuplicatePairs, join, split, typed
from evokd.tasks.task import draw_shots, load_task

LABELS = {"entailment": "follows", "neutral": "may be", "contradiction": "can't be"}
LONG = (
    "The council of the small town on the river decided on Tuesday, after a long debate about the "
    "budget, to close the old swimming pool at the end of the summer and to build a new one beside "
    "the school, which is to open in three years and will cost eleven million."
)
line = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1).filter(
    lambda text: text.split("\n") == [text]
)


def write(folder: Path, rows: Sequence[object]) -> TaskConfig:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "rows.jsonl").write_text(text, encoding="utf-8")
    file = str(folder / "rows.jsonl")
    return TaskConfig(kind="pair", labels=LABELS, data=DataConfig(train=file, test=file))


def row(premise: object = "It rains.", hypothesis: object = "It is wet.") -> dict[str, object]:
    return {"premise": premise, "hypothesis": hypothesis, "label": "entailment"}


@given(line, line)
def test_split_is_the_inverse_of_join(premise: str, hypothesis: str) -> None:
    assert split(join(premise, hypothesis)) == (premise, hypothesis)


def test_rows_are_two_lines_whatever_breaks_there_are(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, [row("It rains.\nHard.\u2028Very.", "It\r\nis wet.")]))
    assert task.train[0].text == "It rains. Hard. Very.\nIt is wet."
    assert task.metric == "macro_f1"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (row(hypothesis=" \n"), "row 2: hypothesis: expected text, found an empty one"),
        (row(premise=""), "row 2: premise: expected text, found an empty one"),
        (row(premise=None), "row 2: premise: expected text, found nothing"),
        (row(hypothesis=7), "row 2: hypothesis: expected text, found int '7'"),
        ({**row(), "label": "maybe"}, "row 2: label: 'maybe' is not in task.labels"),
    ],
)
def test_a_fault_names_row_and_column(tmp_path: Path, bad: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_task(write(tmp_path, [row(), bad]))


def test_a_missing_column_is_named_with_its_field(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no column 'hypothesis' \(task.data.hypothesis\)"):
        load_task(write(tmp_path, [{"premise": "It rains.", "label": "neutral"}]))


def test_two_pairs_of_one_premise_are_both_drawn(tmp_path: Path) -> None:
    rows = [row("It rains.", f"The {name} is wet.") for name in ("lawn", "roof", "dog")]
    for one, label in zip(rows, LABELS, strict=True):
        one["label"] = label
    config = write(tmp_path, rows)
    (tmp_path / "test.jsonl").write_text(json.dumps(row("x", "y")), encoding="utf-8")
    data = config.data.model_copy(update={"test": str(tmp_path / "test.jsonl")})
    assert len(draw_shots(load_task(config.model_copy(update={"data": data})), 1, 1)) == 3


def test_a_premise_alone_makes_no_twin() -> None:
    seen = NearDuplicatePairs()
    seen.add(join(LONG, "The town will have a new pool."))
    assert seen.twin(join(LONG, "The debate was short.")) is None
    assert seen.twin(join(LONG, "The town will have a new pool!")) is not None
    assert seen.twin(join(LONG.replace("eleven", "twelve"), "The town will have a new pool."))
    assert seen.twin(join("Nothing was decided.", "The town will have a new pool.")) is None


def test_the_nearest_of_several_hypotheses_is_the_twin() -> None:
    seen = NearDuplicatePairs()
    for hypothesis in ("Nobody debated.", "The pool is closed in autumn.", "It costs little."):
        seen.add(join(LONG, hypothesis))
    assert split(seen.twin(join(LONG, "The pool is closed in autumn")) or "")[1].startswith("The")


def test_faults_of_written_pairs() -> None:
    form = task_format_of(TaskConfig(kind="pair", labels=LABELS, data=DataConfig()))
    assert form.fault("It rains.\nIt is wet.", "neutral") is None
    assert form.fault("It rains.\nit rains", "entailment") == "the hypothesis repeats the premise"
    assert form.fault("It rains.", "neutral") == "one side of the pair is empty"


def test_the_part_to_say_in_other_words_is_the_hypothesis() -> None:
    form = task_format_of(TaskConfig(kind="pair", labels=LABELS, data=DataConfig()))
    assert form.cut("It rains.\nIt is wet.") == ("It rains.\n", "It is wet.", "")


@pytest.mark.parametrize("data", ["a b\nc d", {"premise": "a b", "hypothesis": "c\nd"}])
def test_what_a_user_types_becomes_a_pair(data: object) -> None:
    assert typed(data, "--text") == "a b\nc d"


@pytest.mark.parametrize("data", ["one line", {"premise": "a"}, {"premise": "a", "hypothesis": ""}])
def test_what_a_user_types_may_be_no_pair(data: object) -> None:
    with pytest.raises(ConfigError, match="--text"):
        typed(data, "--text")
