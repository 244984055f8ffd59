"""`evokd predict` on a student of pairs and on one of choices."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from evokd.cli.predict import answer
from evokd.config import ConfigError, StudentConfig, TaskKind
from student.encoder.encoder import Encoder
from tests.student.tiny import save_base

LABELS: dict[TaskKind, tuple[str, ...]] = {"pair": ("same", "other"), "choice": ("A", "B", "C")}
PAIR = {"premise": "the lid", "hypothesis": "is great"}
ITEM = {"question": "which is it?", "choices": {"A": "the lid", "B": "great"}}


@pytest.fixture(scope="module")
def students(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("students")
    config = StudentConfig(model=str(save_base(folder / "base")), max_length=32, threads=1)
    for kind, labels in LABELS.items():
        Encoder.create(config, labels, seed=1, kind=kind).save(folder / kind)
    return {kind: folder / kind for kind in LABELS}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("pair", json.dumps(PAIR)),
        ("pair", "the lid\nis great"),
        ("choice", json.dumps(ITEM)),
        ("choice", "which is it?\nA. the lid\nB. great"),
    ],
)
def test_one_text(
    students: dict[str, Path], kind: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(students[kind], [text])
    line = json.loads(capsys.readouterr().out)
    assert line["label"] in (("same", "other") if kind == "pair" else ("A", "B"))
    assert line["text"].startswith("the lid\n" if kind == "pair" else "which is it?\nA. ")


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("pair", "one line", "--text: expected"),
        ("pair", '{"premise": "x", "hypothesis": ""}', "--text: hypothesis: expected text"),
        ("choice", "a question", "--text: choices: expected two or more choices, found 0"),
        ("choice", '{"question": ', "--text: not valid JSON"),
    ],
)
def test_no_such_text(students: dict[str, Path], kind: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        answer(students[kind], [text])


def test_lines_before_a_faulty_one_are_answered(
    students: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.dumps(PAIR), json.dumps(PAIR), '{"premise": "alone"}', json.dumps(PAIR)]

    class Input:
        buffer: Any = io.BytesIO("\n".join(lines).encode())

    monkeypatch.setattr("sys.stdin", Input)
    with pytest.raises(ConfigError, match="text 3: expected"):
        answer(students["pair"], [])
    assert len(capsys.readouterr().out.splitlines()) == 2
