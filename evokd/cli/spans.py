"""OpenTelemetry for `evokd run` and `evokd resume`: on when the environment names a collector."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from evokd.cli.screen import remark
from evokd.store.events import Listener
from evokd.store.otel import SpanListener, wanted


@contextlib.contextmanager
def exported() -> Iterator[tuple[Listener, ...]]:
    """The listeners to add: none, or the one that sends spans.

    Nothing here ends a run: a package that is missing and spans that did not arrive are remarked.
    """
    listener = _listener() if wanted() else None
    try:
        yield () if listener is None else (listener,)
    finally:
        warning = listener.close() if listener is not None else None
        if warning is not None:
            remark(f"warning: {warning}")


def _listener() -> SpanListener | None:
    try:
        from evokd.store.otlp import Collector
    except ImportError as error:
        remark(
            "warning: OTEL_EXPORTER_OTLP_ENDPOINT is set, but no spans are sent:"
            f" {error.name} is not installed; pip install -e '.[otel]' (the run goes on)"
        )
        return None
    return SpanListener(Collector())
