"""TensorBoard, read back by its own reader of event files."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorboard", reason="needs the extra: pip install 'evokd[tensorboard]'")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.runs.made_run import Maker
from tests.tracking.conftest import config_of, session

pytestmark = pytest.mark.filterwarnings("default")  # its own are its own


def test_a_run_is_there_and_a_resume_adds_to_it(maker: Maker, reached: list[Any]) -> None:
    config = config_of(maker, "tensorboard")
    assert session(maker, config, last=1, status="failed", reason="a|b <script>") == []
    assert session(maker, config, first=2) == []
    found = EventAccumulator(str(maker.path / "tracking" / "tensorboard" / "run-012345"))
    found.Reload()
    scores = [(one.step, round(one.value, 3)) for one in found.Scalars("test/macro_f1")]
    assert scores == [(0, 0.5), (1, 0.6), (2, 0.7)]
    edge = found.Scalars("tokens/analyst-to-hard_generator")
    assert [(one.step, one.value) for one in edge] == [(1, 30), (2, 60)]
    assert [(one.step, one.value) for one in found.Scalars("run/done")] == [(1, 0), (2, 1)]
    assert "figures/tokens" in found.Tags()["images"]
    ends = [one.tensor_proto.string_val[0].decode() for one in found.Tensors("end/text_summary")]
    assert r"| reason | a\|b \<script\> |" in ends[0] and "| status | done |" in ends[1]
    settings = found.Tensors("config/text_summary")[0].tensor_proto.string_val[0].decode()
    assert "| task.labels.positive | happy |" in settings
    assert reached == []
