"""What is refused before anything is loaded, and by what message."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError
from evokd.serving.guard import TOKEN, token_of
from evokd.serving.limits import Limits
from evokd.serving.served import Served
from evokd.serving.teacher_config import check_same_task
from tests.serving.teacher import teacher_config, write_config


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"folder": Path("/nowhere")}, "/nowhere: holds no student"),
        ({"limits": Limits(batch=0)}, "--batch: expected at least 1"),
        ({"limits": Limits(timeout_s=0)}, "--timeout: expected seconds above 0"),
        ({"limits": Limits(receive_s=float("nan"))}, "--receive: expected seconds"),
        ({"limits": Limits(wait_ms=float("nan"))}, "--wait-ms: expected milliseconds"),
        ({"limits": Limits(queue=5)}, "--queue: 5 has no room for a request"),
        ({"below": 0.0}, "--below: expected a confidence"),
        ({"below": float("nan")}, "--below: expected a confidence"),
        ({"out": Path("x")}, "--out: is for the books of a --teacher"),
        ({"teacher": Path("x.yaml")}, "--teacher: needs --out FOLDER"),
        ({"teacher": Path("/no.yaml"), "out": Path("x")}, "/no.yaml: no such file"),
    ],
)
def test_refusals(folder: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as found:
        Served(**{"folder": folder, **given}).check()
    assert said in str(found.value)


def test_a_budget_in_usd_needs_prices(folder: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path, "http://127.0.0.1:9/v1", budget={"usd": 1.0})
    with pytest.raises(ConfigError, match=r"budget\.usd: fake \(labeler\) has no price"):
        Served(folder, teacher=config, out=tmp_path / "out").check()


def test_the_teacher_must_know_the_same_answers(tmp_path: Path) -> None:
    config = teacher_config(tmp_path, None)
    check_same_task(config, "classification", ["positive", "negative"])
    with pytest.raises(ConfigError, match=r"task\.kind is classification, the student's ner"):
        check_same_task(config, "ner", ["positive", "negative"])
    with pytest.raises(ConfigError, match="'neutral'"):
        check_same_task(config, "classification", ["positive", "negative", "neutral"])


def test_a_run_that_reasons_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"status": "done"}), encoding="utf-8")
    text = "task: {kind: reasoning, data: {train: a, test: b}}\nmethod: dasd\n"
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="a student that reasons is not served"):
        Served(tmp_path).check()


@pytest.mark.parametrize("token", ["short", "with a space in the middle", "é" * 20])
def test_tokens_that_are_none(token: str) -> None:
    assert token_of({}) is None and token_of({TOKEN: " "}) is None
    assert token_of({TOKEN: " 0123456789abcdef\n"}) == "0123456789abcdef"
    with pytest.raises(ConfigError, match=TOKEN):
        token_of({TOKEN: token})


@pytest.mark.parametrize("arguments", [["/nowhere"], [".", "--below", "2"], [".", "--help"]])
def test_arguments_are_checked_without_torch(arguments: list[str], tmp_path: Path) -> None:
    code = (
        "import atexit, sys; atexit.register(lambda: print('torch' in sys.modules,"
        " 'transformers' in sys.modules, 'langgraph' in sys.modules));"
        f"sys.argv = ['evokd', 'serve', *{arguments!r}]; from evokd.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False False False", done.stderr
    assert done.returncode == (0 if "--help" in arguments else 2)
