from __future__ import annotations

import json
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.tasks.example import Example
from student.selection.memory import MEMORIES
from tests.student.selection.memory.rows import ROWS


@pytest.mark.parametrize("policy", MEMORIES)
@given(rows=ROWS, n=st.integers(0, 40), seed=st.integers(0, 9))
def test_state_survives_json(policy: str, rows: list[Example], n: int, seed: int) -> None:
    memory = MEMORIES[policy](seed=seed)
    memory.observe(1, rows)
    again = MEMORIES[policy].from_state(json.loads(json.dumps(memory.state())))
    assert again.rows == memory.rows
    assert again.state() == memory.state()
    assert np.array_equal(again.score(rows, []), memory.score(rows, []))
    assert again.sample(n, Random(3)) == memory.sample(n, Random(3))


def test_the_state_of_another_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="uniform: this is the state of 'balanced'"):
        MEMORIES["uniform"].from_state(MEMORIES["balanced"]().state())
