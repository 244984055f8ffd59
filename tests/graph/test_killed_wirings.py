"""Wirings beside the plain loop, killed with their nodes' work done and not yet written down."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from graph.session import resume, start
from tests.graph.test_loop import SCRIPTED
from tests.servers.audit import same_result, sums_agree
from tests.servers.child import Death, run_in_child
from tests.servers.runs import settings
from tests.student.tiny import BAD, FILLER, GOOD

POOL = ("task.data.pool=pool.jsonl", "loop.pool_share=0.5")
WAIT_S = 120.0


@pytest.mark.parametrize(
    ("switches", "death"),
    [
        (POOL, Death("retriever", 2)),
        ((*POOL, "loop.rewrite=0.5"), Death("retriever", 1)),
        (("method=attrprompt",), Death("attribute_proposer", 0)),
        (("method=attrprompt",), Death("trained", 1)),
        (("method=curate_refine",), Death("curator", 0)),
        (("method=curate_refine",), Death("dev_examiner", 2)),
        (("student.weights=difficulty",), Death("evaluator", 2)),
        (("student.targets=soft", "prompts.pack=small"), Death("trained", 1)),
        (("student.noise=confident_learning", "student.update=retrain"), Death("auditor", 2)),
    ],
)
def test_a_killed_run_ends_as_a_quiet_one(
    switches: tuple[str, ...], death: Death, shared: Path, tmp_path: Path
) -> None:
    texts = (f"{BAD[n % 5]} {FILLER[n % 9]} {n} {GOOD[n % 4]}" for n in range(40))
    pool = "".join(f"{json.dumps({'text': text})}\n" for text in texts)
    (shared / "pool.jsonl").write_text(pool, encoding="utf-8")
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, "loop.rounds=2", *switches)
    assert start(config, tmp_path / "quiet").status == "done"
    child = run_in_child(config, tmp_path / "run", death)
    child.join(WAIT_S)
    assert child.exitcode == -signal.SIGKILL
    assert resume(tmp_path / "run").status == "done"
    same_result(tmp_path / "run", tmp_path / "quiet")
    sums_agree(tmp_path / "run")
