"""The templates of two runs, over HTTP."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.testclient import TestClient

from tests.runs.made_run import Made
from tests.viewer.compared_runs import ANALYST, RUNS, ask_with, changes, read


def test_templates_by_role_and_by_hash(client: TestClient) -> None:
    said = read(client, "/compare/templates", *RUNS)
    assert "not the same" in said and "Source of analyst" in said, "the one that differs is shown"
    assert "keeps the hash of a template, not its source" in said
    assert "with the hash of A and B" in said
    labeler = read(client, "/compare/templates", *RUNS, ("which", "2"))
    assert "The hashes are equal" in labeler and "Source of labeler" in labeler


def test_sources_that_a_pack_still_has_are_compared(
    client: TestClient, two: tuple[Made, Made], tmp_path: Path
) -> None:
    pack = tmp_path / "evokd"
    (pack / "en").mkdir(parents=True)
    (pack / "pack.yaml").write_text("extends: small\n")
    (pack / "en" / "analyst.j2").write_text("Say what is wrong.")
    from prompts.pack import HERE

    shipped = (HERE / "evokd" / "en" / "analyst.j2").read_text()
    ask_with(two[0], ANALYST, hashlib.sha256(shipped.encode()).hexdigest())
    ask_with(two[1], ANALYST, hashlib.sha256(b"Say what is wrong.").hexdigest())
    config = two[1].path / "config.yaml"
    config.write_text(f"{config.read_text()}prompts: {{pack: {pack}}}\n")
    went, came = changes(client, "/compare/templates", *RUNS)
    assert "Say what is wrong." in came[-1] and went
