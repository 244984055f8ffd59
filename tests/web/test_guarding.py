from __future__ import annotations

import pytest

from evokd.web.guarding import host_names, is_secret
from evokd.web.listening import bound_at, in_address, listen, loopback_of


def test_names_are_this_machines_and_the_hosts() -> None:
    assert host_names(8080, "10.1.2.3") == {
        "127.0.0.1:8080", "localhost:8080", "[::1]:8080", "10.1.2.3:8080",
    }  # fmt: skip
    assert "localhost" in host_names(80) and "localhost" not in host_names(8080)


@pytest.mark.parametrize("wrong", ["", "s", "secre", "secret ", "SECRET", "sécret", "secret\x00"])
def test_a_secret_is_right_as_a_whole(wrong: str) -> None:
    assert is_secret("secret", "secret") and not is_secret(wrong, "secret")


def test_an_address_is_written_as_browsers_do() -> None:
    assert in_address("::1") == "[::1]" and in_address("My-Host") == "my-host"
    with listen(0, "0.0.0.0") as found:
        bound, port = bound_at(found)
        assert bound.is_unspecified and port > 0 and loopback_of(bound) == "127.0.0.1"
