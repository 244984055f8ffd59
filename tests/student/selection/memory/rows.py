"""Rows of made-up labels, as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

from evokd.tasks.example import Example

ROWS = st.lists(st.sampled_from("abcd"), max_size=40).map(
    lambda labels: [Example(f"r{i}", f"text {i}", label) for i, label in enumerate(labels)]
)
"""Any number, with classes that `FakeStudent` knows."""

GOLD = tuple(Example(f"train-{i}", f"gold {i}", label) for i, label in enumerate("abcdab"))
"""Seed shots."""
