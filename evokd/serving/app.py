"""The application: addresses and what answers them, behind the guard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from evokd.serving.answering import Answering, dumped
from evokd.serving.body import read_body
from evokd.serving.docs_page import POLICY, page
from evokd.serving.guard import Guard
from evokd.serving.metrics import MEDIA_TYPE
from evokd.serving.refusal import Refusal
from evokd.serving.teacher_books import TeacherBooks

JSON = "application/json"
PATHS = ("/predict", "/healthz", "/metrics", "/openapi.json", "/docs")
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Parts:
    """What the application is made of."""

    answering: Answering
    document: dict[str, Any]
    """Of OpenAPI."""
    hosts: frozenset[str] | None
    """Names that it answers to; None: any."""
    token: str | None
    books: TeacherBooks | None = None


def application(parts: Parts) -> Starlette:
    """The server's application."""
    answering = parts.answering
    guard = Middleware(
        Guard,
        metrics=answering.metrics,
        paths=frozenset(PATHS),
        hosts=parts.hosts,
        token=parts.token,
    )
    return Starlette(
        routes=[
            Route("/predict", _predict(answering), methods=["POST"]),
            Route("/healthz", _healthz(answering)),
            Route("/metrics", _metrics(parts)),
            Route("/openapi.json", _openapi(parts)),
            Route("/docs", _docs(parts)),
        ],
        middleware=[guard],
        exception_handlers={Refusal: _refused, HTTPException: _no_such},
    )


def _predict(answering: Answering) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        body = await read_body(request, answering.limits)
        return Response(dumped(await answering.answer(body)), media_type=JSON)

    return endpoint


def _healthz(answering: Answering) -> Endpoint:
    async def endpoint(_: Request) -> Response:
        if answering.batcher.alive:
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "nobody works on the queue"}, 503)

    return endpoint


def _metrics(parts: Parts) -> Endpoint:
    async def endpoint(_: Request) -> Response:
        answering, deferral = parts.answering, parts.answering.deferral
        gauges: dict[str, tuple[str, float]] = {
            "evokd_queue_texts": ("Texts that wait for the student.", answering.batcher.waiting)
        }
        if deferral is not None:
            spent = float(deferral.spent is not None)
            gauges |= {
                "evokd_teacher_queue_texts": ("Texts with the teacher.", deferral.waiting),
                "evokd_teacher_budget_reached": ("1: a limit kept a text at home.", spent),
            }
        books = [] if parts.books is None else parts.books.lines()
        return Response(answering.metrics.page(gauges, books), headers={"Content-Type": MEDIA_TYPE})

    return endpoint


def _openapi(parts: Parts) -> Endpoint:
    async def endpoint(_: Request) -> Response:
        return Response(dumped(parts.document), media_type=JSON)

    return endpoint


def _docs(parts: Parts) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        address = f"http://{request.headers['host']}"
        return HTMLResponse(
            page(parts.document, address), headers={"Content-Security-Policy": POLICY}
        )

    return endpoint


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return error.response()


async def _no_such(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = f"{error.detail}; there are POST /predict, GET {', '.join(PATHS[1:])}"
    return JSONResponse({"error": said}, error.status_code, error.headers)
