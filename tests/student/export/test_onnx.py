"""ONNX files of all kinds of students: they answer as the students do, for rows of any shape."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn

from evokd.config import ConfigError, LoraConfig, StudentConfig, TaskKind
from student.encoder.encoder import Encoder
from student.export import load_exported
from student.export.extra import require
from student.export.manifest import ExportManifest
from student.export.onnx_file import quantize, write_onnx
from student.manifest import read_manifest

for package in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(package, reason=f"skipped: {package} is not installed (evokd[onnx])")

LABELS: dict[TaskKind, tuple[str, ...]] = {
    "classification": ("negative", "positive"),
    "pair": ("same", "other", "neither"),
    "choice": ("A", "B", "C"),
    "multi": ("topic: lid", "topic: lamp", "mood: good", "mood: bad", "mood: none"),
    "ner": ("THING", "PLACE"),
}
TEXTS: dict[TaskKind, list[str]] = {
    "pair": ["the lid\nis great", "this kettle is very sturdy and so it works\nit works", "it\nis"],
    "choice": [
        "which?\nA. the lid\nB. great",
        "is it so?\nA. very\nB. sad\nC. the lamp and the lid",
    ],
}
ONE = ["the lid is great", "awful", "this kettle is very sturdy and so it works !", "a b c"]


@dataclass(frozen=True)
class Pair:
    """A student, and what it was exported to."""

    student: Encoder
    exported: Encoder
    texts: list[str]
    folder: Path


def export(student: Encoder, texts: list[str], folder: Path, *, int8: bool = False) -> Encoder:
    student.save(folder / "student", temperature=1.5)
    student = Encoder.load(folder / "student", student.config)
    manifest = ExportManifest(
        form="onnx",
        quantize="int8" if int8 else None,
        student=read_manifest(folder / "student", "student"),
        base_model="tiny",
        abstain_below=0.4,
    )
    out = folder / "onnx"
    out.mkdir()
    inputs = write_onnx(student, texts, out / manifest.weights)
    if int8:
        quantize(out / manifest.weights)
    student.tokenizer.save_pretrained(out)
    manifest.model_copy(update={"inputs": inputs}).write(out)
    return student


@pytest.fixture(scope="module", params=list(LABELS))
def pair(
    request: pytest.FixtureRequest, base: Path, tmp_path_factory: pytest.TempPathFactory
) -> Pair:
    kind: TaskKind = request.param
    config = StudentConfig(model=str(base), max_length=32, threads=1)
    lora = LoraConfig(r=2, alpha=4) if kind == "ner" else None  # one of them is merged
    student = Encoder.create(config.model_copy(update={"lora": lora}), LABELS[kind], 1, kind)
    folder, texts = tmp_path_factory.mktemp(kind), TEXTS.get(kind, ONE)
    loaded = export(student, texts, folder)
    return Pair(loaded, load_exported(folder / "onnx", threads=1), texts, folder / "onnx")


def test_it_answers_as_the_student(pair: Pair) -> None:
    said, logs = pair.student.verdicts(pair.texts)
    says, theirs = pair.exported.verdicts(pair.texts)
    assert [one.label for one in says] == [one.label for one in said]
    for one, other in zip(says, said, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-5)
    if logs is not None:
        assert theirs is not None
        np.testing.assert_allclose(theirs, logs, atol=1e-5)
    assert pair.exported.kind == pair.student.kind
    assert pair.exported.temperature == 1.5 and pair.exported.abstain_below == 0.4


def test_one_row_alone_says_the_same(pair: Pair) -> None:
    """Rows and lengths are free: neither is that of the rows the exporter was led through."""
    together = pair.exported.predict(pair.texts)
    alone = [pair.exported.predict([text])[0] for text in pair.texts]
    assert [one.label for one in alone] == [one.label for one in together]
    for one, other in zip(alone, together, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-5)


def test_many_rows_longer_than_any_before(pair: Pair) -> None:
    longer = [text.replace("the lid", "the " * 20 + "lid") for text in pair.texts] * 11
    said = [one.confidence for one in pair.student.predict(longer)]
    assert [one.confidence for one in pair.exported.predict(longer)] == pytest.approx(
        said, abs=1e-5
    )


def test_the_file_names_no_folder_of_this_machine(pair: Pair) -> None:
    raw = (pair.folder / "model.onnx").read_bytes()
    assert b"site-packages" not in raw and b".py" not in raw


def test_a_changed_file_is_refused(pair: Pair, tmp_path: Path) -> None:
    for file in pair.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.onnx"
    weights.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(ConfigError, match=r"model\.onnx: not the file that was saved"):
        load_exported(tmp_path)


def test_int8_is_smaller_and_near(config: StudentConfig, rows: list[Any], tmp_path: Path) -> None:
    student = Encoder.create(config, LABELS["classification"], seed=1)
    student.fit(rows, seed=1, epochs=10)
    texts = [row.text for row in rows]
    (tmp_path / "whole").mkdir()
    export(student, texts, tmp_path / "whole")
    (tmp_path / "int8").mkdir()
    loaded = export(student, texts, tmp_path / "int8", int8=True)
    sizes = [(tmp_path / n / "onnx/model.onnx").stat().st_size for n in ("int8", "whole")]
    assert sizes[0] < 0.7 * sizes[1]
    rounded = load_exported(tmp_path / "int8/onnx", threads=1).probabilities(texts)
    exact = loaded.probabilities(texts)
    assert 0 < np.abs(rounded - exact).max() < 0.1


def test_a_missing_package_is_named() -> None:
    with pytest.raises(ConfigError, match=r"ONNX needs no_such_package, .*\[onnx\]"):
        require(("onnxruntime", "no_such_package"))


class Moody(nn.Module):
    """Goes one way or another by what is in a text, which no graph can do."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network, self.config = network, network.config

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        if bool(input_ids.sum() > 100):
            input_ids = input_ids.clamp(max=3)
        return self.network(input_ids=input_ids, attention_mask=attention_mask)


def test_a_network_that_torch_cannot_export(config: StudentConfig, tmp_path: Path) -> None:
    """What the exporter says to its own developers is cut down to the reason."""
    student = Encoder.create(config, LABELS["classification"], seed=1)
    student._model = Moody(student.network)
    with pytest.raises(ConfigError, match=r"--format onnx: torch can't export a bert network") as e:
        write_onnx(student, ONE, tmp_path / "model.onnx")
    assert "Next steps" not in str(e.value) and "\n" not in str(e.value)
