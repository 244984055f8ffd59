from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.runs.made_run import Made
from tests.viewer.compared_runs import make_two
from tests.viewer.conftest import Browse


@pytest.fixture
def two(tmp_path: Path) -> tuple[Made, Made]:
    return make_two(tmp_path / "runs")


@pytest.fixture
def client(two: tuple[Made, Made], browse: Browse) -> TestClient:
    return browse(two[0].path.parent)
