"""Where spans leave: OTLP over HTTP, in batches, from a thread that the run never waits for.

Everything that OpenTelemetry reads from the environment holds (endpoint, headers, timeout, sizes);
see docs/design/traces.md for the few defaults that differ.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Tracer

from evokd.store.otel import trace_id

QUEUE = 50_000
"""Spans that may wait; OpenTelemetry's own 2,048 is less than a wave of a large run."""
BATCH = 128
"""Spans in a request; with prompts in them, its own 512 could pass a collector's size limit."""
ATTRIBUTES = 4_096
"""On a span: two for each message; what passes the limit is dropped, tokens could be among it."""
PATIENCE_S = 5.0
"""At the end: how long without a batch that arrives before the rest is given up."""


class OneTrace(RandomIdGenerator):
    """All spans of a run in one trace, its resumed sessions' too."""

    def __init__(self, run: str) -> None:
        self._trace = trace_id(run)

    def generate_trace_id(self) -> int:
        return self._trace

    def is_trace_id_random(self) -> bool:
        return False


class Counting(SpanExporter):
    """Counts what arrived, and keeps the last thing that went wrong."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.arrived = 0
        self.moved = time.monotonic()
        """When a batch last arrived."""
        self.error: str | None = None
        self._over = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._over:
            return SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
            return SpanExportResult.FAILURE
        if result is SpanExportResult.SUCCESS:
            self.arrived += len(spans)
            self.moved = time.monotonic()
        return result

    def shutdown(self) -> None:
        """Once: a second time OpenTelemetry would complain."""
        if not self._over:
            self._over = True
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


class Started(BatchSpanProcessor):
    """Counts the spans that were handed over."""

    handed = 0

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None and span.context.trace_flags.sampled:
            self.handed += 1
        super().on_end(span)


class Collector:
    """The collector named by the environment; an `Outlet`."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._log = LastWord()
        self._exporter: Counting | None = None
        self._processor: Started | None = None

    def open(self, run: str, name: str) -> Tracer:
        """A tracer whose spans go to the collector.

        Raises:
            Exception: whatever OpenTelemetry has against its variables.
        """
        self._log.listen()
        self._exporter = Counting(OTLPSpanExporter())
        self._processor = Started(
            self._exporter,
            max_queue_size=None if "OTEL_BSP_MAX_QUEUE_SIZE" in os.environ else QUEUE,
            max_export_batch_size=None if "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" in os.environ else BATCH,
        )
        provider = TracerProvider(
            resource=_resource(name),
            id_generator=OneTrace(run),
            span_limits=SpanLimits(max_span_attributes=ATTRIBUTES),
            shutdown_on_exit=False,  # it would wait for a collector that is gone
        )
        provider.add_span_processor(self._processor)
        return provider.get_tracer("evokd")

    def close(self) -> str | None:
        """Send what waits, as long as something arrives; gives what was lost."""
        if self._exporter is None or self._processor is None:
            return None
        exporter, processor = self._exporter, self._processor
        exporter.moved = time.monotonic()
        flush = threading.Thread(target=processor.force_flush, daemon=True)
        flush.start()
        while flush.is_alive() and time.monotonic() - exporter.moved < self._patience_s:
            flush.join(0.05)
        exporter.shutdown()  # ends the wait between two tries; what still waits is refused
        end = threading.Thread(target=processor.shutdown, daemon=True)
        end.start()
        end.join(1.0)  # a request that hangs goes with the process
        self._log.stop()
        lost = processor.handed - exporter.arrived
        if lost <= 0:
            return None
        reason = exporter.error or self._log.text or "it takes too long"
        return f"{lost} of {processor.handed} spans did not arrive ({reason})"


class LastWord(logging.Handler):
    """Keeps what OpenTelemetry logs off the screen, and the last of it for the warning."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text: str | None = None
        self._logger = logging.getLogger("opentelemetry")

    def listen(self) -> None:
        self._logger.addHandler(self)
        self._logger.propagate = False

    def stop(self) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = True

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage()
        if words.startswith("Transient error") and isinstance(record.args, tuple):
            words = str(record.args[0])  # without the retry it announces
        text = " ".join(words.split())[:300]
        if self.text is None or "hutdown" not in text:  # the cause, not that it gave up
            self.text = text


def _resource(name: str) -> Resource:
    """Who speaks; what the environment says of it outranks this."""
    given = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    values = {}
    if "OTEL_SERVICE_NAME" not in os.environ and "service.name=" not in given:
        values["service.name"] = "evokd"
    if "openinference.project.name=" not in given:  # Phoenix sorts by it
        values["openinference.project.name"] = name
    return Resource.create(values)
