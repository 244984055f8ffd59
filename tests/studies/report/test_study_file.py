from __future__ import annotations

from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.studies.report.study_file import STUDY, read_study_file


def test_the_study_file(tmp_path: Path) -> None:
    file = tmp_path / STUDY
    file.write_text(
        "name: n\nkind: ablation\ncommand: [evokd study a, evokd study b]\ncells: 7\n"
        "grid: {variant: {whole: {}, no_easy: {loop.switches.easy: false}}}\n",
        encoding="utf-8",
    )
    asked = read_study_file(file)
    assert (asked.name, asked.kind, asked.cells) == ("n", "ablation", 7)
    assert asked.command == "evokd study a\nevokd study b"
    assert (asked.variants, asked.unchanged) == (("whole", "no_easy"), ("whole",))


@pytest.mark.parametrize("text", ["[a]", "a: [", "a: b: c"])
def test_a_broken_study_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / STUDY
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"study\.yaml"):
        read_study_file(file)
