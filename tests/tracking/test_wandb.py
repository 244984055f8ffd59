"""W&B offline: what stands in the file that `wandb sync` would send, and what does not."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("wandb", reason="needs the extra: pip install 'evokd[wandb]'")

from wandb.proto import wandb_internal_pb2

from evokd.tracking.trackers.wandb import is_offline
from tests.runs.made_run import Maker
from tests.tracking.conftest import config_of, session

pytestmark = pytest.mark.filterwarnings("default")  # its own are its own

BLOCK, HEAD = 32_768, 7
"""Of LevelDB's log format, which offline runs have: a record is cut at the ends of blocks, each
piece stands behind its checksum (4 bytes), length (2) and kind (1: whole, 2 to 4: parts).
"""


def records(file: Path) -> list[Any]:
    """What a file of an offline run holds."""
    data, at, piece, found = file.read_bytes(), HEAD, b"", []
    while at + HEAD <= len(data):
        if BLOCK - at % BLOCK < HEAD:
            at += BLOCK - at % BLOCK
            continue
        length, kind = struct.unpack("<HB", data[at + 4 : at + HEAD])
        piece += data[at + HEAD : at + HEAD + length]
        at += HEAD + length
        if kind in (1, 4):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(piece)
            found.append(record)
            piece = b""
    return found


def values(found: list[Any]) -> dict[str, list[str]]:
    """Name → values in JSON, in the order in which they were told."""
    told: dict[str, list[str]] = {}
    for record in found:
        for item in record.history.item:
            name = item.key or "/".join(item.nested_key)
            told.setdefault(name, []).append(item.value_json)
    return told


def test_a_run_is_there_offline_and_did_not_finish(
    maker: Maker, reached: list[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    assert session(maker, config_of(maker, "wandb"), status="interrupted", reason="Ctrl-C") == []
    (file,) = (maker.path / "tracking" / "wandb").glob("offline-run-*/run-*.wandb")
    found = records(file)
    assert values(found)["test/macro_f1"] == ["0.5", "0.6", "0.7"]
    assert values(found)["tokens/analyst-to-hard_generator"] == ["30", "60"]
    (run,) = (record.run for record in found if record.HasField("run"))
    assert (run.run_id, run.project, run.display_name) == ("0123456789ab", "made", "run-012345")
    config = {item.key: item.value_json for item in run.config.update}
    assert config["task.labels.positive"] == '"happy"'
    (code,) = (record.exit.exit_code for record in found if record.HasField("exit"))
    assert code == 1
    whole = file.read_bytes()
    assert b'"interrupted"' in whole and b"Great phone." not in whole
    assert os.uname().nodename.encode() not in whole or len(os.uname().nodename) < 4
    said = capfd.readouterr()
    assert said.out == "" and "wandb:" not in said.err
    assert reached == []


def test_a_resumed_session_has_the_same_id(maker: Maker) -> None:
    config = config_of(maker, "wandb")
    assert session(maker, config, last=1, status="interrupted") == []
    assert session(maker, config, first=2) == []
    files = sorted((maker.path / "tracking" / "wandb").glob("offline-run-*/run-*.wandb"))
    assert {file.name for file in files} == {"run-0123456789ab.wandb"}
    codes = [one.exit.exit_code for file in files for one in records(file) if one.HasField("exit")]
    assert codes[-1] == 0


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, True),
        ({"WANDB_API_KEY": " "}, True),
        ({"WANDB_API_KEY": "k"}, False),
        ({"WANDB_MODE": "online"}, False),
    ],
)
def test_when_it_is_offline(environment: dict[str, str], expected: bool) -> None:
    assert is_offline(environment) is expected
