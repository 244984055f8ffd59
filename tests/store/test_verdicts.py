"""Verdicts on file: appended, the last one holds, a wrong line is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.store.verdicts import Decision, append, read_decisions


def test_decisions_come_back_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "verdicts.jsonl"
    assert read_decisions(file) == []
    append(file, Decision("r1", "accept"))
    append(file, Decision("r1", "relabel", "é\u2028x"))
    found = read_decisions(file)
    assert [(one.action, one.label) for _, one in found] == [
        ("accept", None),
        ("relabel", "é\u2028x"),
    ]
    assert found[1][0] == f"{file}, line 2" and found[1][1].at


def test_a_last_line_that_an_editor_left_open_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "verdicts.jsonl"
    file.write_text('{"row": "r1", "action": "reject"}', encoding="utf-8")
    append(file, Decision("r2", "accept"))
    assert [one.row for _, one in read_decisions(file)] == ["r1", "r2"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is no JSON"),
        ("[1]", "expected {"),
        ('{"row": "r1"}', "expected {"),
        ('{"row": "r1", "action": "accept", "rows": 1}', "expected {"),
        ('{"row": 1, "action": "accept"}', "`row` is the id"),
        ('{"row": "r1", "action": "agree"}', "'agree' is no action"),
        ('{"row": "r1", "action": "relabel"}', "a relabel names its `label`"),
        ('{"row": "r1", "action": "accept", "label": "x"}', "accept has no label"),
        ('{"row": "r1", "action": "relabel", "label": 3}', "a relabel names its `label`"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "verdicts.jsonl"
    file.write_text(f'{{"row": "r0", "action": "accept"}}\n\n{line}\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_decisions(file)
    assert f"{file}, line 3: " in str(caught.value) and said in str(caught.value)


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine\n", encoding="utf-8")
    (tmp_path / "verdicts.jsonl").symlink_to(elsewhere)
    with pytest.raises(ConfigError, match="can't be written"):
        append(tmp_path / "verdicts.jsonl", Decision("r1", "accept"))
    assert elsewhere.read_text(encoding="utf-8") == "mine\n"
