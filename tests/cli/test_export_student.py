"""`evokd export` of a student: what a person types, sees, and is told where it can't work."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from evokd.config import ConfigError
from evokd.runs.answers import load_student
from evokd.runs.exporting import ExportPlan
from student.export.static import distil
from tests.cli.conftest import Evokd

TEXT = "the lid is awful"


@pytest.fixture(scope="module")
def static(
    evokd: Evokd, finished: tuple[Path, Result], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Result]:
    out = tmp_path_factory.mktemp("out") / "static"
    options = ("--format", "static", "--out", out, "--limit", 1, "--abstain-below", 0.99)
    return out, evokd("export", finished[0], *options)


def test_the_report_is_printed_and_written(static: tuple[Path, Result]) -> None:
    out, result = static
    assert result.exit_code == 0, result.output
    parity = json.loads((out / "parity.json").read_text(encoding="utf-8"))
    assert parity["rows"] == 10 and 0 <= parity["equal_answers"] <= 1 and parity["limit"] == 1
    assert parity["student"].keys() == parity["exported"].keys() == {"macro_f1", "accuracy"}
    for part in ("macro_f1", f"{parity['exported']['macro_f1']:.4f}", "of 10 answers", "MB"):
        assert part in result.stdout
    files = {file.name for file in out.iterdir()}
    assert {"evokd.json", "model.safetensors", "tokenizer.json", "README.md"} <= files
    assert "| equal answers |" in (out / "README.md").read_text(encoding="utf-8")


def test_predict_takes_the_folder_and_its_threshold(
    evokd: Evokd, static: tuple[Path, Result]
) -> None:
    result = evokd("predict", static[0], "--text", TEXT)
    line = json.loads(result.stdout)
    assert line["abstained"] and line["label"] is None and line["likeliest"] in LABELS
    own = json.loads(evokd("predict", static[0], "--text", TEXT, "--abstain-below", 0.1).stdout)
    assert own["label"] == line["likeliest"] and not own["abstained"]


LABELS = ("negative", "positive")


def test_an_onnx_file_says_what_the_student_says(
    evokd: Evokd, finished: tuple[Path, Result], tmp_path: Path
) -> None:
    pytest.importorskip("onnxscript", reason="skipped: onnxscript is not installed (evokd[onnx])")
    pytest.importorskip("onnxruntime", reason="skipped: onnxruntime is not installed (evokd[onnx])")
    out = tmp_path / "onnx"
    result = evokd("export", finished[0], "--format", "onnx", "--out", out)
    assert result.exit_code == 0, result.output
    assert "100.0% of 10 answers" in result.stdout
    ours, theirs = (
        json.loads(evokd("predict", at, "--text", TEXT).stdout) for at in (finished[0], out)
    )
    assert theirs == ours
    assert load_student(out).labels == LABELS


def test_an_export_beyond_the_limit_leaves_nothing(
    evokd: Evokd, finished: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(student: Any, texts: Sequence[str]) -> Any:
        """Fake: a table whose every answer is the one that the student gives least."""
        found = distil(student, texts)
        found.table = -found.table
        found.bias = -found.bias
        return found

    monkeypatch.setattr("evokd.runs.exporting.distil", other)
    out = tmp_path / "static"
    result = evokd("export", finished[0], "--format", "static", "--out", out, "--limit", 0.1)
    assert result.exit_code == 1
    assert "not exported: " in result.stderr and "the limit is 10.0%" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_said_before_anything_is_loaded(
    evokd: Evokd, run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "student.export.extra.find_spec", lambda name: None if name == "onnxscript" else real(name)
    )
    shutil.rmtree(run_dir / "student")  # would be the next thing to be missed
    result = evokd("export", run_dir, "--format", "onnx", "--out", tmp_path / "o")
    assert result.exit_code == 2 and ".[onnx]" in result.stderr and "onnxscript" in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "gguf"), "--format gguf: is for language models"),
        (("--format", "static", "--quantize", "int8"), "--quantize: a static student is small"),
        (("--format", "static", "--limit", 1.5), "--limit: expected a share of rows"),
        (("--format", "static", "--abstain-below", 2), "--abstain-below: expected the least"),
        (("--format", "csv", "--quantize", "int8"), "--quantize: goes with --format onnx"),
    ],
)
def test_what_does_not_go_together(
    evokd: Evokd, finished: tuple[Path, Result], tmp_path: Path, options: Any, said: str
) -> None:
    result = evokd("export", finished[0], *options, "--out", tmp_path / "o")
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert not (tmp_path / "o").exists()


def test_a_run_without_a_student(evokd: Evokd, run_dir: Path, tmp_path: Path) -> None:
    shutil.rmtree(run_dir / "student")
    result = evokd("export", run_dir, "--format", "static", "--out", tmp_path / "o")
    assert result.exit_code == 2 and "this run has no student yet" in result.stderr
    full = evokd("export", run_dir, "--format", "static", "--out", run_dir)
    assert full.exit_code == 2 and "is not empty" in full.stderr


def test_a_gguf_is_no_classifier(tmp_path: Path) -> None:
    from student.export.manifest import ExportManifest

    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    ExportManifest(form="gguf", base_model="tiny").write(tmp_path)
    with pytest.raises(ConfigError, match=r"language model .*embedded: .*model\.gguf"):
        load_student(tmp_path)


def test_encoders_and_language_models_have_their_own_forms() -> None:
    class Task:
        kind = "reasoning"

    class Config:
        task = Task()

    with pytest.raises(ConfigError, match="take `--format gguf`"):
        ExportPlan("onnx").check(Config())  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="--limit: goes with encoders"):
        ExportPlan("gguf", limit=0.1).check(Config())  # type: ignore[arg-type]
