"""A reasoning teacher that gives nothing: no student comes of it, and no whole stage is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.config import Endpoint
from evokd.store.event_log import read_events
from evokd.store.events import Warned
from evokd.store.run_dir import RunDir
from evokd.teacher.faults import Refused
from evokd.teacher.reply import Reply
from evokd.teacher.scripted import ScriptedTeacher
from evokd.teacher.trial import FIRST_CALLS
from graph.session import resume, start
from tests.graph.reasoning import lay_out, settings
from tests.servers.audit import calls, statuses
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import every, status
from tests.servers.runs import KEY, KEY_NAME


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("reasoning"))


def test_every_request_is_refused(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    monkeypatch.setenv(KEY_NAME, KEY)
    with FakeChat(
        Brain(("A", "B")), every(1, status(400, "The model takes no such texts."))
    ) as server:
        given = (
            f"{{model: fake, base_url: '{server.url}', api_key_env: {KEY_NAME}, logprobs: true}}"
        )
        outcome = start(settings(room, f"teachers={{default: {given}}}"), run)
        assert server.bill.requests <= FIRST_CALLS + Endpoint(model="fake").concurrency
    assert outcome.status == "failed"
    assert outcome.reason.startswith("teacher_reasoner: none of its ")
    assert "`teachers.default.model`" in outcome.reason
    assert not RunDir(run).student.exists()


def test_a_finisher_that_gives_nothing_is_asked_again_without_what_came_before(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its few calls are over at the end; both stages' responses stay as they were paid."""
    run, send = tmp_path / "run", ScriptedTeacher.send
    broken = True

    async def refuse(self: ScriptedTeacher, request, seed, metadata) -> Reply:  # type: ignore[no-untyped-def]
        if broken and request.role == "finisher":
            raise Refused(400, "no continuation")
        return await send(self, request, seed, metadata)

    monkeypatch.setattr(ScriptedTeacher, "send", refuse)
    config = settings(room, "dasd.mixed={questions: 3}")
    outcome = start(config, run)
    assert outcome.status == "failed", outcome
    assert outcome.reason.startswith("finisher: ")
    told = [e for e in read_events(run / "events.sqlite", type="warned") if isinstance(e, Warned)]
    assert any("finisher got nothing in round" in event.text for event in told if event.grave)
    reasoned = sum(call.agent == "teacher_reasoner" for call in calls(run))
    broken = False
    assert resume(run).status == "done"
    assert sum(call.agent == "teacher_reasoner" for call in calls(run)) == reasoned
    assert statuses(run)["error"] > 0
    assert RunDir(run).student.is_dir()
