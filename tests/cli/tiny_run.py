"""A tiny run for the tests of the command line: invented rows, random BERT, scripted teacher."""

from __future__ import annotations

import json
from pathlib import Path

from tests.student.tiny import easy_rows, save_base

CONFIG = """\
name: tiny
task:
  labels: {negative: unhappy buyer, positive: happy buyer}
  domain: product review
  data: {train: train.jsonl, test: test.jsonl}
teachers: {default: {scripted: true}}
prompts: {pack: evokd}
loop: {rounds: 2, n_hard: 2, n_easy: 2, calls_per_round: 1}
student: {model: base, max_length: 32, warm_up_epochs: 1, epochs: 1, threads: 1}
"""


def lay_out(folder: Path) -> Path:
    """Data, base model and config side by side; gives the config's path."""
    save_base(folder / "base")
    rows = easy_rows()
    for name, part in (("train", rows[:10]), ("test", rows[10:])):
        lines = [json.dumps({"text": row.text, "label": row.label}) for row in part]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = folder / "tiny.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    return config
