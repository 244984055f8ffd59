"""A finished run with data and a student, made by hand in milliseconds; nothing is trained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from evokd.store.weights import sha256_of
from student.card import StudentCard, render_card
from tests.runs.made_run import make_run

TEST_TEXT = "The battery of this phone lasts for nearly three days."
CONFIG = """\
name: made
task:
  language: en
  domain: product review
  labels: {negative: unhappy, positive: happy}
  data: {train: DATA/train.jsonl, test: DATA/test.jsonl}
teachers: {default: {model: qwen2.5-7b, base_url: "http://gpu-box.corp.example:8000/v1"}}
student: {model: DATA/base}
"""


def make_student_run(path: Path) -> Path:
    """Lay it out; the data lies beside it, in `data`."""
    make_run(path)
    data = path.parent / "data"
    data.mkdir()
    rows = {
        "train": [("Horrible phone.", "negative"), ("Lovely phone.", "positive")],
        "test": [(TEST_TEXT, "positive"), ("It broke.", "negative")] * 10,
    }
    for name, part in rows.items():
        lines = [json.dumps({"text": text, "label": label}) for text, label in part]
        (data / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = CONFIG.replace("DATA", str(data))
    (path / "config.yaml").write_text(config, encoding="utf-8")
    metrics = path / "metrics.jsonl"
    *before, last = metrics.read_text(encoding="utf-8").splitlines()
    scored = json.loads(last) | {"test": {"macro_f1": 0.79, "accuracy": 0.8}}
    metrics.write_text("\n".join([*before, json.dumps(scored)]) + "\n", encoding="utf-8")
    student_folder(path / "student", config, str(data / "base"))
    return path


def student_folder(folder: Path, config: str, base: str) -> None:
    """What `save` leaves: weights, manifest, tokenizer, card."""
    folder.mkdir()
    save_file({"w": np.arange(4, dtype=np.float32)}, folder / "model.safetensors")
    manifest = {
        "kind": "student", "sha256": sha256_of(folder / "model.safetensors"),
        "labels": ["negative", "positive"], "base_model": base, "max_length": 256,
        "temperature": None,
    }  # fmt: skip
    (folder / "student.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "tokenizer.json").write_text('{"model": {}}', encoding="utf-8")
    card = StudentCard(
        name="made", base_model=base, base_model_hub=None, method="evokd", language="en",
        domain="product review", labels={"negative": "unhappy", "positive": "happy"},
        seed_rows={"negative": 1, "positive": 1}, generated_rows={"positive": 2},
        metrics={"test": {"macro_f1": 0.79, "accuracy": 0.8}},
        teachers={"labeler": ["model-1"], "critic": ["model-1"]}, config=config,
    )  # fmt: skip
    (folder / "README.md").write_text(render_card(card), encoding="utf-8")
