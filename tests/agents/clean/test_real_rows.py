"""The rules against real rows of ../shared/data: people's texts must pass."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from agents.clean.cleaner import Cleaner
from agents.clean.unwrapping import unwrapped

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
SETS = {
    "ag_news": "en",
    "trec6": "en",
    "imdb": "en",
    "wnut17": "en",
    "banking77": "en",
    "inshorts": "en",
    "openbookqa": "en",
    "xnli_fr": "fr",
    "toutiao": "zh",
    "cail2019_sent": "zh",
}
EACH = 20
MOST = 2


def rows(name: str) -> list[tuple[str, str]]:
    """Texts and labels of train rows."""
    found = []
    for line in (DATA / name / "train.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "tokens" in row:
            text = " ".join(row["tokens"])
        elif "choices" in row:
            choices = (f"{letter}. {one}" for letter, one in row["choices"].items())
            text = "\n".join([row["question"], *choices])
        else:
            text = row.get("text") or f"{row['premise']}\n{row['hypothesis']}"
        found.append((text, row.get("label") or row.get("answer") or ""))
    return found


def test_at_most_two_of_two_hundred_real_rows_are_hit() -> None:
    if not DATA.is_dir():
        pytest.skip(f"skipped: {DATA} not found")
    hit, seen = [], 0
    for name, language in SETS.items():
        every = rows(name)
        cleaner = Cleaner(sorted({label for _, label in every if label}), language)
        for text, _ in random.Random(13).sample(every, EACH):
            assert unwrapped(text) == text
            seen += 1
            if (fault := cleaner.fault(text)) is not None:
                hit.append((name, fault, text))
    assert seen == EACH * len(SETS) == 200
    assert len(hit) <= MOST, hit
