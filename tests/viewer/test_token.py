"""Where others than this machine can come: a token in the address, then a cookie, else nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from evokd.viewer.app import PENNED, VIEWS, application
from tests.runs.made_run import Made

PORT, TOKEN, AT = 7861, "s3cret-token_of-this-viewer", "http://10.1.2.3:7861"


@pytest.fixture
def client(made: Made) -> Iterator[TestClient]:
    app = application(made.path.parent, PORT, host="10.1.2.3", token=TOKEN)
    client = TestClient(app, AT, raise_server_exceptions=False)
    yield client
    client.close()


def test_without_the_token_nothing_is_shown(client: TestClient) -> None:
    places = [
        *VIEWS,
        *PENNED,
        "/run?run=one",
        "/download/run?run=one&table=edges",
        "/live",
        "/assets/viewer.js",
        "/favicon.ico",
        "/nowhere",
    ]
    for address in places:
        answer = client.get(address)
        assert answer.status_code == 403, address
        assert "one" not in answer.text.replace("token", "")
        assert "set-cookie" not in answer.headers
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "wrong",
    ["", "s3cret", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "%00", "%ff%fe", "\u00e9", f" {TOKEN}"],
)
def test_a_token_that_is_not_quite_right_is_wrong(client: TestClient, wrong: str) -> None:
    assert client.get("/", params={"token": wrong}).status_code == 403
    raw = wrong.encode("utf-8", "replace").decode("latin-1")
    headers = {b"cookie": f"evokd_{PORT}={raw}".encode("latin-1")}
    found = client.get("/", headers=headers)
    # white space around a cookie's value is no part of it
    assert found.status_code == (200 if wrong.strip() == TOKEN else 403)


def test_the_token_becomes_a_cookie_and_leaves_the_address(client: TestClient) -> None:
    first = client.get(f"/run?run=one&token={TOKEN}&measure=useful")
    assert first.status_code == 200
    assert TOKEN not in first.text and "Great phone" not in first.text
    (onwards,) = re.findall(r'content="0;url=([^"]*)"', first.text)
    assert onwards == "/run?run=one&amp;measure=useful"
    said = first.headers["set-cookie"].lower()
    assert said.startswith(f"evokd_{PORT}=") and "httponly" in said and "samesite=strict" in said
    assert "path=/" in said and "domain" not in said
    page = client.get("/run?run=one")
    assert page.status_code == 200 and TOKEN not in page.text
    client.cookies.clear()
    assert client.get("/run?run=one").status_code == 403


@pytest.mark.parametrize("path", ["//evil.example/x", "/%2f%2fevil.example", "/\\evil.example"])
def test_the_way_on_leads_to_this_server(client: TestClient, path: str) -> None:
    answer = client.get(f"{AT}{path}?token={TOKEN}")
    (onwards,) = re.findall(r'content="0;url=([^"]*)"', answer.text)
    assert re.match(r"/(?![/\\])", onwards), onwards


def test_a_page_cannot_be_written_through_the_way_on(client: TestClient) -> None:
    answer = client.get("/", params={"token": TOKEN, "q": '"><script>alert(1)</script>{0}'})
    assert "<script" not in answer.text


def test_the_host_name_is_looked_at_first(client: TestClient) -> None:
    for host in ("evil.example:7861", "10.1.2.3", "10.1.2.3:80"):
        answer = client.get("/", params={"token": TOKEN}, headers={"host": host})
        assert answer.status_code == 421 and "set-cookie" not in answer.headers
    assert client.post("/", params={"token": TOKEN}).status_code == 405


def test_any_name_will_do_where_it_listens_at_all_addresses(made: Made) -> None:
    app = application(made.path.parent, PORT, host="*", token=TOKEN)
    client = TestClient(app, "http://my-machine.lan:7861")
    assert client.get("/").status_code == 403
    assert client.get("/", params={"token": TOKEN}).status_code == 200
    assert client.get("/").status_code == 200
    client.close()


def test_any_name_without_a_token_is_no_setting(made: Made) -> None:
    client = TestClient(application(made.path, PORT, host="*"))
    with pytest.raises(AssertionError):
        client.get("/")
