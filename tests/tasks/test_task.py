import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evokd.config import ConfigError, DataConfig, TaskConfig
from evokd.tasks.example import Example
from evokd.tasks.formats import task_format_of
from evokd.tasks.task import Task, draw_shots, load_task
from evokd.tasks.text import normalise

LABELS = {"neg": "the buyer is unhappy", "pos": "the buyer is happy"}
FORM = task_format_of(TaskConfig(labels=LABELS, data=DataConfig()))
ROWS = [("Bad.", "neg"), ("Good!", "pos"), ("Awful", "neg"), ("Superb", "pos")]


def _config(
    folder: Path,
    train: list[Any],
    test: list[Any] | None = None,
    labels: dict[str, str] = LABELS,
    **data: Any,
) -> TaskConfig:
    for name, rows in (("train", train), ("test", test or [("so so", "neg")])):
        lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    files = {name: str(folder / f"{name}.jsonl") for name in ("train", "test")}
    return TaskConfig.model_validate(
        {"labels": labels, "data": {**files, **data}, "language": "en"}
    )


def _task(train: list[tuple[str, str]], test: list[tuple[str, str]] | None = None) -> Task:
    def rows(split: str, pairs: list[tuple[str, str]]) -> tuple[Example, ...]:
        return tuple(Example(f"{split}-{i}", text, label) for i, (text, label) in enumerate(pairs))

    return Task(
        task_format=FORM,
        descriptions=LABELS,
        language="en",
        domain="review",
        metric="macro_f1",
        train=rows("train", train),
        test=rows("test", test or []),
        dev=None,
    )


def test_load_task(tmp_path: Path) -> None:
    config = _config(tmp_path, ROWS)
    task = load_task(config)
    assert task.labels == ("neg", "pos")
    assert task.descriptions == LABELS
    assert (task.language, task.domain, task.metric) == ("en", "text", "macro_f1")
    assert task.train[3] == Example("train-3", "Superb", "pos")
    assert task.test == (Example("test-0", "so so", "neg"),)
    assert task.dev is None


def test_dev_is_loaded_when_named(tmp_path: Path) -> None:
    config = _config(tmp_path, ROWS, dev=str(tmp_path / "test.jsonl"))
    assert load_task(config).dev == (Example("dev-0", "so so", "neg"),)


@pytest.mark.parametrize(
    ("values", "label_map"),
    [
        ([0, 1], {"0": "neg", "1": "pos"}),
        ([False, True], {"False": "neg", "True": "pos"}),
        (["1 star", "5 stars"], {"1 star": "neg", "5 stars": "pos"}),
        (["neg", "5 stars"], {"5 stars": "pos"}),
    ],
)
def test_label_map(tmp_path: Path, values: list[Any], label_map: dict[str, str]) -> None:
    rows = [("a", values[0]), ("b", values[1])]
    task = load_task(_config(tmp_path, rows, [("c", values[1])], label_map=label_map))
    assert [row.label for row in task.train] == ["neg", "pos"]


@pytest.mark.parametrize(
    ("value", "label_map"),
    [
        ("pos ", {}),
        ("\u00a0pos", {}),
        ("pos\u200b", {}),
        (" 5 stars", {"5 stars": "pos"}),
        ("5\u00a0stars", {"5 stars": "pos"}),
        (1.0, {"1": "pos"}),
        (1, {"1.0": "pos"}),
        ("1.0", {"1": "pos"}),
        (1.0, {"1": "neg", "1.0": "pos"}),  # exact first
        (2.5, {"2.5": "pos"}),
        (-1.0, {"-1": "pos"}),
    ],
)
def test_what_differs_in_nothing_that_counts_is_the_same_value(
    tmp_path: Path, value: Any, label_map: dict[str, str]
) -> None:
    config = _config(tmp_path, [("a", value), ("b", "neg")], label_map=label_map)
    assert load_task(config).train[0].label == "pos"


def test_a_name_in_the_data_is_taken_in_its_own_case(tmp_path: Path) -> None:
    rows = [("a", "US"), ("b", "us"), ("c", " us"), ("d", "Maße"), ("e", "Masse"), ("f", "e\u0301")]
    labels = {"US": "", "us": "", "Maße": "", "Masse": "", "é": ""}
    task = load_task(_config(tmp_path, rows, [("t", "us")], labels=labels))
    assert [row.label for row in task.train] == ["US", "us", "us", "Maße", "Masse", "é"]
    with pytest.raises(ConfigError, match=r"'Us' is not in task\.labels"):
        load_task(_config(tmp_path, [*rows, ("g", "Us")], [("t", "us")], labels=labels))


def test_floats_of_a_parquet_file_are_labels(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["a", "b", "c"], "label": [0.0, 1.0, None]})
    frame.to_parquet(tmp_path / "train.parquet")
    config = _config(
        tmp_path, ROWS, [("t", 1.0)], label_map={"0": "neg", "1": "pos"}, no_label=[None]
    )
    data = config.data.model_copy(update={"train": str(tmp_path / "train.parquet")})
    task = load_task(config.model_copy(update={"data": data}))
    assert [row.label for row in task.train] == ["neg", "pos"]
    assert task.unlabelled == {"train": 1}


@pytest.mark.parametrize("none", [-1, -1.0, "-1", " -1 ", "-1.0"])
def test_rows_without_a_label_are_left_out_and_counted(tmp_path: Path, none: Any) -> None:
    rows = [("a", none), *ROWS[:2], ("b", none), *ROWS[2:]]
    task = load_task(_config(tmp_path, rows, no_label=[-1]))
    whole = load_task(_config(tmp_path, ROWS))
    assert [(row.text, row.label) for row in task.train] == [
        (row.text, row.label) for row in whole.train
    ]
    assert task.train[0].id == "train-1"  # the numbers are those of the file
    assert (task.unlabelled, whole.unlabelled) == ({"train": 2}, {})


@pytest.mark.parametrize("none", [None, "", " ", float("nan")])
def test_nothing_may_be_no_label(tmp_path: Path, none: Any) -> None:
    task = load_task(_config(tmp_path, [("a", none), *ROWS], no_label=[None]))
    assert task.unlabelled == {"train": 1}


def test_a_split_without_any_label_is_refused(tmp_path: Path) -> None:
    config = _config(tmp_path, ROWS, [("t", -1), ("u", -1)], no_label=[-1])
    with pytest.raises(
        ConfigError, match=r"task\.data\.test: .*: no row has a label .*no_label: -1"
    ):
        load_task(config)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("x", "poss"), ["row 3: label", "'poss'", "'neg', 'pos'", "did you mean 'pos'"]),
        (("x", "Neg "), ["row 3: label", "'Neg '", "did you mean 'neg'"]),
        (("x", -1), ["row 3: label", "'-1'", "task.data.no_label: [-1]"]),
        (("x", ""), ["row 3: label", "''", "task.data.no_label: [null]"]),
        (("x", float("nan")), ["row 3: label", "expected a label", "task.data.no_label: [null]"]),
        (("x", 7), ["row 3: label", "'7'", "label_map"]),
        (("x", None), ["row 3: label", "expected a label", "nothing (null)"]),
        (("x", 1.5), ["row 3: label", "'1.5' is not in task.labels"]),
        (("x", ["neg"]), ["row 3: label", "expected a label", "list"]),
        (("", "neg"), ["row 3: text", "empty"]),
        ((" \n ", "neg"), ["row 3: text", "empty"]),
        ((None, "neg"), ["row 3: text", "expected text", "nothing (null)"]),
        ((12, "neg"), ["row 3: text", "expected text", "int '12'"]),
        (("\ud800", "neg"), ["row 3: text", "lone surrogate"]),
    ],
)
def test_bad_rows(tmp_path: Path, row: tuple[Any, Any], expected: list[str]) -> None:
    config = _config(tmp_path, [*ROWS[:2], row, *ROWS[2:]])
    with pytest.raises(ConfigError) as caught:
        load_task(config)
    message = str(caught.value)
    assert message.startswith(f"task.data.train: {tmp_path / 'train.jsonl'}: ")
    for part in expected:
        assert part in message
    assert "\n" not in message


def test_the_label_map_must_lead_to_labels(tmp_path: Path) -> None:
    config = _config(tmp_path, ROWS, label_map={"0": "negative"})
    with pytest.raises(ConfigError, match=r"^task\.data\.label_map\.0: 'negative' is not in task"):
        load_task(config)


def test_long_label_lists_are_cut_in_messages(tmp_path: Path) -> None:
    config = _config(tmp_path, [("x", "zzz")])
    config = config.model_copy(update={"labels": {f"l{i}": "" for i in range(77)}})
    with pytest.raises(ConfigError, match="'l9' and 67 more"):
        load_task(config)


def test_draws_are_by_class_in_config_order() -> None:
    drawn = draw_shots(_task(ROWS), 2, seed=1)
    assert [row.label for row in drawn] == ["neg", "neg", "pos", "pos"]


def test_draws_differ_by_seed() -> None:
    task = _task([(f"{label} {i}", label) for label in LABELS for i in range(50)])
    assert len({draw_shots(task, 3, seed) for seed in range(20)}) == 20


def test_too_few_rows() -> None:
    task = _task([*ROWS, ("x", "neg"), ("GOOD", "pos"), ("new", "pos")], [("new!", "pos")])
    with pytest.raises(ConfigError, match=r"^task\.shots: class 'pos' has 2 .* at least 3"):
        draw_shots(task, 3, seed=1)


def test_no_shots() -> None:
    with pytest.raises(ConfigError, match=r"task\.shots: expected at least 1"):
        draw_shots(_task(ROWS), 0, seed=1)


def test_test_rows_and_repeats_are_never_drawn() -> None:
    train = [
        ("good", "pos"),
        ("GOOD!", "pos"),
        ("nice", "pos"),
        ("Seen it.", "pos"),
        ("bad", "neg"),
    ]
    task = _task([*train, ("bäd", "neg")], [("seen it", "neg")])
    for seed in range(30):
        assert {row.text for row in draw_shots(task, 2, seed)} == {"good", "nice", "bad", "bäd"}


TEXTS = st.lists(st.text(min_size=1, max_size=8), min_size=6, max_size=30, unique_by=normalise)


@settings(deadline=None)
@given(TEXTS, st.integers(0, 2**31), st.randoms(use_true_random=False))
def test_properties_of_draws(texts: list[str], seed: int, rng: Any) -> None:
    pairs = [(text, "neg" if i % 2 else "pos") for i, text in enumerate(texts)]
    task = _task(pairs)
    one, three = draw_shots(task, 1, seed), draw_shots(task, 3, seed)
    assert set(one) < set(three) <= set(task.train)
    assert one == draw_shots(task, 1, seed)
    assert len(set(three)) == 6
    rng.shuffle(pairs)  # the order of the file plays no part
    assert [row.text for row in draw_shots(_task(pairs), 3, seed)] == [row.text for row in three]
    hidden = _task(pairs, [(one[0].text, "pos")])
    if len(texts) > 7:  # a row that is off limits leaves the ranks of the others as they are
        two = draw_shots(task, 2, seed)
        assert draw_shots(hidden, 1, seed)[0].text == two[1].text


def test_draws_do_not_depend_on_the_hash_seed() -> None:
    code = (
        "from evokd.config import TaskConfig\n"
        "from evokd.tasks.formats import task_format_of\n"
        "from evokd.tasks.task import Task, draw_shots\n"
        "from evokd.tasks.example import Example\n"
        "rows = tuple(Example(f'train-{i}', f'text {i}', 'ab'[i % 2]) for i in range(100))\n"
        "form = task_format_of(TaskConfig(labels=['a', 'b'], data={}))\n"
        "task = Task(form, {}, 'en', 'text', 'accuracy', rows, (), None)\n"
        "print([row.id for row in draw_shots(task, 3, 5)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    # The very rows stand here, so that a change of Python or of the code can't move them unseen.
    assert outputs == {"['train-40', 'train-92', 'train-66', 'train-81', 'train-25', 'train-49']\n"}
