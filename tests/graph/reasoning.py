"""A small run of reasoning distillation: invented questions, a tiny Llama, a scripted teacher."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evokd.config import Config, load_config
from tests.student.tiny_causal import save_causal

NOUNS = ("kettle", "lamp", "jacket", "novel", "phone", "chair", "radio", "tent", "drill", "spoon")
DOINGS = ("boils water", "gives light", "keeps warm", "tells a story", "rings")


def lay_out(folder: Path) -> Path:
    """Data and base model that every run of a test session shares."""
    save_causal(folder / "student", max_position_embeddings=1024)
    for name, numbers in (("train", range(12)), ("test", range(12, 18))):
        rows = [letter_row(i) for i in numbers]
        sums = [sum_row(i) for i in numbers]
        for kind, written in (("letters", rows), ("sums", sums)):
            lines = "".join(f"{json.dumps(row)}\n" for row in written)
            (folder / f"{kind}-{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def letter_row(i: int) -> dict[str, Any]:
    """A question whose right choice says so, as the scripted teacher reads it."""
    right = i % 3
    texts = [f"{DOINGS[(i + at) % 5]}{' indeed' if at == right else ''}" for at in range(3)]
    question = f"What does {NOUNS[i % 10]} number {i} do?"
    return {
        "question": question,
        "choices": dict(zip("ABC", texts, strict=True)),
        "answer": "ABC"[right],
    }


def sum_row(i: int) -> dict[str, Any]:
    question = f"Ann has {i} pens and {i + 3} {NOUNS[i % 10]}s. How many things?"
    return {"question": question, "final_answer": f"{2 * i + 3}.0"}


def settings(shared: Path, *overrides: str, kind: str = "letters") -> Config:
    """Two stages of 4 questions, 3 samples each; `overrides` as on the command line."""
    data: dict[str, Any] = {"train": f"{kind}-train.jsonl", "test": f"{kind}-test.jsonl"}
    task: dict[str, Any] = {"kind": "reasoning", "domain": "riddle", "data": data}
    if kind == "sums":
        data["answer"] = "final_answer"
        task["answers"] = "number"
    stage = {"questions": 4, "samples": 3, "epochs": 1}
    raw = {
        "name": "tiny-dasd",
        "method": "dasd",
        "task": task,
        "teachers": {"default": {"scripted": True}},
        "prompts": {"pack": "small"},
        "student": {
            "model": "student",
            "max_length": 768,
            "threads": 1,
            "lora": {"r": 2, "alpha": 4},
        },
        "dasd": {
            "stage1": stage,
            "stage2": stage,
            "teacher_examples": 2,
            "trainer": "loop",
            "evaluation": {"rows": 4, "max_new_tokens": 12},
        },
        "budget": {"tokens": None},
    }
    file = shared / "config.yaml"
    file.write_text(json.dumps(raw), encoding="utf-8")  # JSON is YAML
    return load_config(file, overrides)
