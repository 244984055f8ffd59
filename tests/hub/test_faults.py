"""What the hub may answer: refusals are told, failures tried again, and nothing is sent twice."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from evokd.hub.trouble import ATTEMPTS
from tests.hub.conftest import Push
from tests.servers.fake_hub import GOOD, READ_ONLY, FakeHub

REPO = "alice/reviews"
INNER = 6
"""Tries of one request by the hub's own client."""


@pytest.mark.parametrize(
    ("step", "kinds"),
    [
        ("create", (503, "reset")),
        ("create", ("html",)),
        ("info", (500,)),
        ("yaml", ("html",)),
        ("preupload", (500, "reset")),
        ("batch", (429, 503)),
        ("upload", (500, "reset")),
        ("verify", (504,)),
        ("commit", (500,)),
        ("commit", (409, 412)),
        ("commit", ("lost",)),
    ],
)
def test_a_passing_failure_is_tried_again(
    push: Push, hub: FakeHub, made: Path, step: str, kinds: tuple[object, ...]
) -> None:
    hub.fail(step, *kinds)
    done = push(made, "--to", REPO, "--yes")
    assert done.exit_code == 0, done.output
    repo = hub.repos[f"models/{REPO}"]
    assert len(repo.messages) == 1 and len(repo.files) == 5
    assert not hub.faults[step] and GOOD not in done.output
    if step in ("create", "info", "yaml", "commit"):  # the client itself tries these once
        assert "again in 0 s" in done.stderr


def test_a_hub_that_stays_broken_is_told_and_the_command_goes_on(
    push: Push, hub: FakeHub, made: Path
) -> None:
    hub.fail("commit", *[503] * ATTEMPTS)
    failed = push(made, "--to", REPO, "--yes")
    assert failed.exit_code == 1
    assert f"failed {ATTEMPTS} times: HTTP 503 (a fault of the test, 503)" in failed.stderr
    assert "the same command again goes on" in failed.stderr and "pushed" not in failed.stdout
    assert hub.steps.count("upload") == 1 and not hub.repos[f"models/{REPO}"].files
    done = push(made, "--to", REPO, "--yes")
    assert done.exit_code == 0 and hub.steps.count("upload") == 1
    assert len(hub.repos[f"models/{REPO}"].files) == 5


def test_an_upload_that_stays_broken_names_no_signed_address(
    push: Push, hub: FakeHub, made: Path
) -> None:
    hub.fail("upload", *[500] * INNER * ATTEMPTS)
    failed = push(made, "--to", REPO, "--yes")
    assert failed.exit_code == 1 and "HTTP 500" in failed.stderr
    assert "opensesame" not in failed.output and hub.steps.count("upload") == INNER * ATTEMPTS


@pytest.mark.parametrize(
    ("token", "to", "said"),
    [
        ("hf_WrongWrongWrong", REPO, "does not know the token: HTTP 401"),
        (READ_ONLY, REPO, "refuses: HTTP 403 (You don't have the required permissions)"),
        (GOOD, "stranger/reviews", "refuses: HTTP 403 (You can't write to stranger)"),
    ],
)
def test_a_token_that_may_not_is_told_once(
    push: Push, hub: FakeHub, made: Path, monkeypatch: pytest.MonkeyPatch,
    token: str, to: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("HF_TOKEN", token)
    refused = push(made, "--to", to, "--yes")
    assert refused.exit_code == 1 and said in refused.stderr, refused.output
    assert hub.steps.count("create") == 1 and not hub.repos
    assert token not in refused.output


def test_a_token_that_a_server_echoes_is_not_printed(
    push: Push, hub: FakeHub, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.fail("preupload", "echo")
    refused = push(made, "--to", REPO, "--yes")
    assert refused.exit_code == 1 and "who is Bearer" in refused.stderr
    assert GOOD not in refused.output


def test_a_login_serves_as_well(
    push: Push, hub: FakeHub, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.delenv("HF_TOKEN")
    none = push(made, "--to", REPO, "--yes")
    assert none.exit_code == 2 and "no token: set HF_TOKEN" in none.stderr and not hub.steps
    assert "no token" in push(made, "--to", REPO).stdout
    (tmp_path / "login").write_text(f"{GOOD}\n", encoding="utf-8")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "login"))
    assert "token: the hub's login" in push(made, "--to", REPO).stdout
    hub.fail("preupload", "echo")
    refused = push(made, "--to", REPO, "--yes")
    assert "who is Bearer [token]?" in refused.stderr and GOOD not in refused.output
    assert push(made, "--to", REPO, "--yes").exit_code == 0


def test_private_is_never_public_by_accident(push: Push, hub: FakeHub, made: Path) -> None:
    assert push(made, "--to", REPO, "--yes").exit_code == 0
    repo = hub.repos[f"models/{REPO}"]
    (made / "student" / "config.json").write_text('{"new": 1}', encoding="utf-8")
    refused = push(made, "--to", REPO, "--private", "--yes")
    assert refused.exit_code == 1 and "there and public" in refused.stderr
    assert len(repo.messages) == 1 and repo.files["config.json"] == b"{}"


def test_nobody_there(
    push: Push, hub: FakeHub, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free.getsockname()[1]}")
    failed = push(made, "--to", REPO, "--yes")
    assert failed.exit_code == 1 and "can't be reached" in failed.stderr, failed.output
    assert "HF_ENDPOINT" in failed.stderr


def test_a_hub_without_xet_is_told(
    push: Push, hub: FakeHub, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    failed = push(made, "--to", REPO, "--yes")
    assert failed.exit_code == 1 and "set HF_HUB_DISABLE_XET=1" in failed.stderr, failed.output
    assert "commit" not in hub.steps


def test_offline_is_told(
    push: Push, hub: FakeHub, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert push(made, "--to", REPO).exit_code == 0
    failed = push(made, "--to", REPO, "--yes")
    assert failed.exit_code == 1 and "HF_HUB_OFFLINE is set" in failed.stderr
    assert hub.steps == []


def test_a_card_that_the_hub_refuses_is_told(push: Push, hub: FakeHub, made: Path) -> None:
    file = made / "student" / "README.md"
    text = file.read_text(encoding="utf-8").replace("---\n", "---\nlicense: ''\n", 1)
    file.write_text(text, encoding="utf-8")
    failed = push(made, "--to", REPO, "--yes")
    assert failed.exit_code == 1 and "README.md" in failed.stderr and "license" in failed.stderr
    assert "upload" not in hub.steps


@pytest.mark.parametrize(
    "to", ["reviews", "a/b/c", "datasets/alice/x", "alice/", "alice/x--y", "-a/b", "a/b.git", "ä/b"]
)
def test_a_name_that_is_none_is_told(push: Push, hub: FakeHub, made: Path, to: str) -> None:
    wrong = push(made, f"--to={to}", "--yes")
    assert wrong.exit_code == 2 and "expected owner/name" in wrong.stderr, wrong.output
    assert hub.steps == []


@pytest.mark.parametrize("address", ["ftp://hub", "hub.example", "http://u:secret@hub", "http://["])
def test_an_address_that_is_none_is_told(
    push: Push, made: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", address)
    wrong = push(made, "--to", REPO)
    assert wrong.exit_code == 2 and "HF_ENDPOINT" in wrong.stderr
    assert "secret" not in wrong.output
