"""Clean rows: how often the rules are right on what three small models wrote, and on real rows.

    python benchmarks/clean_rows.py

Of `tests/agents/clean/written.jsonl` (texts with a label that was given by reading) precision and
recall by model; of the train rows of ../shared/data the share that is hit, by data set, with every
hit in full. No model is asked.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agents.clean.cleaner import Cleaner
from agents.clean.unwrapping import unwrapped
from evokd.config import load_config

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = ROOT / "tests" / "agents" / "clean" / "written.jsonl"
DATA = ROOT.parent / "shared" / "data"
LANGUAGES = {"toutiao": "zh", "cail2019_sent": "zh", "frenchmedmcqa": "fr", "rte3_fr": "fr"}
LANGUAGES |= {"quaero_fr_med": "fr", "xnli_fr": "fr"}


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON lines file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def cleaner_of(name: str, rows: list[dict[str, Any]]) -> Cleaner:
    """The rules as a writer for this data set would be held to them."""
    file = ROOT / "examples" / f"{name}.yaml"
    labels = sorted({row["label"] for row in rows if "label" in row})
    if rows and "choices" in rows[0]:
        labels = list("ABCDE")
    described = list(load_config(file).task.labels.values()) if file.exists() else []
    return Cleaner(labels, LANGUAGES.get(name, "en"), described)


def text_of(row: dict[str, Any]) -> str:
    """A row of any kind as one text."""
    if "tokens" in row:
        return " ".join(row["tokens"])
    if "choices" in row:
        choices = (f"{letter}. {one}" for letter, one in row["choices"].items())
        return "\n".join([row["question"], *choices])
    if "premise" in row:
        return f"{row['premise']}\n{row['hypothesis']}"
    return str(row.get("text") or row["question"])


def written() -> None:
    """Precision and recall by model, then what was missed and what was hit without need."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    wrong = []
    for row in lines(WRITTEN):
        task = load_config(ROOT / "examples" / f"{row['data']}.yaml").task
        told = list(task.labels.values())
        analysis = row.get("analysis")
        cleaner = Cleaner(list(task.labels), "en", told, analysis, loosely=True)
        text = unwrapped(row["text"])
        found = cleaner.fault(text)
        kind = f"{'hit' if found else 'passed'} {'unclean' if row['unclean'] else 'clean'}"
        counts[row["model"]][kind] += 1
        counts[row["model"]]["unwrapped"] += text != row["text"]
        if bool(found) != bool(row["unclean"]):
            wrong.append(f"  {kind}: {found or row['unclean']}: {text}")
    head = ("model", "texts", "unclean", "hit", "precision", "recall", "unwrapped")
    print("| " + " | ".join(head) + " |")
    for model, count in counts.items():
        right, hit = count["hit unclean"], count["hit unclean"] + count["hit clean"]
        unclean = right + count["passed unclean"]
        texts = unclean + count["hit clean"] + count["passed clean"]
        rates = (f"{right / hit:.2f}" if hit else "–", f"{right / unclean:.2f}" if unclean else "–")
        cells = (model, texts, unclean, hit, *rates, count["unwrapped"])
        print("| " + " | ".join(map(str, cells)) + " |")
    print(*wrong, sep="\n")


def real() -> None:
    """Real rows that are hit, by data set."""
    hit = seen = 0
    for file in sorted(DATA.glob("*/train.jsonl")):
        name, rows = file.parent.name, list(lines(file))
        cleaner = cleaner_of(name, rows)
        texts = [text_of(row) for row in rows]
        faults = [(cleaner.fault(text), text) for text in texts]
        changed = sum(unwrapped(text) != text for text in texts)
        found = [(fault, text) for fault, text in faults if fault]
        print(f"{name}: {len(found)} of {len(rows)} hit, {changed} unwrapped")
        for fault, text in found:
            print(f"  {fault}: {text[:300]!r}")
        hit, seen = hit + len(found), seen + len(rows)
    print(f"{hit} of {seen} real rows hit")


if __name__ == "__main__":
    written()
    real()
