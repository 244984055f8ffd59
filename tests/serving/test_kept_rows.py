from __future__ import annotations

from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.serving.kept_rows import ORIGIN, KeptRows, text_key


def row(text: str, label: str) -> dict[str, object]:
    return {"text": text, "label": label, ORIGIN: {"text": text_key(text), "label": label}}


def test_what_is_written_is_known_again(tmp_path: Path) -> None:
    rows = KeptRows(tmp_path / "rows.jsonl")
    rows.append([row("a", "x"), row("b\u2028c", "y")])
    rows.append([row("c", "x")])
    again = KeptRows(tmp_path / "rows.jsonl")
    assert again.labels == rows.labels == {
        text_key("a"): "x", text_key("b\u2028c"): "y", text_key("c"): "x",
    }  # fmt: skip


def test_half_a_line_goes(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    KeptRows(file).append([row("a", "x")])
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:20])
    rows = KeptRows(file)
    assert list(rows.labels.values()) == ["x"] and file.read_bytes() == whole
    rows.append([row("b", "y")])
    assert list(KeptRows(file).labels.values()) == ["x", "y"]


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "a"}', '{"evokd": {"text": "a"}}'])
def test_a_line_of_somebody_elses_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "rows.jsonl"
    KeptRows(file).append([row("a", "x")])
    file.write_text(file.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2 is no row"):
        KeptRows(file)
