"""Every role of the table is bound, asks by its own name, and is what configs and packs know."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from agents.roles import AGENTS
from evokd.config import Teachers
from evokd.config.roles import ROLES
from prompts.manifest import PackManifest

NAMED = re.compile(r"""method (==|!=) (?!"POST")["'A-Z]|method (not )?in [\[({]["']\w""")
"""Code that does one thing for a method and another for the next."""


def test_each_row_has_its_function_in_the_order_of_the_table() -> None:
    assert list(AGENTS) == list(ROLES)
    for function in AGENTS.values():
        assert inspect.iscoroutinefunction(function)
        assert next(iter(inspect.signature(function).parameters)) == "client"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_can_be_given_a_teacher_and_has_a_style(role: str) -> None:
    assert role in Teachers.model_fields
    assert ROLES[role].style in PackManifest.model_fields


def test_no_method_is_told_by_its_name_outside_their_folder() -> None:
    root = Path(__file__).parents[2]
    told = []
    for package in ("agents", "graph", "student", "prompts", "evokd"):
        for file in (root / package).rglob("*.py"):
            if "methods" in file.parts:
                continue
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                if NAMED.search(line):
                    told.append(f"{file.relative_to(root)}:{number}: {line.strip()}")
    assert told == []
