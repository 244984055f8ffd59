from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest

from evokd.config import StudentConfig
from evokd.serving.guard import TOKEN
from student.encoder.encoder import Encoder
from tests.serving.running import Running, running
from tests.student.tiny import LABELS, easy_rows, save_base


class Serve(Protocol):
    """Starts a server for the length of a `with`."""

    def __call__(self, **served: Any) -> AbstractContextManager[Running]: ...


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained student's folder; read only. Beside it `base`, and data of its task."""
    place = tmp_path_factory.mktemp("served")
    config = StudentConfig(
        model=str(save_base(place / "base")), max_length=32, threads=1, lr=0.003, batch_size=4
    )
    encoder = Encoder.create(config, LABELS, seed=1)
    encoder.fit(easy_rows(), seed=1, epochs=4)
    encoder.save(place / "student", temperature=1.5)
    return place / "student"


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    def start(**served: Any) -> AbstractContextManager[Running]:
        return running(**{"folder": folder, **served})

    yield start
