"""`import evokd` is light, complete and typed; nobody of ours imports it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import evokd

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "langgraph", "pandas", "pydantic", "yaml")


def test_importing_it_loads_nothing() -> None:
    code = f"import evokd, sys; dir(evokd); print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", evokd._HOME)
def test_each_name_is_there_listed_and_documented(name: str) -> None:
    assert name in dir(evokd)
    assert getattr(evokd, name).__doc__


def test_the_typed_names_are_those_that_are_there() -> None:
    tree = ast.parse((ROOT / "evokd" / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {
        alias.asname
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == set(evokd._HOME)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        evokd.runn  # type: ignore[attr-defined]  # noqa: B018


def faces(file: Path) -> Iterator[int]:
    """Lines that import the face, or something from it that is no module."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import) and any(one.name == "evokd" for one in node.names):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "evokd" and not node.level:
            yield node.lineno


def test_no_module_of_ours_imports_the_face() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for package in ("agents", "graph", "student", "prompts", "evokd")
        for file in (ROOT / package).rglob("*.py")
        for line in faces(file)
    ]
    assert found == []
