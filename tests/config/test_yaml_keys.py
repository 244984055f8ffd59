"""Keys of the YAML that stand twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.config import ConfigError, load_config
from tests.config.written import write_config


@pytest.mark.parametrize(
    ("text", "key", "lines"),
    [
        ("seed: 1\nname: x\nseed: 2", "seed", (2, 4)),
        ("loop:\n  rounds: 1\n  rounds: 2", "rounds", (3, 4)),
        ("loop: {rounds: 1}\nbudget: {tokens: 5}\nloop: {n_hard: 2}", "loop", (2, 4)),
        ("teachers:\n  labeler:\n  - {model: x,\n    model: y}", "model", (4, 5)),
        ("'seed': 1\nseed: 2", "seed", (2, 3)),
    ],
)
def test_a_key_that_stands_twice_is_refused(
    tmp_path: Path, text: str, key: str, lines: tuple[int, int]
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"task: {{labels: [a, b], data: {{}}}}\n{text}\n", encoding="utf-8")
    said = f"the key '{key}' of line {lines[0]} stands again in line {lines[1]}"
    with pytest.raises(ConfigError, match=f"c.yaml: not valid YAML: {said}"):
        load_config(file)
    with pytest.raises(ConfigError, match=r"--set budget: .*'tokens' of line 1 stands again"):
        load_config(write_config(tmp_path), ["budget={tokens: 1, tokens: 2}"])


def test_what_a_merge_brings_may_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "teachers:\n  default: &one {model: m, retries: 1, timeout_s: 9}\n"
        "  critic: &two {<<: *one, retries: 2}\n  analyst: {<<: *two, retries: 3}\n"
        "task: {labels: [a, b], data: {}}\n",
        encoding="utf-8",
    )
    teachers = load_config(file).teachers
    found = [teachers.of(role)[0] for role in ("labeler", "critic", "analyst")]
    assert [(one.model, one.retries, one.timeout_s) for one in found] == [
        ("m", 1, 9),
        ("m", 2, 9),
        ("m", 3, 9),
    ]
