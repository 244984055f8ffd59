from pathlib import Path

import pytest

from evokd.config import dump_yaml, load_config, parse_yaml
from tests.config.written import config_with

HOSTILE = [
    "yes", "no", "null", "~", "true", "1", "1.0", "01", "1e4", ".5E+3", "1_000", "0x1f", "1:30",
    "a: b", "#x", "x #y", "- a", "? a", "&a", "*a", "!a", "{a", "[a]", "'", '"',
    "\\", "`", "%", "@",
    "2020-01-01", "=", "<<", "---", "...", "a\nb", "\t", " a ", "🙂", "é", "退款",
    "a" * 300, "\x07",
    "\u2028", "\ufeff", "TODO: x", "|", ">", ",", "",
]  # fmt: skip


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_text_comes_back_as_key_and_as_value(text: str, lines: bool) -> None:
    for document in ({text: text}, {"labels": {text: text, "other": 1}}):
        assert parse_yaml(dump_yaml(document, lines=lines)) == document


def test_a_label_that_looks_like_a_number_survives_the_run_directory(tmp_path: Path) -> None:
    config = config_with(tmp_path, "task.labels={'1e4': ten thousand, '1': one}")
    file = tmp_path / "resolved.yaml"
    file.write_text(config.to_yaml(), encoding="utf-8")
    assert load_config(file).task.labels == {"1e4": "ten thousand", "1": "one"}
