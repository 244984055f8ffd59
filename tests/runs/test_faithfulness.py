"""Faithfulness read from a run's files: planted and made-up analyses, old and damaged files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evokd.runs.faithfulness import read_faithfulness
from evokd.runs.run import Run

PAIRS = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c")]


def marked(label: str, predicted: str, mark: str, kind: str = "hard") -> dict[str, Any]:
    return {
        "row": f"{label}-{predicted}-{mark}",
        "label": label,
        "predicted": predicted,
        "mark": mark,
        "kind": kind,
    }


def made(
    path: Path,
    named: Sequence[tuple[str, str]],
    shown: Sequence[tuple[str, str]],
    *,
    kind: str = "classification",
    by_pattern: bool = True,
) -> Run:
    """A run whose round n names `named[n]`; half of its hard texts show `shown[n]`."""
    for number, (own, real) in enumerate(zip(named, shown, strict=True), 1):
        folder = path / "rounds" / f"{number:03d}"
        folder.mkdir(parents=True)
        cited = marked(*own, "wrong")
        document: dict[str, Any] = {
            "text": "It fails.",
            "cited": [cited["row"]],
            "rows": [cited, marked("a", "a", "right")],
        }
        if by_pattern:
            document["patterns"] = [{"text": "It fails.", "cited": [cited["row"]]}]
        (folder / "analysis.json").write_text(json.dumps(document), encoding="utf-8")
        verdicts = [
            marked(*real, "wrong"),
            marked("a", "a", "right"),
            marked("b", "b", "right", "easy"),
        ]
        lines = "".join(f"{json.dumps(row)}\n" for row in verdicts)
        (folder / "predictions.jsonl").write_text(lines, encoding="utf-8")
    lines_ = [{"round": n, "test": {}} for n in range(len(named) + 1)]
    lines_[1]["faithful"] = {"cited_loss": 2.0, "uncited_loss": None, "right_loss": "much"}
    config = {"task": {"kind": kind, "labels": {"a": "", "b": "", "c": ""}}}
    return Run("made", path, config=config, metrics=lines_)


@pytest.mark.parametrize("by_pattern", [True, False], ids=["patterns", "a run of before them"])
def test_a_planted_weakness_is_seen(tmp_path: Path, by_pattern: bool) -> None:
    found = read_faithfulness(made(tmp_path, PAIRS, PAIRS, by_pattern=by_pattern))
    assert found is not None
    assert (found.named, found.shuffled, found.difference) == (0.5, 0, 0.5)
    assert (found.low, found.high) == (0.5, 0.5)
    assert [one.texts for one in found.rounds] == [2, 2, 2, 2]
    assert found.rounds[0].easy == 0
    assert (found.rounds[0].cited_loss, found.rounds[0].right_loss) == (2.0, None)
    assert "50.0% show the student an error that their analysis names" in found.in_words


def test_analyses_that_went_to_other_rounds_are_seen_too(tmp_path: Path) -> None:
    """A derangement: every round's texts show what the next one's analysis names."""
    found = read_faithfulness(made(tmp_path, PAIRS, [*PAIRS[1:], PAIRS[0]]))
    assert found is not None
    assert found.named == 0
    assert found.shuffled == pytest.approx(0.5 / 3)


def test_one_analysis_alone_is_held_against_nothing(tmp_path: Path) -> None:
    found = read_faithfulness(made(tmp_path, PAIRS[:1], PAIRS[:1]))
    assert found is not None
    assert (found.rounds[0].named, found.rounds[0].shuffled) == (0.5, None)
    assert (found.compared, found.difference) == (0, None)
    assert found.in_words.startswith("no two analyses")


def test_a_planted_class_counts_every_error_on_it(tmp_path: Path) -> None:
    run = made(tmp_path, PAIRS[:1], PAIRS[:1])
    file = tmp_path / "rounds/001/analysis.json"
    document = {"text": "…", "cited": [], "about": ["a"], "rows": []}
    file.write_text(json.dumps(document), encoding="utf-8")
    found = read_faithfulness(run)
    assert found is not None and found.rounds[0].named == 0.5


def test_letters_name_no_errors_and_no_analysis_says_nothing(tmp_path: Path) -> None:
    assert read_faithfulness(made(tmp_path / "choice", PAIRS, PAIRS, kind="choice")) is None
    assert read_faithfulness(Run("made", tmp_path, metrics=[{"round": 0}, {"round": 1}])) is None


def test_files_may_hold_anything(tmp_path: Path) -> None:
    run = made(tmp_path, PAIRS[:3], PAIRS[:3])
    (tmp_path / "rounds/002/analysis.json").write_text(
        json.dumps({"rows": [7, {"row": None}], "cited": "all", "patterns": {"a": 1}}), "utf-8"
    )
    (tmp_path / "rounds/003/predictions.jsonl").unlink()
    found = read_faithfulness(run)
    assert found is not None
    assert [one.round for one in found.rounds] == [1, 2]
