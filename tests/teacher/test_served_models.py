import socket

import pytest

from evokd.config import ConfigError
from evokd.teacher.served_models import served_models
from tests.servers.model_list import fake_model_list


@pytest.mark.parametrize("tail", ["", "/v1"])
def test_the_base_url_is_found_with_and_without_v1(tail: str) -> None:
    with fake_model_list(["qwen", "llama"]) as address:
        assert served_models(address + tail) == (f"{address}/v1", ("qwen", "llama"))


def test_a_server_without_v1() -> None:
    with fake_model_list(["qwen"], path="/models") as address:
        assert served_models(address) == (address, ("qwen",))


def test_no_list() -> None:
    with (
        fake_model_list([], path="/other") as address,
        pytest.raises(ConfigError, match=r"no list of models there \(HTTP 404\).*--model"),
    ):
        served_models(address)


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConfigError, match=r"nobody answers at http://127\.0\.0\.1.*--model"):
        served_models(f"http://127.0.0.1:{port}/v1")
