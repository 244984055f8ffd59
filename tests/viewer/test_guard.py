"""Who is let in to the viewer, what is never served, and what every answer tells the browser."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from evokd.web.guarding import host_names
from tests.runs.made_run import Made
from tests.viewer.conftest import Browse


@pytest.fixture
def client(made: Made, browse: Browse) -> TestClient:
    return browse(made.path.parent)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_is_allowed(client: TestClient, method: str) -> None:
    answer = client.request(method, "/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "127.0.0.1", "127.0.0.1:80", "localhost:7861",
     "127.0.0.1:7860.evil.example", "", "0.0.0.0:7860", "[::]:7860"],
)  # fmt: skip
def test_another_host_name_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/run?run=one", headers={"host": host})
    assert answer.status_code == 421
    assert "one" not in answer.text.replace("answers to", "")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860", "LOCALHOST:7860"]
)
def test_its_own_names_are_let_in(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200
    assert host.lower() in host_names(7860)


def test_the_browser_is_told_to_run_nothing_of_others(client: TestClient) -> None:
    for address in ("/", "/run?run=nobody", "/nowhere", "/assets/viewer.js", "/live?run=one"):
        headers = client.get(address).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "address",
    ["/run?run=../secret", "/run?run=/etc", "/run?run=one/../../secret", "/run?run=%2e%2e/secret",
     "/assets/../app.py", "/assets/%2e%2e/app.py", "/assets/nothing.css", "/left/one/-/run.json",
     "/left/../-/secret", "/left//-/etc/passwd", "/study?study=one", "/text?run=one&call=x&part=0",
     "/round?run=one&round=99", "/row?run=one&row=../../secret", "/call?run=one&call=%00",
     "/run", "/etc/passwd", "/live?run=.."],
)  # fmt: skip
def test_what_is_not_on_the_shelf_is_not_there(
    made: Made, client: TestClient, address: str
) -> None:
    (made.path.parent.parent / "secret").mkdir()
    (made.path.parent.parent / "secret" / "run.json").write_text('{"name": "classified"}')
    answer = client.get(address)
    assert answer.status_code == 404, answer.text[:300]
    assert "classified" not in answer.text and "root:" not in answer.text


def test_a_fault_of_ours_is_a_page_with_the_same_policy(
    made: Made, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("evokd.viewer.site.read_edges", fail)
    answer = browse(made.path.parent).get("/run?run=one")
    assert answer.status_code == 500
    assert "RuntimeError" in answer.text and "secret inside" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
