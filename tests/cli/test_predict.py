from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evokd.cli.predict import batches
from evokd.config import ConfigError
from evokd.store.run_dir import RunDir
from tests.cli.conftest import Evokd


@pytest.mark.parametrize("inside", ["", "student"])
def test_one_text(evokd: Evokd, run_dir: Path, inside: str) -> None:
    result = evokd("predict", run_dir / inside, "--text", "a sturdy lid 😀")
    assert result.exit_code == 0, result.output
    row = json.loads(result.stdout)
    assert list(row) == ["text", "label", "confidence", "margin"]
    assert row["label"] in ("negative", "positive") and 0 <= row["margin"] <= row["confidence"] <= 1


def test_lines(evokd: Evokd, run_dir: Path) -> None:
    stdin = "\ufeffgreat lid\r\n\n  \nbroken\u2028lamp\nawful".encode()
    result = evokd("predict", run_dir, stdin=stdin)
    texts = [json.loads(line)["text"] for line in result.stdout.splitlines()]
    assert texts == ["great lid", "broken\u2028lamp", "awful"]


def test_rows_of_data(evokd: Evokd, run_dir: Path) -> None:
    stdin = b'{"text": "great lid", "label": "positive"}\nplain\n{sic} a lid\n["a", "list"]\n'
    result = evokd("predict", run_dir, stdin=stdin)
    texts = [json.loads(line)["text"] for line in result.stdout.splitlines()]
    assert texts == ["great lid", "plain", "{sic} a lid", '["a", "list"]']
    two = evokd("predict", run_dir, "--text", "great lid", "--text", "a bad lid")
    assert [json.loads(line)["text"] for line in two.stdout.splitlines()] == [
        "great lid",
        "a bad lid",
    ]
    one = evokd("predict", run_dir, "--text", '{"text": "great lid"}')
    assert json.loads(one.stdout)["text"] == "great lid"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"review": "great", "label": "x"}, "'text' of the row, found 'review', 'label'"),
        ({"text": 5}, "'text' of the row, no text in it"),
        ({"text": " "}, "'text' of the row, no text in it"),
        ({}, "'text' of the row, found none"),
    ],
)
def test_a_row_without_its_text_is_named(
    evokd: Evokd, run_dir: Path, row: dict[str, object], said: str
) -> None:
    result = evokd("predict", run_dir, stdin=b"good\n" + json.dumps(row).encode() + b"\nnever\n")
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 1
    assert f"text 2: expected a text in the column {said}" in " ".join(result.stderr.split())


def test_the_columns_are_those_of_the_run(evokd: Evokd, run_dir: Path) -> None:
    file = RunDir(run_dir).config_file
    text = file.read_text(encoding="utf-8")
    assert "\n    text: text\n" in text
    file.write_text(text.replace("\n    text: text\n", "\n    text: review\n"), encoding="utf-8")
    for folder in (run_dir, run_dir / "student"):
        result = evokd("predict", folder, "--text", '{"review": "great", "text": "no"}')
        assert json.loads(result.stdout)["text"] == "great"


def test_broken_utf8_names_the_line(evokd: Evokd, run_dir: Path) -> None:
    result = evokd("predict", run_dir, stdin=b"good\n\nb\xffd\nnever\n")
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 1
    assert "line 3" in result.stderr and "0xff" in result.stderr


def test_batches_hold_what_has_arrived() -> None:
    class Slow(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            return self.read(4)

    assert list(batches(Slow(b"one\ntwo\nthree"))) == [["one"], ["two"], ["three"]]
    many = b"\n".join(b"%d" % n for n in range(70)) + b"\n"
    assert [len(batch) for batch in batches(io.BytesIO(many))] == [32, 32, 6]
    assert list(batches(io.BytesIO(b""))) == []
    with pytest.raises(ConfigError, match="line 2"):
        list(batches(io.BytesIO(b"a\n\xc3")))


def test_refusals(evokd: Evokd, run_dir: Path) -> None:
    assert evokd("predict", run_dir, "--text", " ").exit_code == 2
    weights = run_dir / "student" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    damaged = evokd("predict", run_dir, "--text", "a")
    assert damaged.exit_code == 2 and "model.safetensors" in damaged.stderr
    (run_dir / "student").rename(run_dir / "gone")
    unfinished = evokd("predict", run_dir, "--text", "a")
    assert unfinished.exit_code == 2 and "no student yet" in unfinished.stderr


def test_process_is_quiet(run_dir: Path) -> None:
    command = [sys.executable, "-c", "from evokd.cli import main; main()", "predict", str(run_dir)]
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, input=b"lid\n", capture_output=True, env=env)
    assert done.returncode == 0
    assert done.stderr == b""
    assert len(done.stdout.splitlines()) == 1


def calibrated(run_dir: Path, temperature: float) -> None:
    file = run_dir / "student" / "student.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(manifest | {"temperature": temperature}), encoding="utf-8")


def test_a_temperature_makes_it_less_sure(evokd: Evokd, run_dir: Path) -> None:
    def asked() -> dict[str, object]:
        answered = evokd("predict", run_dir, "--text", "a sturdy lid", "--probabilities")
        row: dict[str, object] = json.loads(answered.stdout)
        return row

    before = asked()
    calibrated(run_dir, 10.0)
    after = asked()
    shares = after["probabilities"]
    assert isinstance(shares, dict) and set(shares) == {"negative", "positive"}
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    assert shares[str(after["label"])] == after["confidence"]
    assert after["label"] == before["label"]
    assert 0.5 < float(str(after["confidence"])) < float(str(before["confidence"]))


def test_abstaining(evokd: Evokd, run_dir: Path) -> None:
    calibrated(run_dir, 10.0)
    sure = evokd("predict", run_dir, "--text", "a lid", "--abstain-below", "0.4")
    row = json.loads(sure.stdout)
    assert row["abstained"] is False and row["label"] == row["likeliest"]
    assert sure.stderr == ""
    unsure = json.loads(evokd("predict", run_dir, "--text", "a lid", "--abstain-below", "1").stdout)
    assert unsure == row | {"label": None, "abstained": True}


def test_abstaining_by_an_uncalibrated_student_is_told(evokd: Evokd, run_dir: Path) -> None:
    result = evokd("predict", run_dir, "--text", "a lid", "--abstain-below", "0.8")
    assert result.exit_code == 0 and len(result.stdout.splitlines()) == 1
    assert "no temperature was fitted" in result.stderr


@pytest.mark.parametrize("value", ["0", "-0.1", "1.5", "nan"])
def test_what_is_no_confidence(evokd: Evokd, run_dir: Path, value: str) -> None:
    result = evokd("predict", run_dir, "--text", "a", f"--abstain-below={value}")
    assert result.exit_code == 2 and result.stdout == ""
    assert "--abstain-below: expected the least confidence" in result.stderr


def test_a_damaged_temperature_is_refused(evokd: Evokd, run_dir: Path) -> None:
    calibrated(run_dir, 0.0)
    result = evokd("predict", run_dir, "--text", "a")
    assert result.exit_code == 2 and "student.json" in result.stderr
