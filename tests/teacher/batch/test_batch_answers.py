"""Whatever a server says of a batch, and whatever its files hold, nothing breaks."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.teacher.batch import outbox
from evokd.teacher.batch.answers import BatchAnswers
from evokd.teacher.batch.line import BatchLine
from evokd.teacher.batch.state import KNOWN, state_of
from evokd.teacher.faults import Fault, Lost, NotDone

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
FIELDS = ("id", "status", "metadata", "output_file_id", "errors", "request_counts")


@given(body=JSON | st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_state(body: Any) -> None:
    with contextlib.suppress(ValueError):
        state = state_of(body)
        assert state.status in KNOWN | {"unknown"} and state.done >= 0


@pytest.mark.parametrize("name", ["", "batch_1\x1b[2J", "a b", "é", "x" * 300, 7, None, "a\n"])
def test_an_id_that_could_do_harm_is_none(name: Any) -> None:
    with pytest.raises(ValueError, match="no id"):
        state_of({"id": name, "status": "completed"})


ROW = st.fixed_dictionaries(
    {"custom_id": st.sampled_from(["a", "b", "z"]) | JSON},
    optional={
        "response": JSON | st.fixed_dictionaries({"status_code": JSON, "body": JSON}),
        "error": JSON,
    },
)


@given(lines=st.lists(st.binary(max_size=20) | ROW.map(lambda row: json.dumps(row).encode())))
def test_any_file(lines: list[bytes]) -> None:
    answers = BatchAnswers(frozenset("ab"))
    answers.read(b"\n".join(lines))
    assert answers.found.keys() <= {"a", "b"}
    assert all(isinstance(one, (httpx2.Response, Fault)) for one in answers.found.values())


@pytest.mark.parametrize(
    ("code", "kind", "again"),
    [
        ("batch_expired", NotDone, True),
        ("batch_cancelled", NotDone, False),
        ("request_timeout", Lost, True),
        ("something_new", NotDone, True),
    ],
)
def test_what_an_error_means(code: str, kind: type[Fault], again: bool) -> None:
    answers = BatchAnswers(frozenset("a"))
    row = {"custom_id": "a", "response": None, "error": {"code": code, "message": "so it is"}}
    answers.read(json.dumps(row).encode())
    fault = answers.found["a"]
    assert isinstance(fault, kind) and fault.retry is again
    assert "so it is" in str(fault)


def test_batches_are_no_larger_than_a_server_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [BatchLine(str(at), {"text": "x" * 100}, "writer", 1) for at in range(10)]
    assert outbox._parts(lines, 4) == [(0, 4), (4, 8), (8, 10)]
    size = len(lines[0].to_json()) + 1
    monkeypatch.setattr(outbox, "MOST_BYTES", 3 * size)
    assert outbox._parts(lines, 50) == [(0, 3), (3, 6), (6, 9), (9, 10)]
    monkeypatch.setattr(outbox, "MOST_BYTES", 1)
    assert outbox._parts(lines[:2], 50) == [(0, 1), (1, 2)]
