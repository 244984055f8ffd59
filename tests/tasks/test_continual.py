"""Labels by round, scores by what came together, and what was forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from evokd.config import ConfigError, TaskConfig, parse_config
from evokd.tasks.continual import (
    START,
    forgetting,
    group_scores,
    groups,
    known,
    known_rows,
    task_format_at,
)
from evokd.tasks.example import Example
from evokd.tasks.formats import task_format_of
from graph.methods import method_of

LABELS = ["a", "b", "c", "d"]


def task(**changes: Any) -> TaskConfig:
    raw = {"labels": LABELS, "introduce": {5: ["a"], 3: ["d"]}, "data": {}, **changes}
    return TaskConfig.model_validate(raw)


def rows(*labels: str) -> list[Example]:
    return [Example(f"t-{i}", f"text {i}", label) for i, label in enumerate(labels)]


def test_a_label_is_known_from_its_round_on_in_the_order_of_the_config() -> None:
    assert [known(task(), n) for n in (0, 2, 3, 4, 5, 9)] == [
        ("b", "c"),
        ("b", "c"),
        ("b", "c", "d"),
        ("b", "c", "d"),
        ("a", "b", "c", "d"),
        ("a", "b", "c", "d"),
    ]
    assert groups(task()) == {START: ("b", "c"), "from round 3": ("d",), "from round 5": ("a",)}


def test_the_form_of_a_round_knows_no_later_label() -> None:
    config = task(data={"label_map": {"0": "a", "1": "b"}})
    form = task_format_of(config)
    early = task_format_at(form, config, 3)
    assert early.labels == ("b", "c", "d")
    assert task_format_at(form, config, 5) is form
    assert [row.label for row in known_rows(rows("a", "b", "d"), early)] == ["b", "d"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"introduce": {3: ["x"]}}, "'x' is not in task.labels"),
        ({"introduce": {3: ["a"], 4: ["a"]}}, "introduced twice"),
        ({"introduce": {3: ["a", "b", "c"]}}, "at least two labels"),
        ({"introduce": {0: ["a"]}}, "round .from 1."),
        ({"introduce": {3: []}}, "one or more labels"),
        ({"kind": "pair"}, "only for `kind: classification`"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], said: str) -> None:
    raw = {"task": {"labels": LABELS, "introduce": {3: ["d"]}, "data": {}, **change}}
    with pytest.raises(ConfigError, match=said):
        parse_config(raw)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "zerogen"}, "needs a method"),
        ({"method": "loss_ranked"}, "needs a method"),
        ({"method": "evokd_oracle"}, "needs a method"),
        ({"loop": {"rounds": 2}}, "round 3 is after"),
        ({"loop": {"patience": 2}}, "dev scores"),
        ({"loop": {"stop_below_gain": 0.01}}, "dev scores"),
    ],
)
def test_what_does_not_go_with_it_is_refused(change: dict[str, Any], said: str) -> None:
    data = {"dev": "dev.jsonl"}
    raw = {"task": {"labels": LABELS, "introduce": {3: ["d"]}, "data": data}, **change}
    with pytest.raises(ConfigError, match=said):
        method_of(parse_config(raw))


def test_the_rounds_survive_the_resolved_config() -> None:
    config = parse_config({"task": {"labels": LABELS, "introduce": {3: ["d"]}, "data": {}}})
    assert parse_config(config.model_dump(mode="json")).task.introduce == {3: ("d",)}


def test_a_groups_score_is_that_of_its_own_rows_among_all_known_labels() -> None:
    config = task()
    form = task_format_at(task_format_of(config), config, 3)
    gold = rows("b", "b", "c", "c", "d", "d")
    found = group_scores(config, form, gold, ["b", "d", "c", "c", "b", "d"])
    assert list(found) == [START, "from round 3"]
    assert found[START]["accuracy"] == pytest.approx(3 / 4)
    # b: 1 of 2 found and no false alarm among its group's rows; c: all
    assert found[START]["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)
    assert found["from round 3"]["accuracy"] == pytest.approx(1 / 2)


def test_forgetting_compares_just_before_with_the_end() -> None:
    def line(number: int, **scores: float) -> dict[str, Any]:
        named = {"old": START, "three": "from round 3", "five": "from round 5"}
        both = {named[k]: {"accuracy": v, "macro_f1": v / 2} for k, v in scores.items()}
        return {"round": number, "groups": both}

    lines = [line(0, old=0.5), line(1, old=0.7), line(2, old=0.8)]
    assert forgetting(task(), lines) == []
    lines += [line(3, old=0.6, three=0.9), line(4, old=0.7, three=0.8)]
    (one,) = forgetting(task(), lines)
    assert (one.group, one.introduced) == (START, 3)
    assert one.lost("accuracy") == pytest.approx(0.1)
    lines.append(line(5, old=0.4, three=0.75, five=1.0))
    found = forgetting(task(), lines)
    assert [(f.group, f.introduced) for f in found] == [
        (START, 3),
        (START, 5),
        ("from round 3", 5),
    ]
    assert [round(f.lost("accuracy"), 6) for f in found] == [0.4, 0.3, 0.05]
    assert found[0].lost("macro_f1") == pytest.approx(0.2)
