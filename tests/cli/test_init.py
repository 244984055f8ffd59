"""`evokd init` as a person and as a script use it: sixty rows in, a config that runs out."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evokd.cli import init as init_module
from evokd.config import Config, load_config
from evokd.store.run_dir import RunDir
from evokd.tasks.task import draw_shots, load_task
from tests.cli.conftest import Evokd
from tests.servers.model_list import fake_model_list
from tests.student.tiny import save_base

NAMES = ("refund", "delivery", "praise")


def _write(file: Path, names: tuple[Any, ...] = NAMES, count: int = 60) -> Path:
    rows = [(i, f"message {i} about a kettle", names[i % len(names)]) for i in range(count)]
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter="\t" if file.suffix == ".tsv" else ",").writerows(
            [("id", "body", "topic"), *rows]
        )
    return file


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    return _write(tmp_path / "tickets.csv")


def _checked(file: Path) -> Config:
    config = load_config(file)
    task = load_task(config.task)
    assert task.train and task.test
    draw_shots(task, config.task.shots, config.seed)
    return config


def test_a_config_beside_the_data_that_loads_as_it_is(evokd: Evokd, tickets: Path) -> None:
    result = evokd("init", tickets)
    assert result.exit_code == 0, result.output
    config = _checked(tickets.with_suffix(".yaml"))
    assert (config.name, config.task.data.text, config.task.data.label) == (
        "tickets",
        "body",
        "topic",
    )
    assert list(config.task.labels) == sorted(NAMES)
    assert all(line.startswith("TODO") for line in config.task.labels.values())
    assert config.task.data.test is None and config.task.shots == 5
    assert config.teachers.default[0].embedded == "smollm2-135m"
    assert "train: tickets.csv\n" in tickets.with_suffix(".yaml").read_text(encoding="utf-8")
    for said in ("column 'body'", "column 'topic'", "12 of 60", "evokd check", "evokd run"):
        assert said in result.stdout, result.stdout


def test_from_the_data_to_a_student(evokd: Evokd, tickets: Path) -> None:
    folder = tickets.parent
    save_base(folder / "base")
    assert evokd("init", tickets).exit_code == 0
    sets = [
        "teachers={default: {scripted: true}}",
        "prompts.pack=evokd",
        "student={model: base, max_length: 32, warm_up_epochs: 1, epochs: 1, threads: 1}",
        "loop={rounds: 1, n_hard: 1, n_easy: 1, calls_per_round: 1}",
    ]
    overrides = [part for one in sets for part in ("--set", one)]
    result = evokd("run", folder / "tickets.yaml", "--out", folder / "run", *overrides)
    assert result.exit_code == 0, result.output
    assert "still to be described (TODO)" in result.stdout
    assert "12 of 60 train rows are split off" in result.stdout
    run = RunDir(folder / "run")
    data = run.config().task.data
    assert (data.test, data.test_share, data.split_seed) == (None, 0.2, 1)
    assert set(run.run()["data"]) == {"train"}
    with_todo = [
        file for file in run.path.rglob("*.json*") if "TODO: one line" in file.read_text("utf-8")
    ]
    assert not with_todo  # no prompt, no row, no label of the student holds the placeholder


@pytest.mark.parametrize("ending", [".tsv", ".jsonl", ".json", ".parquet"])
def test_other_files(evokd: Evokd, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"rows{ending}"
    rows = [{"body": f"message {i} about it", "topic": NAMES[i % 3], "n": i} for i in range(60)]
    if ending == ".tsv":
        _write(file)
    elif ending == ".parquet":
        pd.DataFrame(rows).to_parquet(file)
    elif ending == ".json":
        file.write_text(json.dumps(rows), encoding="utf-8")
    else:
        file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert evokd("init", file).exit_code == 0
    assert list(_checked(tmp_path / "rows.yaml").task.labels) == sorted(NAMES)


def test_an_existing_file_is_left_alone(evokd: Evokd, tickets: Path) -> None:
    tickets.with_suffix(".yaml").write_text("mine", encoding="utf-8")
    result = evokd("init", tickets)
    assert result.exit_code == 2 and "exists already" in result.stderr
    assert tickets.with_suffix(".yaml").read_text(encoding="utf-8") == "mine"


def test_the_config_may_lie_elsewhere(evokd: Evokd, tickets: Path) -> None:
    folder = tickets.parent / "configs"
    assert "is no folder" in evokd("init", tickets, "--out", folder / "one.yaml").stderr
    folder.mkdir()
    assert evokd("init", tickets, "--out", folder / "one.yaml").exit_code == 0
    assert "train: ../tickets.csv\n" in (folder / "one.yaml").read_text(encoding="utf-8")
    _checked(folder / "one.yaml")


@pytest.mark.parametrize(
    "names",
    [
        ("yes", "no"),
        ("1", "0"),
        ("1e4", "2e4"),
        ("a: b", "#x"),
        ("null", "~"),
        ("'", '"'),
        ("a\nb", "two  words"),
        ("🙂", "🙁"),
        ("True", "FALSE"),
        ("2020-01-01", "01"),
        ("a=b", "a"),
        ("退款", "x" * 300),
        ("{{ 7 * 7 }}", "{% raw %}"),
    ],
    ids=ascii,
)
def test_labels_that_yaml_would_take_for_something_else(
    evokd: Evokd, tmp_path: Path, names: tuple[str, ...]
) -> None:
    file = _write(tmp_path / "rows.csv", names)
    result = evokd("init", file, "--describe", f"{names[0]}=is #1: 'so' \"and\" so")
    assert result.exit_code == 0, result.output
    labels = _checked(tmp_path / "rows.yaml").task.labels
    shown = [" ".join(name.split()) for name in names]
    assert set(labels) == set(shown)
    assert labels[shown[0]] == "is #1: 'so' \"and\" so"


@pytest.mark.parametrize(
    "name", ["a\nmethod: static.csv", "#1: x.csv", "two words.csv", "é [1].csv"]
)
def test_file_names_and_columns_are_hostile_too(evokd: Evokd, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    rows = [(f"message {i} about it", NAMES[i % 3]) for i in range(60)]
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("yes", "label: #1"), *rows])
    result = evokd("init", file)
    assert result.exit_code == 0, result.output
    config = _checked(file.with_suffix(".yaml"))
    assert (config.task.data.text, config.task.data.label) == ("yes", "label: #1")
    assert config.method == "evokd"


def test_numbers_get_names(evokd: Evokd, tmp_path: Path) -> None:
    file = _write(tmp_path / "rows.csv", (0, 1, ""))
    flags = ["--rename", "0=refund", "--rename", "1=praise", "--describe", "praise=a happy buyer"]
    result = evokd("init", file, *flags)
    assert result.exit_code == 0, result.output
    assert "20 of 60 rows have no label" in result.stdout
    task = _checked(tmp_path / "rows.yaml").task
    assert task.labels["praise"] == "a happy buyer"
    assert task.data.label_map == {"0": "refund", "1": "praise"}
    assert {row.label for row in load_task(task).train} == {"refund", "praise"}


def test_few_rows_of_a_class_give_fewer_shots(evokd: Evokd, tmp_path: Path) -> None:
    file = _write(tmp_path / "rows.csv", ("a", "b", "a", "a", "a", "a"), 18)
    result = evokd("init", file)
    assert result.exit_code == 0, result.output
    assert "shots: 2 of each class: the smallest class has no more" in result.stdout
    assert _checked(tmp_path / "rows.yaml").task.shots == 2


def test_a_large_file_is_tested_on_a_part(evokd: Evokd, tmp_path: Path) -> None:
    file = _write(tmp_path / "rows.csv", NAMES, 5_000)
    assert evokd("init", file).exit_code == 0
    assert 490 <= len(load_task(_checked(tmp_path / "rows.yaml").task).test) <= 510


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--text", "x"], "--text: no column 'x'"),
        (["--label", "id"], "60 different values in 60 rows"),
        (["--label", "body"], "is the column of the texts"),
        (["--describe", "other=x"], "--describe: expected LABEL=TEXT"),
        (["--describe", "refund"], "--describe: expected LABEL=TEXT"),
        (["--rename", "refund=praise", "--rename", "delivery=praise"], "leaves one label"),
        (["--teacher", "embedded:gpt-4"], "no embedded model 'gpt-4'"),
        (["--teacher", "https://api.example.org/v1"], "name its model: --model"),
        (["--teacher", "https://me:secret@host/v1"], "credentials"),
        (["--teacher", "gpt-4o-mini", "--model", "x"], "names a model already"),
        (["--teacher", "antropic:claude"], "did you mean 'anthropic:claude'?"),
    ],
)
def test_flags_that_make_no_sense(evokd: Evokd, tickets: Path, flags: list[str], said: str) -> None:
    result = evokd("init", tickets, *flags)
    assert result.exit_code == 2 and said in result.stderr, result.output
    assert not tickets.with_suffix(".yaml").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text;label\na b;x\n", "separated by ';'"),
        (
            "text,label\na b,x\n,y\nc d,x\ne f,y\ng h,x\n",
            "1 of 5 rows have no text in column 'text': row 2",
        ),
        (
            "text,label\n" + "".join(f"a {i},{i}.5\n" for i in range(9)),
            "which column is the label?",
        ),
        ("text,a,b\n" + "".join(f"t {i},{i % 2},{i % 3}\n" for i in range(9)), "'a', 'b'; name it"),
        ("a,b\n1,2\n", "which column is the text?"),
        ("premise,hypothesis,label\n" + "a b,c d,x\n" * 4, "a task of kind pair"),
        ("text,label\n" + "same words,x\nsame words,y\n" * 3, "which column is the text?"),
    ],
)
def test_data_that_nothing_can_be_made_of(
    evokd: Evokd, tmp_path: Path, content: str, said: str
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(content, encoding="utf-8")
    result = evokd("init", file)
    assert result.exit_code == 2 and said in result.stderr, result.output
    assert not (tmp_path / "rows.yaml").exists()


@pytest.mark.parametrize(
    ("model", "said", "noted"),
    [
        (
            "anthropic:claude-fake",
            "claude-fake of anthropic; ANTHROPIC_API_KEY is",
            "ANTHROPIC_API",
        ),
        ("ollama:qwen2.5:7b", "qwen2.5:7b of ollama", "# provider_url: http://HOST:11434"),
    ],
)
def test_a_model_of_a_provider(
    evokd: Evokd, tickets: Path, model: str, said: str, noted: str
) -> None:
    result = evokd("init", tickets, "--teacher", model)
    assert said in result.stdout
    file = tickets.with_suffix(".yaml")
    assert _checked(file).teachers.default[0].model == model
    assert noted in file.read_text(encoding="utf-8")


def test_a_model_of_openai(evokd: Evokd, tickets: Path) -> None:
    result = evokd("init", tickets, "--teacher", "gpt-4o-mini")
    assert "OPENAI_API_KEY is not set yet" in result.stdout
    file = tickets.with_suffix(".yaml")
    assert _checked(file).teachers.default[0].model == "gpt-4o-mini"
    content = file.read_text(encoding="utf-8")
    assert "OPENAI_API_KEY" in content and "# price:" in content


def test_a_server_on_this_machine_says_what_it_has(evokd: Evokd, tickets: Path) -> None:
    with fake_model_list(["qwen: #1"]) as address:
        assert evokd("init", tickets, "--teacher", address).exit_code == 0
    (endpoint,) = _checked(tickets.with_suffix(".yaml")).teachers.default
    assert (endpoint.model, endpoint.base_url) == ("qwen: #1", f"{address}/v1")


def test_several_models_have_to_be_told_apart(evokd: Evokd, tickets: Path) -> None:
    with fake_model_list(["a", "b"]) as address:
        result = evokd("init", tickets, "--teacher", address)
    assert result.exit_code == 2 and "several models (a, b)" in result.stderr


def test_a_server_elsewhere_is_not_asked(evokd: Evokd, tickets: Path) -> None:
    flags = ["--teacher", "https://llm.example.org/v1/", "--model", "qwen"]
    assert evokd("init", tickets, *flags).exit_code == 0
    (endpoint,) = _checked(tickets.with_suffix(".yaml")).teachers.default
    assert (endpoint.model, endpoint.base_url) == ("qwen", "https://llm.example.org/v1")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(init_module, "at_terminal", lambda: True)


@pytest.mark.usefixtures("terminal")
def test_a_person_is_asked_for_descriptions_and_the_teacher(evokd: Evokd, tickets: Path) -> None:
    said = "a parcel: where is it?\n\nmoney back\n\n"  # Enter: later; the default teacher
    result = evokd("init", tickets, stdin=said.encode())
    assert result.exit_code == 0, result.output
    labels = _checked(tickets.with_suffix(".yaml")).task.labels
    assert labels["delivery"] == "a parcel: where is it?" and labels["refund"] == "money back"
    assert labels["praise"].startswith("TODO")


@pytest.mark.usefixtures("terminal")
def test_a_person_is_asked_for_what_can_not_be_guessed(evokd: Evokd, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    lines = [f"text of row {i},{i % 2},{i % 3}" for i in range(60)]
    file.write_text("\n".join(["text,a,b", *lines]), encoding="utf-8")
    said = "b\nnone\nsome\nall\n\n\nevery one\ngpt-4o-mini\n"
    result = evokd("init", file, stdin=said.encode())
    assert result.exit_code == 0, result.output
    config = _checked(tmp_path / "rows.yaml")
    assert config.task.data.label == "b"
    assert config.task.data.label_map == {"0": "none", "1": "some", "2": "all"}
    assert config.task.labels["all"] == "every one"
    assert config.teachers.default[0].model == "gpt-4o-mini"


@pytest.mark.usefixtures("terminal")
def test_a_person_who_leaves_gets_no_file(evokd: Evokd, tickets: Path) -> None:
    assert evokd("init", tickets, stdin=b"one\n").exit_code == 130
    assert not tickets.with_suffix(".yaml").exists()


@pytest.mark.parametrize("separator", [None, "|"])
def test_sets_of_labels_are_proposed(evokd: Evokd, tmp_path: Path, separator: str | None) -> None:
    sets = [["late"], ["refund"], ["late", "refund"], ["lost", "refund"], ["lost"]]
    lines = []
    for i in range(40):
        own = sets[i % 5] if i % 8 else []
        value = own if separator is None else separator.join(own)
        lines.append(json.dumps({"text": f"message of row {i}", "labels": value}))
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    result = evokd("init", file)
    assert result.exit_code == 0, result.output
    config = _checked(tmp_path / "rows.yaml")
    assert (config.task.kind, config.task.data.separator) == ("multilabel", separator)
    assert list(config.task.labels) == ["late", "lost", "refund"]
    assert "sets of labels" in result.output
