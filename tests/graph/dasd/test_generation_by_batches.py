"""The teacher's responses of a stage are one batch, though 64 nodes ask for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.teacher.request import Request
from graph.session import check, start
from tests.graph.reasoning import lay_out, settings
from tests.servers.audit import books, calls, reported, sums_agree
from tests.servers.brain import Brain, Payload
from tests.servers.fake_batches import FakeBatches


@dataclass(frozen=True)
class Reasoner(Brain):
    """Every request is one for a chain of thought."""

    def _request(self, payload: Payload) -> Request:
        return replace(super()._request(payload), role="teacher_reasoner")


def teachers(url: str) -> str:
    batch = "{poll_s: 0.05, gather_s: 0.5}"
    given = f"{{model: fake, base_url: '{url}', logprobs: true, batch: {batch}}}"
    return f"teachers={{default: {given}}}"


def test_each_stage_is_a_batch(tmp_path: Path) -> None:
    room, run = lay_out(tmp_path), tmp_path / "run"
    with FakeBatches(Reasoner(("A", "B"))) as server:
        assert start(settings(room, teachers(server.url)), run).status == "done"
        billed = books(run)["billed"]
        assert billed["calls"] == server.bill.requests
        assert reported(run) == (server.bill.prompt_tokens, server.bill.completion_tokens)
    sums_agree(run)
    assert [len(batch.lines) for batch in server.batches] == [12, 12]
    assert {call.agent for call in calls(run)} == {"teacher_reasoner"}


def test_cot_decoding_has_turns(tmp_path: Path) -> None:
    room = lay_out(tmp_path)
    config = settings(room, teachers("http://127.0.0.1:1/v1"), "dasd.cot_decoding={k: 3}")
    with pytest.raises(ConfigError, match="waits for the turns of teacher_reasoner"):
        check(config)
