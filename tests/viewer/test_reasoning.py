"""Students that reason, on pages: what is read of their files, and what a file may hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.runs.run import Run
from evokd.viewer.reasoning import read_reasoning
from evokd.viewer.report import report

ARM = {
    "n": 4,
    "right": 1,
    "accuracy": 0.25,
    "low": 0.05,
    "high": 0.7,
    "unparsed": 2,
    "truncated": 0,
}
NASTY = "<script>alert(1)</script>"


def lay_out(folder: Path, **results: Any) -> Run:
    against = {"arm": "stage1", "gained": 0, "lost": 2, "p": 0.5}
    whole = {
        "arms": {"base": {**ARM, "against": against}, "stage1": {**ARM, "lesson": {"rows": 7}}}
    }
    (folder / "dasd.json").write_text(json.dumps(whole | results), encoding="utf-8")
    line = {"question": NASTY, "gold": "A", "answers": {"base": {"right": True, "text": NASTY}}}
    (folder / "side_by_side.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    return Run("run", folder)


def test_students_are_read_with_their_tests(tmp_path: Path) -> None:
    found = read_reasoning(lay_out(tmp_path), figures=True)
    assert found is not None
    base, taught = found.students.rows
    assert (base.right, base.share, base.interval) == ("1 of 4", "25.0%", "5.0% to 70.0%")
    assert (base.gained, base.p, taught.gained, taught.rows) == ("0 / 2", "0.500", "–", "7")
    assert found.against == "stage1"
    assert [bool(picture) for picture, _ in found.figures] == [False, False]


def test_other_methods_show_nothing_of_this(tmp_path: Path) -> None:
    assert read_reasoning(Run("run", tmp_path), figures=True) is None


def test_what_models_wrote_stays_text_and_pictures_are_pictures(tmp_path: Path) -> None:
    lay_out(tmp_path, notes=[NASTY])
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "accuracy.png").write_bytes(b"\x89PNG and so on")
    (tmp_path / "figures" / "information.png").write_text(NASTY, encoding="utf-8")
    (tmp_path / "run.json").write_text('{"status": "done"}', encoding="utf-8")
    page = report(tmp_path)
    assert NASTY not in page and page.count("&lt;script&gt;alert(1)") == 3
    assert page.count("data:image/png;base64,") == 1


@pytest.mark.parametrize("damaged", [{"arms": 7}, {"arms": {"base": None}}, {"notes": "x"}])
def test_a_damaged_file_breaks_no_page(damaged: dict[str, Any], tmp_path: Path) -> None:
    assert read_reasoning(lay_out(tmp_path, **damaged), figures=False) is not None
