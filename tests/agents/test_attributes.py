"""The proposer at a desk that says what it is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from agents.attributes import propose, that_fit
from evokd.teacher.reply import Reply
from prompts.pack import HERE, Pack
from tests.agents.test_agents import BRIEF, FakeClient

JSON = (
    '{"values": ["broken lid", "late parcel"]}',
    '{"values": ["long life", "fine sound"]}',
    '{"dimensions": [{"name": "tone", "values": ["dry", "warm"]}]}',
)
LINES = ("1. broken lid\n2. late parcel", "- long life\n- fine sound", "tone: dry; warm")


@pytest.fixture
def lined(tmp_path: Path) -> str:
    """A pack of one's own that asks for lines."""
    shutil.copytree(HERE / "small", tmp_path / "lined")
    file = tmp_path / "lined" / "pack.yaml"
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    said["attributes"]["reply"] = "lines"
    file.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    return str(tmp_path / "lined")


@pytest.mark.parametrize(("name", "answers"), [("evokd", JSON), ("small", JSON), ("own", LINES)])
async def test_subtopics_of_each_class_and_dimensions_of_all(
    name: str, answers: tuple[str, ...], lined: str
) -> None:
    client = FakeClient(*answers)
    pack = Pack.load(lined if name == "own" else name, "en")
    found = await propose(client, pack, BRIEF, dimensions=1, values=2)
    assert not found.failures and found.stopped is None
    assert [(one.name, one.values, one.label) for one in found.dimensions] == [
        ("subtopic", ("broken lid", "late parcel"), "negative"),
        ("subtopic", ("long life", "fine sound"), "positive"),
        ("tone", ("dry", "warm"), None),
    ]
    assert len({one.calls for one in found.dimensions}) == 3
    assert [one.call_key for one in client.requests] == ["subtopics-0", "subtopics-1", "dimensions"]
    assert all((one.schema is None) == (name == "own") for one in client.requests)


async def test_lines_that_can_not_be_read_are_asked_for_once_more(lined: str) -> None:
    client = FakeClient("No.", LINES[0], "No.", LINES[1], "No.", "No.")
    found = await propose(client, Pack.load(lined, "en"), BRIEF, dimensions=1, values=2)
    keys = [one.call_key for one in client.requests]
    assert keys[1::2] == ["subtopics-0/again", "subtopics-1/again", "dimensions/again"]
    assert [one.label for one in found.dimensions] == ["negative", "positive"]
    assert len(found.failures) == 1 and "no dimension" in found.failures[0]


async def test_yes_or_no_is_plain_text_in_every_pack() -> None:
    client = FakeClient("Yes.", "no", "maybe", Reply("perhaps", "stop", None))
    asked = [("late parcel", "positive"), ("fine sound", "negative"), ("x", "negative")]
    answers, stopped = await that_fit(client, Pack.load("evokd", "en"), BRIEF, asked)
    assert [one.value if one else None for one in answers] == [True, False, None]
    assert stopped is None and all(one.schema is None for one in client.requests)
    assert all(one.temperature == 0 for one in client.requests)
    assert "late parcel" in client.seen and "the buyer is happy" in client.seen
