"""OpenTelemetry: a listener that turns trace events into spans, in the OpenInference conventions.

    run (CHAIN) → round (CHAIN) → node (AGENT where it spends, else CHAIN) → call (LLM)

Phoenix, Langfuse, MLflow and others read these. Every attempt of a call is a span with the tokens
that the ledger booked for it, so the sums are the ledger's; replayed calls cost nothing and have
none. Spans leave from a thread of their own; a collector that is slow or gone costs spans, never
the run: what did not arrive is counted and said in one warning when the run ends.

Switched on by OTEL_EXPORTER_OTLP_ENDPOINT; needs `pip install -e '.[otel]'`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from evokd.store.events import (
    Analysed,
    Begun,
    Called,
    Event,
    NodeEnded,
    NodeStarted,
    Scored,
    Stopped,
    Warned,
)

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Either switches the export on; what else OpenTelemetry reads from the environment holds, too."""


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment names a collector."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return any(environment.get(name, "").strip() for name in VARIABLES)


class Outlet(Protocol):
    """Where spans go to: made when the run is known, closed when it ends."""

    def open(self, run: str, name: str) -> Tracer: ...
    def close(self) -> str | None:
        """Send what waits; gives what to warn of."""
        ...


class SpanListener:
    """Hears a run's events and keeps the spans that are open."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._tracer: Tracer | None = None
        self._begun: Begun | None = None
        self._run: Span | None = None
        self._rounds: dict[int, Span] = {}
        self._nodes: dict[str, Span] = {}
        """By task id."""
        self._last: int | None = None
        """When the last event was, in nanoseconds since 1970."""
        self._broken: str | None = None

    def __call__(self, event: Event) -> None:
        """Hear an event. Whatever goes wrong here must not end the run."""
        if self._broken is not None:
            return
        try:
            self._hear(event)
        except Exception as error:
            self._broken = f"{type(error).__name__}: {error}"

    def close(self) -> str | None:
        """End what is open and send what waits; gives a warning where one is due."""
        try:
            if self._run is not None:
                self._end_all(self._run)
            lost = self._outlet.close()
        except Exception as error:
            lost = f"{type(error).__name__}: {error}"
        reason = self._broken or lost
        return None if reason is None else f"OpenTelemetry: {reason}; the run is not touched by it"

    def _hear(self, event: Event) -> None:
        if isinstance(event, Begun):
            self._begin(event)
        if self._tracer is None or self._run is None:
            return
        self._last = nanoseconds(event.at)
        match event:
            case NodeStarted():
                self._start_node(event)
            case NodeEnded():
                self._end_node(event)
            case Called():
                self._call(event)
            case Analysed():
                self._newest(event).set_attribute("output.value", event.text)
            case Scored():
                self._round(event.round).set_attributes(scores(event))
            case Warned():
                self._newest(event).add_event("warning", {"text": event.text}, self._last)
            case Stopped():
                self._stop(event, self._run)

    def _begin(self, event: Begun) -> None:
        if self._run is not None:  # one listener hears one session
            return
        self._begun = event
        self._tracer = self._outlet.open(event.run, event.name)
        self._run = self._span(f"run {event.name}", "CHAIN", event.at, None)
        metadata = event.model_dump(include={"run", "name", "method", "seed", "resumed"})
        self._run.set_attributes({"metadata": dumps(metadata), "input.value": dumps(metadata)})

    def _start_node(self, event: NodeStarted) -> None:
        for number in [n for n in self._rounds if n < event.round]:
            self._rounds.pop(number).end(self._last)
        parent = self._round(event.round)
        span = self._span(event.node, "CHAIN", event.at, parent)
        span.set_attribute("metadata", dumps(_edge(event.source, event.node, event.round)))
        self._nodes[event.task] = span

    def _end_node(self, event: NodeEnded) -> None:
        span = self._nodes.pop(event.task, None)
        if span is None:
            return
        _set_status(span, event.error)
        span.end(nanoseconds(event.at))

    def _call(self, event: Called) -> None:
        end = nanoseconds(event.at)
        node = self._nodes.get(event.task)
        if node is not None:
            node.set_attribute("openinference.span.kind", "AGENT")
            node.set_attribute("agent.name", event.node)
        start = end - int(event.seconds * 1e9)
        span = self._span(event.agent, "LLM", start, node or self._round(event.round))
        span.set_attributes(call_attributes(event))
        _set_status(span, None if event.status == "ok" else event.error or event.status)
        span.end(end)

    def _round(self, number: int) -> Span:
        assert self._run is not None
        if number not in self._rounds:
            name = f"round {number}" if number else "warm-up"
            self._rounds[number] = self._span(name, "CHAIN", self._last, self._run)
        return self._rounds[number]

    def _newest(self, event: Event) -> Span:
        """The span of the node that an event came from, as far as that can be told."""
        spans = [span for span in self._nodes.values() if getattr(span, "name", "") == event.node]
        return spans[-1] if spans else self._round(event.round)

    def _span(self, name: str, kind: str, start: str | int | None, parent: Span | None) -> Span:
        from opentelemetry.context import Context
        from opentelemetry.trace import set_span_in_context

        assert self._tracer is not None and self._begun is not None
        began = nanoseconds(start) if isinstance(start, str) else start
        context = Context() if parent is None else set_span_in_context(parent, Context())
        span = self._tracer.start_span(name, context, start_time=began)
        span.set_attribute("openinference.span.kind", kind)
        span.set_attribute("session.id", self._begun.run)
        return span

    def _stop(self, event: Stopped, run: Span) -> None:
        run.set_attribute("output.value", f"{event.status}: {event.reason}")
        _set_status(run, event.reason if event.status == "failed" else None)

    def _end_all(self, run: Span) -> None:
        for span in (*self._nodes.values(), *self._rounds.values(), run):
            span.end(self._last)
        self._nodes.clear()
        self._rounds.clear()
        self._run = None


def call_attributes(event: Called) -> dict[str, str | int | float]:
    """An attempt of a call: what was said, by whom, and what was booked for it."""
    values: dict[str, str | int | float] = {}
    for number, (role, text) in enumerate(event.messages):
        values[f"llm.input_messages.{number}.message.role"] = role
        values[f"llm.input_messages.{number}.message.content"] = text
    if event.reply is not None:
        values["llm.output_messages.0.message.role"] = "assistant"
        values["llm.output_messages.0.message.content"] = event.reply
        values["output.value"] = event.reply
        values["output.mime_type"] = "text/plain"
    if event.usd is not None:
        values["llm.cost.total"] = event.usd
    metadata = _edge(event.source, event.node, event.round) | event.model_dump(
        include={
            *("call", "slot", "attempt", "status", "template_sha", "prompt_sha", "estimated"),
            *("voter", "directive"),
        }
    )
    return values | {
        "input.value": dumps([{"role": role, "content": text} for role, text in event.messages]),
        "input.mime_type": "application/json",
        "llm.model_name": event.model,
        "llm.prompt_template.version": f"{event.template}@{event.template_sha[:12]}",
        "llm.token_count.prompt": event.prompt_tokens,
        "llm.token_count.completion": event.completion_tokens,
        "llm.token_count.total": event.prompt_tokens + event.completion_tokens,
        "metadata": dumps(metadata),
    }


def scores(event: Scored) -> dict[str, float]:
    """Scores as attributes of the round's span."""
    named = {"dev": event.dev or {}, "test": event.test}
    values = {f"evokd.{split}.{k}": v for split, one in named.items() for k, v in one.items()}
    return values | {"evokd.accepted": event.accepted, "evokd.rejected": event.rejected}


def trace_id(run: str) -> int:
    """One trace for all sessions of a run; 128 bits out of the run's id."""
    return int.from_bytes(hashlib.sha256(f"evokd/{run}".encode()).digest()[:16], "big") or 1


def nanoseconds(at: str) -> int:
    """An event's time as nanoseconds since 1970."""
    return int(datetime.fromisoformat(at).timestamp() * 1000 + 0.5) * 1_000_000


def dumps(value: Any) -> str:
    """JSON for an attribute."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _edge(source: str, target: str, number: int) -> dict[str, Any]:
    return {"edge": f"{source} → {target}", "round": number}


def _set_status(span: Span, error: str | None) -> None:
    from opentelemetry.trace import Status, StatusCode

    if error is None:
        span.set_status(Status(StatusCode.OK))
    else:
        span.set_status(Status(StatusCode.ERROR, error))
