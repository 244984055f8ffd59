"""Several annotations of a text: reading, majority by head, scores by head, balanced answers."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import ConfigError, DataConfig, TaskConfig
from evokd.tasks.example import Example
from evokd.tasks.formats.multi import (
    MultiTask,
    combinations,
    descriptions,
    heads_of,
    join,
    split,
    words,
)
from evokd.tasks.task import draw_shots, load_task

HEADS: dict[str, Any] = {
    "topic": {"labels": {"room": "the bed", "food": "", "staff": "the people"}},
    "mood": {
        "labels": ["bad", "good"],
        "column": "feeling",
        "label_map": {"0": "bad", "1": "good"},
    },
}
NAMES = {"topic": ("room", "food", "staff"), "mood": ("bad", "good")}


def form(**data: Any) -> MultiTask:
    return MultiTask(TaskConfig(kind="multi", heads=HEADS, data=DataConfig(**data)))


def answer(topic: str, mood: str) -> str:
    return join({"topic": topic, "mood": mood})


def rows(*labels: str) -> list[Example]:
    return [Example(f"t-{i}", f"text {i}", label) for i, label in enumerate(labels)]


def test_a_row_has_a_class_of_each_head() -> None:
    made = form()
    assert made.columns(DataConfig()) == {
        "text": "text",
        "heads.topic.column": "topic",
        "heads.mood.column": "feeling",
    }
    row = {"text": "A bed.", "heads.topic.column": "room", "heads.mood.column": 1}
    text, label = made.read(row, "x")
    assert (text, label) == ("A bed.", '{"topic":"room","mood":"good"}')
    assert made.classes(label) == ("topic: room", "mood: good")
    assert made.words(label) == "topic: room; mood: good"
    assert made.labels[3:] == ("mood: bad", "mood: good")
    assert heads_of(made.labels) == NAMES


def test_what_is_wrong_in_a_row_is_named_with_its_head() -> None:
    row = {"text": "A bed.", "heads.topic.column": "roof", "heads.mood.column": "good"}
    with pytest.raises(
        ConfigError, match=r"row 3: topic: 'roof' is not in task.heads.topic.labels"
    ):
        form().read(row, "f: row 3")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"data": {"label_map": {"0": "bad"}}},
            r"task.data.label_map.*task.heads.<name>.label_map",
        ),
        ({"heads": {**HEADS, "a: b": HEADS["mood"]}}, r"task.heads: 'a: b'"),
        (
            {"heads": {**HEADS, "mood": {"labels": ["bad", "good"], "label_map": {"2": "so"}}}},
            r"task.heads.mood.label_map.2: 'so'",
        ),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(change: dict[str, Any], said: str) -> None:
    config = TaskConfig.model_validate({"kind": "multi", "heads": HEADS, "data": {}, **change})
    with pytest.raises(ConfigError, match=said):
        MultiTask(config)


def test_a_missing_column_is_named_with_its_head(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "a", "topic": "room"}\n', encoding="utf-8")
    data = {"train": str(file), "test": str(file)}
    config = TaskConfig.model_validate({"kind": "multi", "heads": HEADS, "data": data})
    with pytest.raises(ConfigError, match=r"'feeling' \(task.heads.mood.column\)"):
        load_task(config)


def test_a_row_that_lacks_the_label_of_one_head_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [("room", "good"), ("room", -1), (-1, "good"), ("food ", 0.0)]
    lines = [json.dumps({"text": "a", "topic": one, "feeling": two}) for one, two in rows]
    file.write_text("\n".join(lines), encoding="utf-8")
    data = {"train": str(file), "test": str(file), "no_label": [-1]}
    task = load_task(TaskConfig.model_validate({"kind": "multi", "heads": HEADS, "data": data}))
    labels = [answer("room", "good"), answer("food", "bad")]
    assert [(row.id, row.label) for row in task.test] == [
        ("test-0", labels[0]),
        ("test-3", labels[1]),
    ]


def test_shots_serve_every_class_of_every_head(tmp_path: Path) -> None:
    for name, start in (("train", 0), ("test", 100)):
        lines = [
            json.dumps({"text": f"text {start + i}", **one, "feeling": one["mood"]})
            for i, one in enumerate(combinations(NAMES) * 4)
        ]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    data = {name: str(tmp_path / f"{name}.jsonl") for name in ("train", "test")}
    config = TaskConfig.model_validate({"kind": "multi", "heads": HEADS, "data": data})
    task = load_task(config)
    for k in (1, 2):
        drawn = draw_shots(task, k, seed=3)
        assert len(drawn) == 5 * k
        counts = Counter(name for row in drawn for name in task.task_format.classes(row.label))
        assert set(counts) == set(task.labels) and min(counts.values()) >= k


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([("room", "good")], ("room", "good")),
        ([], None),
        ([("room", "good"), ("food", "good")], None),
        # each voter misses another head: by whole answers a tie, by heads nobody is right alone
        ([("room", "bad"), ("food", "good"), ("room", "good")], ("room", "good")),
        ([("room", "bad"), ("food", "bad"), ("staff", "bad")], None),
    ],
)
def test_the_majority_is_that_of_each_head(
    votes: list[tuple[str, str]], expected: tuple[str, str] | None
) -> None:
    found = form().majority([answer(*vote) for vote in votes])
    assert found == (answer(*expected) if expected else None)


def test_scores_are_those_of_each_head_and_their_mean() -> None:
    gold = [answer("room", "good"), answer("food", "bad"), answer("staff", "good")]
    said = [answer("room", "good"), answer("food", "good"), answer("room", "good")]
    found = form().scores(rows(*gold), said)
    assert found["topic.accuracy"] == pytest.approx(2 / 3)
    assert found["mood.accuracy"] == pytest.approx(2 / 3)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["all_right"] == pytest.approx(1 / 3)
    means = (found["topic.macro_f1"] + found["mood.macro_f1"]) / 2
    assert found["macro_f1"] == pytest.approx(means)
    report = form().report(rows(*gold), said)
    assert list(report) == list(form().labels)
    assert (report["topic: food"].f1, report["mood: bad"].f1) == (1.0, 0.0)


def test_a_wrong_answer_for_controls_is_wrong_in_one_head() -> None:
    label = answer("room", "good")
    for seed in range(20):
        other = split(form().other("text", label, random.Random(seed)))
        assert sum(other[head] != name for head, name in split(label).items()) == 1


@given(st.lists(st.integers(2, 7), min_size=2, max_size=3))
def test_answers_in_turn_are_balanced_and_miss_no_pair(sizes: list[int]) -> None:
    heads = {f"h{i}": tuple(f"c{i}{k}" for k in range(size)) for i, size in enumerate(sizes)}
    made = combinations(heads)
    assert len({join(one) for one in made}) == len(made)
    product = 1
    for size in sizes:
        product *= size
    assert len(made) == product
    for head, names in heads.items():  # any stretch from the start serves a head's classes alike
        for end in range(1, len(made) + 1):
            counts = Counter(one[head] for one in made[:end])
            spread = [counts[name] for name in names]
            assert max(spread) - min(spread) <= max(1, product // max(sizes))


def test_neighbours_differ_in_both_heads() -> None:
    made = combinations({"a": ("x", "y"), "b": ("p", "q")})
    assert [words(one) for one in made] == ["a: x; b: p", "a: y; b: q", "a: x; b: q", "a: y; b: p"]


def test_whole_answers_are_described_by_their_parts() -> None:
    lines = descriptions(form().config)
    assert lines["topic: room"] == "the bed"
    assert lines["topic: room; mood: good"] == "the bed; good"
