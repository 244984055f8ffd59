"""The application with a student that fails: what is said, and what is not."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence

import httpx2
import pytest

from evokd.runs.typed import Typed
from evokd.serving.answering import Answering
from evokd.serving.app import Parts, application
from evokd.serving.batching import Batcher, Verdicts
from evokd.serving.limits import Limits
from evokd.serving.metrics import Metrics
from evokd.serving.openapi import document
from student.results import Prediction

AT = "http://127.0.0.1:8080"
LIMITS = Limits(wait_ms=0, timeout_s=1.0)
GATE = threading.Event()
"""Holds up a pass with the text `slow` in it."""


def fake_student(texts: Sequence[str]) -> Verdicts:
    if "slow" in texts:
        assert GATE.wait(60)
    if "bad" in texts:
        raise RuntimeError("secret of the inside")
    return [Prediction("yes", 0.5, 0.75) for _ in texts], None


@pytest.fixture(params=[None])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx2.AsyncClient]:
    """Of a student whose export says so (the parameter) it abstains by itself."""
    metrics = Metrics()
    batcher = Batcher(fake_student, LIMITS, metrics.batch)
    batcher.start()
    answering = Answering(
        ("no", "yes"), Typed("ner"), batcher, LIMITS, metrics, abstain_below=request.param
    )
    said = document("ner", ("no", "yes"), LIMITS, version="1")
    parts = Parts(answering, said, frozenset({"127.0.0.1:8080"}), None)
    transport = httpx2.ASGITransport(application(parts))
    async with httpx2.AsyncClient(transport=transport, base_url=AT) as client:
        yield client
    await batcher.stop()


async def test_a_failure_is_logged_and_tells_nothing(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "evokd.serving"):
        failed = await client.post("/predict", json={"text": "bad"})
    assert failed.status_code == 500 and "secret" not in failed.text
    assert "server's log says more" in failed.json()["error"]
    assert "secret of the inside" in caplog.text
    assert failed.headers["content-security-policy"].startswith("default-src 'none'")
    assert (await client.post("/predict", json={"text": "good"})).status_code == 200
    page = (await client.get("/metrics")).text
    assert 'evokd_requests_total{path="/predict",status="500"} 1' in page


async def test_who_waits_too_long_is_told_when_to_come_again(client: httpx2.AsyncClient) -> None:
    late = await client.post("/predict", json={"text": "slow"})
    assert late.status_code == 503 and late.headers["retry-after"] == "1"
    assert "within 1 s" in late.json()["error"]
    GATE.set()
    while (await client.post("/predict", json={"text": "slow"})).status_code == 503:
        await asyncio.sleep(0.01)
    assert (await client.post("/predict", json={"text": "good"})).status_code == 200


async def test_every_answer_is_signed(client: httpx2.AsyncClient) -> None:
    for path in ("/healthz", "/metrics", "/openapi.json", "/docs", "/nothing"):
        answer = await client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await client.get("/healthz", headers={"host": "evil.example"})).status_code == 421


@pytest.mark.parametrize("client", [0.9], indirect=True)
async def test_what_was_exported_holds_where_nobody_says_otherwise(
    client: httpx2.AsyncClient,
) -> None:
    own = (await client.post("/predict", json={"text": "good"})).json()
    assert (own["label"], own["abstained"], own["likeliest"]) == (None, True, "yes")
    asked = (await client.post("/predict", json={"text": "good", "abstain_below": 0.5})).json()
    assert (asked["label"], asked["abstained"]) == ("yes", False)
