"""Made-up studies for tests: results.jsonl, curves.csv and classes.csv of curves that saturate."""

from __future__ import annotations

import csv
import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

METHODS = (
    "evokd", "evokd_init", "evokd_shuffled", "loss_ranked", "no_aug", "eda", "zerogen", "sungen",
    "progen", "auggpt", "static", "llm2llm", "full_shot",
)  # fmt: skip
EDGES = (
    "START→analyst", "trainer→analyst", "analyst→easy_generator", "analyst→hard_generator",
    "easy_generator→labeler", "hard_generator→labeler", "ballot→critic", "critic→hard_generator",
)  # fmt: skip


@dataclass
class MadeUp:
    """Rows that pile up, and the folder that they are written to."""

    folder: Path
    kind: str = "token_curve"
    results: list[dict[str, Any]] = field(default_factory=list)
    curves: list[dict[str, Any]] = field(default_factory=list)
    classes: list[dict[str, Any]] = field(default_factory=list)
    study: dict[str, Any] = field(default_factory=dict)
    predictions: list[dict[str, Any]] = field(default_factory=list)
    references: list[dict[str, Any]] = field(default_factory=list)

    def cell(self, method: str, seed: int, score: float, **other: Any) -> dict[str, Any]:
        """A finished cell; `other` overrides any column."""
        key = {"method": method, "task": "uci_amazon", "variant": "", "shots": 1, "seed": seed}
        key |= {"budget": 20_000} | {k: v for k, v in other.items() if k in (*key, "budget")}
        row = {"cell": "-".join(str(v) for v in key.values()), "status": "done", "reason": ""} | key
        row |= {"metric": "macro_f1", "score": score, "macro_f1": score, "accuracy": score}
        row |= {"billed_tokens": 19_800, "accepted": 120, "leaked": 0, "steps": 400, "flat": False}
        row |= {"revision": 1}
        row |= {"versions": {"evokd": "0.1.0"}, "run": f"runs/{len(self.results)}"} | other
        self.results.append(row)
        return row

    def line(
        self, row: dict[str, Any], points: Sequence[tuple[int, float]], edges: Sequence[str] = EDGES
    ) -> None:
        """A cell's rounds: billed tokens and macro-F1."""
        for number, (tokens, score) in enumerate(points):
            parts = len(edges) * (len(edges) + 1) // 2
            shares = {
                f"tokens:{e}": tokens * (i + 1) // parts for i, e in enumerate(edges) if tokens
            }
            self.curves.append(
                {**_key(row), "round": number, "billed_tokens": tokens, "macro_f1": round(score, 4)}
                | {"accuracy": round(score, 4), "accepted": 8, "rejected": 1, "steps": 30 * number}
                | shares
            )

    def write(self) -> Path:
        """The files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        said = {"name": "made-up", "kind": self.kind, "command": "evokd study made_up.yaml"}
        text = yaml.safe_dump(said | self.study, allow_unicode=True, sort_keys=False)
        (self.folder / "study.yaml").write_text(text, encoding="utf-8")
        for name in ("results", "predictions", "references"):
            lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in getattr(self, name)]
            if lines:
                (self.folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        _csv(self.folder / "curves.csv", self.curves)
        _csv(self.folder / "classes.csv", self.classes)
        return self.folder


def token_curves(folder: Path, seeds: int = 5, methods: Sequence[str] = METHODS) -> MadeUp:
    """All methods on one task: saturating curves with noise, as real ones look."""
    made = MadeUp(folder)
    for place, method in enumerate(methods):
        for seed in range(1, seeds + 1):
            _one(made, method, place, seed)
    return made


def _one(made: MadeUp, method: str, place: int, seed: int, **key: Any) -> None:
    noise = random.Random(f"{method} {seed} {key}")
    start = 0.40 + 0.09 * random.Random(seed).random()
    free = method in ("no_aug", "eda", "full_shot")
    top = 0.9 if method == "full_shot" else 0.55 if free else 0.84 - 0.02 * place
    speed = 5_000 if method == "evokd" else 1_500 + 600 * ((place * 5) % 7)
    flat = free or method in ("auggpt", "llm2llm")
    end = 0 if free else 6_000 if flat else 19_400
    points, tokens = [(0, start if not free else top + noise.gauss(0, 0.02))], 0
    while tokens < end - 1_500:
        tokens += int(noise.uniform(900, 1_600))
        rise = (top - start) * (1 - math.exp(-tokens / speed))
        points.append((tokens, min(0.98, max(0.05, start + rise + noise.gauss(0, 0.02)))))
    other = {"start_macro_f1": start, "flat": flat and method != "full_shot"} | key
    row = made.cell(method, seed, points[-1][1], billed_tokens=points[-1][0], **other)
    made.line(row, points)


def few_shot(folder: Path, seeds: int = 5) -> MadeUp:
    """Three numbers of shots, all methods."""
    made = MadeUp(folder, kind="few_shot")
    for shots in (1, 3, 5):
        for place, method in enumerate(METHODS[:-1]):
            for seed in range(1, seeds + 1):
                noise = random.Random(f"{shots} {method} {seed}").gauss(0, 0.03)
                score = 0.5 + 0.06 * shots - 0.012 * place + noise
                made.cell(method, seed, score, shots=shots, flat=method in ("eda", "auggpt"))
    for seed in range(1, seeds + 1):
        made.cell("full_shot", seed, 0.9 + seed / 1000, shots=None, budget=None, billed_tokens=0)
    return made


def ablation(folder: Path, seeds: int = 5) -> MadeUp:
    """EvoKD without one part at a time."""
    made = MadeUp(folder, kind="ablation")
    parts = ("full", "no_easy", "no_correct", "no_review", "no_critic", "no_analysis")
    for task in ("uci_amazon", "ag_news"):
        for place, variant in enumerate(parts):
            for seed in range(1, seeds + 1):
                noise = random.Random(f"{task} {variant} {seed}").gauss(0, 0.02)
                score = 0.8 - 0.015 * place + noise
                made.cell("evokd", seed, score, variant=variant, task=task)
    return made


def adaptability(folder: Path, seeds: int = 5, classes: int = 6, rounds: int = 8) -> MadeUp:
    """Classes whose F1 and rows go against each other."""
    made = MadeUp(folder, kind="adaptability")
    for method in ("evokd", "evokd_shuffled", "static"):
        for seed in range(1, seeds + 1):
            noise = random.Random(f"{method} {seed}")
            row = made.cell(method, seed, 0.6, task="trec6")
            for number in range(1, rounds + 1):
                for name in range(classes):
                    f1 = min(1.0, max(0.0, noise.gauss(0.3 + 0.08 * name, 0.1)))
                    slope = 6 * (1 - f1) if method == "evokd" else 3
                    rows = max(0, round(slope + noise.gauss(0, 1)))
                    made.classes.append(
                        {**_key(row), "round": number, "class": f"class {name}", "rows": rows}
                        | {"f1_before": round(f1, 3)}
                    )
    return made


def strategy(folder: Path, seeds: int = 5) -> MadeUp:
    """Packs, critics and numbers of labelers."""
    made = MadeUp(folder, kind="strategy")
    for place, variant in enumerate(
        ("full", "rules critic", "three labelers", "json pack", "solo")
    ):
        for seed in range(1, seeds + 1):
            noise = random.Random(f"{variant} {seed}")
            score, billed = 0.7 + 0.03 * place + noise.gauss(0, 0.02), 9_000 + 2_500 * place
            made.cell(
                "evokd", seed, score, variant=variant, billed_tokens=billed + noise.randrange(900)
            )
    return made


def _key(row: dict[str, Any]) -> dict[str, Any]:
    names = ("cell", "method", "task", "variant", "shots", "seed", "budget")
    return {name: row[name] for name in names}


def _csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
