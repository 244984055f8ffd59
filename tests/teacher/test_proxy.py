"""A request through the environment's proxy is seen, capped and booked like any other."""

from __future__ import annotations

import pytest

from evokd.teacher.transport import proxy_for

PROXY = "http://127.0.0.1:3128"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1", PROXY),
        ("http://llm.example.org/v1", None),
        ("http://127.0.0.1:8000/v1", None),
        ("https://inside.example.org/v1", None),
    ],
)
def test_the_proxy_of_an_address(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: str | None
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("no_proxy", "127.0.0.1,inside.example.org")
    assert proxy_for(url) == expected
