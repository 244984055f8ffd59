"""`evokd serve` at the command line, and what other commands make of its teacher's folder."""

from __future__ import annotations

import json
from pathlib import Path

from evokd.serving.teacher_books import open_books
from tests.cli.conftest import Evokd
from tests.serving.teacher import teacher_config


def test_refusals_are_one_message(evokd: Evokd, tmp_path: Path) -> None:
    for words, said in (
        ([tmp_path], "holds no student"),
        ([tmp_path, "--max-bytes", "0"], "--max-bytes: expected at least 1"),
        ([tmp_path, "--teacher", tmp_path / "none.yaml"], "holds no student"),
    ):
        result = evokd("serve", *words)
        assert result.exit_code == 2 and said in result.stderr
        assert "Traceback" not in result.stderr


def test_the_books_are_read_and_never_resumed(evokd: Evokd, tmp_path: Path) -> None:
    out = tmp_path / "books"
    with open_books(out, teacher_config(tmp_path, None)):
        pass
    document = json.loads(evokd("tokens", out, "--json").stdout)
    assert document["billed"]["calls"] == 0
    listing = evokd("list", tmp_path)
    assert "serving" in listing.stdout and "could not be read" not in listing.stdout
    for command in ("resume", "predict"):
        refused = evokd(command, out, *(["--text", "a"] if command == "predict" else []))
        assert refused.exit_code == 2
        assert "holds the books of `evokd serve`" in " ".join(refused.stderr.split())
    assert evokd("serve", out).exit_code == 2
