from __future__ import annotations

import socket
from pathlib import Path

import pytest

from evokd.config import StudentConfig
from evokd.tasks.example import Example
from tests.student.tiny import easy_rows, save_base
from tests.student.tiny_causal import save_causal


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading, saving and predicting must never open a connection."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a student opened a network connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture
def config(base: Path) -> StudentConfig:
    return StudentConfig(model=str(base), lr=2e-3, batch_size=4, max_length=32, epochs=2, threads=1)


@pytest.fixture
def rows() -> list[Example]:
    return easy_rows()


@pytest.fixture(scope="session")
def causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_causal(tmp_path_factory.mktemp("causal") / "tiny")
