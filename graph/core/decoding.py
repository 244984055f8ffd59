"""Several paths to one answer (`loop.decoding`): who decodes, how, and what can't work."""

from __future__ import annotations

from evokd.config import Continuation, Endpoint, PathsConfig


def continuation_of(config: PathsConfig, endpoint: Endpoint) -> Continuation:
    """How an endpoint goes on from a beginning; of a remote one nobody knows that it can."""
    if config.continuation != "auto":
        return config.continuation
    return "samples" if endpoint.model is not None else "llama.cpp"
