"""OpenTelemetry: the spans that a collector gets are the run, its token sums the ledger's."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip(
    "opentelemetry.exporter.otlp", reason="needs the extra: pip install -e '.[otel]'"
)

from typer.testing import Result

import evokd.cli.run as run_module
from evokd.cli.spans import exported
from evokd.store.event_log import read_events
from evokd.store.events import Begun, Called, Event, Listener, NodeStarted
from evokd.store.otel import SpanListener, call_attributes, trace_id, wanted
from evokd.store.otlp import Collector
from graph.driving import Outcome
from tests.cli.conftest import Evokd
from tests.servers.collector import Receiver, values

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
BEGUN = Begun(run="abc", name="tiny", method="evokd", seed=1, resumed=False)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as receiver:
        monkeypatch.setenv(ENDPOINT, receiver.url)
        yield receiver


def send(events: list[Event], patience_s: float = 60.0) -> str | None:
    listener = SpanListener(Collector(patience_s))
    for event in events:
        listener(event)
    return listener.close()


def called(**changes: Any) -> Called:
    values = {
        "round": 1, "node": "labeler", "call": "c", "agent": "labeler", "source": "ballot",
        "model": "m", "slot": "s", "attempt": 1, "status": "ok", "template": "p/en/labeler",
        "template_sha": "f" * 64, "messages": [("user", "question")], "reply": "answer",
        "error": None, "prompt_tokens": 7, "completion_tokens": 3, "seconds": 0.5, "task": "t",
    }  # fmt: skip
    return Called(**{**values, **changes})


def test_a_run_arrives_whole_and_its_tokens_are_the_ledgers(
    evokd: Evokd, finished: tuple[Path, Result], collector: Receiver
) -> None:
    events = list(read_events(finished[0] / "events.sqlite"))
    assert send(events) is None
    billed = json.loads(evokd("tokens", finished[0], "--format", "json").stdout)["billed"]
    assert billed["calls"] > 0 and billed["prompt_tokens"] > 0
    assert collector.tokens("prompt") == billed["prompt_tokens"]
    assert collector.tokens("completion") == billed["completion_tokens"]
    assert collector.tokens("total") == billed["prompt_tokens"] + billed["completion_tokens"]
    kinds = [values(s.attributes)["openinference.span.kind"] for s in collector.spans]
    assert kinds.count("LLM") == billed["calls"]
    begun = next(event for event in events if isinstance(event, Begun))
    assert {s.trace_id for s in collector.spans} == {trace_id(begun.run).to_bytes(16, "big")}
    assert collector.resources[0]["openinference.project.name"] == "tiny"


def test_spans_stand_under_the_node_that_asked(
    finished: tuple[Path, Result], collector: Receiver
) -> None:
    assert send(list(read_events(finished[0] / "events.sqlite"))) is None
    spans = {s.span_id: s for s in collector.spans}
    roots = [s for s in collector.spans if not s.parent_span_id]
    assert [root.name for root in roots] == ["run tiny"]
    for span in collector.spans:
        assert span.start_time_unix_nano <= span.end_time_unix_nano
        told = values(span.attributes)
        if told["openinference.span.kind"] != "LLM":
            continue
        node = spans[span.parent_span_id]
        assert values(node.attributes)["openinference.span.kind"] == "AGENT"
        assert json.loads(told["metadata"])["edge"].endswith(f"→ {node.name}")
        assert told["llm.input_messages.0.message.content"] and told["llm.model_name"]
        assert spans[node.parent_span_id].name in ("warm-up", "round 1", "round 2")


def test_failed_attempts_are_errors_with_their_tokens(collector: Receiver) -> None:
    start = NodeStarted(round=1, node="labeler", source="ballot", task="t")
    assert send([BEGUN, start, called(status="rejected", error="no JSON"), called()]) is None
    first, second = (s for s in collector.spans if s.name == "labeler" and s.end_time_unix_nano
                     and values(s.attributes)["openinference.span.kind"] == "LLM")  # fmt: skip
    assert (first.status.code, first.status.message) == (2, "no JSON")
    assert second.status.code == 1
    assert collector.tokens("total") == 20


def test_many_messages_cost_no_tokens(collector: Receiver) -> None:
    event = called(messages=[("user", str(n)) for n in range(500)])
    assert send([BEGUN, event]) is None
    assert collector.tokens("total") == 10


@pytest.mark.parametrize("status", [400, None])
def test_a_collector_that_refuses_or_is_gone_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, status: int | None
) -> None:
    with Receiver(status or 200) as receiver:
        monkeypatch.setenv(ENDPOINT, receiver.url)
        if status is not None:
            warning = send([BEGUN, called()])
    if status is None:  # its port is closed now
        warning = send([BEGUN, called()], patience_s=0.2)
    assert warning is not None
    assert warning.startswith("OpenTelemetry: 3 of 3 spans did not arrive (")
    assert "the run is not touched" in warning


def test_what_goes_wrong_inside_does_not_reach_the_run() -> None:
    class Broken:
        def open(self, run: str, name: str) -> Any:
            raise ValueError("bad header")

        def close(self) -> str | None:
            return None

    listener = SpanListener(Broken())
    for event in (BEGUN, called()):
        listener(event)
    assert "bad header" in (listener.close() or "")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({ENDPOINT: " "}, False),
        ({ENDPOINT: "http://127.0.0.1:1"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, True),
        ({ENDPOINT: "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "True"}, False),
    ],
)
def test_when_it_is_on(environment: dict[str, str], expected: bool) -> None:
    assert wanted(environment) is expected


def test_the_run_command_adds_the_listener(
    evokd: Evokd, config: Path, collector: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def start(config: object, out: Path, listeners: tuple[Listener, ...]) -> Outcome:
        for listener in listeners[1:]:
            listener(BEGUN)
            listener(called())
        return Outcome("interrupted", "as a test wants it")

    monkeypatch.setattr(run_module, "start", start)
    monkeypatch.setattr(run_module, "show_summary", lambda *args: None)
    assert evokd("run", config, "--out", tmp_path / "run").exit_code == 130
    assert collector.tokens("total") == 10


def test_a_missing_package_is_one_clear_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.delitem(sys.modules, "evokd.store.otlp")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with exported() as listeners:
        assert listeners == ()
    said = capsys.readouterr().err
    assert "pip install -e '.[otel]'" in said and said.count("\n") == 1


def test_names_are_openinferences() -> None:
    conventions = pytest.importorskip("openinference.semconv.trace")
    known = {value for name, value in vars(conventions.SpanAttributes).items() if name.isupper()}
    message = conventions.MessageAttributes
    known |= {"openinference.span.kind"}
    for name in call_attributes(called(usd=0.1)):
        if name.startswith(("llm.input_messages.0.", "llm.output_messages.0.")):
            assert name.split(".0.", 1)[1] in (message.MESSAGE_ROLE, message.MESSAGE_CONTENT)
        else:
            assert name in known, name
