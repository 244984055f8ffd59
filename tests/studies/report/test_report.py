from __future__ import annotations

from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.studies.report.report import write_report
from tests.studies.made_up import MadeUp, token_curves


def written(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_everything_is_written_and_the_same_again(tmp_path: Path) -> None:
    folder = token_curves(tmp_path, 3, ("evokd", "static", "no_aug")).write()
    write_report(folder)
    first = written(folder)
    assert {"tables.md", "tables.tex", "study.html"} <= first.keys()
    assert sum(name.startswith("figures/") for name in first) == 6
    assert all(first.values())
    write_report(folder)
    assert written(folder) == first


def test_an_unfinished_study_says_so(tmp_path: Path) -> None:
    made = MadeUp(tmp_path, study={"cells": 10})
    made.cell("evokd", 1, 0.8)
    write_report(made.write())
    for name in ("tables.md", "tables.tex", "study.html"):
        assert "9 not finished yet" in (tmp_path / name).read_text(encoding="utf-8")


def test_a_study_without_results_is_written_too(tmp_path: Path) -> None:
    write_report(tmp_path)
    assert "0 cells done" in (tmp_path / "study.html").read_text(encoding="utf-8")
    assert list((tmp_path / "figures").iterdir()) == []


def test_the_inputs_are_left_alone(tmp_path: Path) -> None:
    made = MadeUp(tmp_path)
    made.cell("evokd", 1, 0.8)
    before = written(made.write())
    write_report(tmp_path)
    after = written(tmp_path)
    assert {name: after[name] for name in before} == before


def test_a_broken_line_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"results\.jsonl: line 1: cell"):
        write_report(tmp_path)
    assert set(written(tmp_path)) == {"results.jsonl"}
